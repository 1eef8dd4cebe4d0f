import { assert, describe, it } from "@effect/vitest"
import { reserve } from "../../src/programs/KafkaOffsets.ts"
import { registry } from "../../src/registry/Registry.ts"
import * as Nemesis from "../../src/simulator/faults/Nemesis.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import { seeds } from "../Seeds.ts"
import { programsOf, varied } from "../Subjects.ts"
import * as Told from "../Told.ts"
import * as Cluster from "./kafka/Cluster.ts"

const { workload } = registry.kafka
const programs = programsOf("kafka")
type Kind = keyof typeof programs

const simulate = (kind: Kind, seed: number, options: Partial<Simulation.Options> = {}) =>
  Simulation.run({
    ...varied(seed),
    workload,
    program: programs[kind],
    ...options
  })

const assertValid = (kind: Kind, seed: number, options: Partial<Simulation.Options> = {}): void => {
  const { findings } = Told.results(simulate(kind, seed, options).results())
  const isChance = (finding: string): boolean => finding.startsWith("no assign was ever ok") // they are few in a short run
  assert.isEmpty(findings.filter((finding) => !isChance(finding)), `${kind}, seed ${seed}`)
}

describe("Kafka", () => {
  for (const kind of ["star", "mesh", "lin-kv"] as const) {
    it(`${kind}: is right whatever befalls nodes and network`, () => {
      for (const seed of seeds(4)) {
        assertValid(kind, seed, {
          nodeCount: 3 + seed % 3, // of two, both may be without memory at the same time
          nemesis: Nemesis.faults,
          nemesisInterval: 1500,
          loss: [0, 0.1][seed % 2]!,
          duplicates: [0, 0.1][seed % 2]!
        })
      }
    })

    it(`${kind}: every request is ok, whatever is cut and lost`, () => {
      for (const seed of seeds(2)) {
        assertValid(kind, seed, {
          availability: 1,
          nemesis: ["partition", "one-way"],
          nemesisInterval: 1000,
          latency: { mean: [0, 20][seed % 2]!, dist: "exponential" },
          loss: kind === "lin-kv" ? 0 : 0.1
        })
      }
    })
  }

  for (const kind of ["star", "mesh"] as const) {
    it(`${kind}: offsets are dense, and those of node i are i modulo the number of nodes`, () => {
      for (const seed of seeds(2)) {
        const { history } = simulate(kind, seed)
        const sent = new Map<string, Array<number>>()
        for (const { f, type, value } of history) {
          if (f !== "send" || type !== "ok") continue
          const { key, offset } = value as { key: string; offset: number }
          sent.set(key, [...sent.get(key) ?? [], offset])
        }
        assert.isAbove(sent.size, 10)
        const nodeCount = 2 + seed % 4
        for (const [key, offsets] of sent) {
          assert.isBelow(Math.max(...offsets), nodeCount * offsets.length, `key ${key}, seed ${seed}`)
        }
      }
    })
  }

  it("lin-kv: offsets of a key are 0, 1, 2 and so on, and every request is ok where each hop takes 300 ms", () => {
    const run = simulate("lin-kv", 0, {
      nodeCount: 5,
      concurrency: 20,
      rate: 100,
      timeLimit: 10_000,
      latency: { mean: 300, dist: "constant" },
      availability: 1
    })
    assert.isEmpty(run.results().findings)
    const offsets = new Map<string, Array<number>>()
    for (const { f, type, value } of run.history) {
      if (f !== "send" || type !== "ok") continue
      const { key, offset } = value as { key: string; offset: number }
      offsets.set(key, [...offsets.get(key) ?? [], offset])
    }
    for (const [key, found] of offsets) {
      assert.deepStrictEqual(found.toSorted((a, b) => a - b), found.map((_, i) => i), `key ${key}`)
    }
  })

  /** The longest time from a send to a poll that shows it, at any node, when each node sends every few ms. */
  const worstVisibility = (
    kind: "star" | "mesh",
    nodeCount: number,
    hop: number,
    key: (n: number) => string
  ): number => {
    const cluster = Cluster.make({
      program: programs[kind],
      nodeCount,
      seed: hop,
      latency: { mean: hop, dist: "constant" }
    })
    cluster.ids.forEach((_, i) => cluster.boot(i))
    cluster.pass(1000)
    const sentAt: Array<number> = []
    const shown = cluster.ids.map(() => new Set<unknown>())
    let worst = 0
    for (let i = 0; i < 300; i++) {
      if (i < 80) {
        cluster.send(cluster.random.below(nodeCount), key(i), i)
        sentAt.push(cluster.time.now())
      }
      const offsets = Object.fromEntries(sentAt.map((_, n) => [key(n), 0]))
      const asked = cluster.ids.map((_, node) => cluster.ask(node, "poll", { offsets }))
      cluster.pass(5)
      for (const [node, { body }] of asked.entries()) {
        for (const [, msg] of Object.values(body!["msgs"] as Record<string, Array<[number, number]>>).flat()) {
          if (!shown[node]!.has(msg)) worst = Math.max(worst, cluster.time.now() - 5 - sentAt[msg]!)
          shown[node]!.add(msg)
        }
      }
    }
    for (const { size } of shown) assert.strictEqual(size, sentAt.length)
    return worst
  }

  it("a message is visible at both nodes of a star within two windows and two hops, unless it waits for others", () => {
    const [leafWindow, hubWindow] = [50, 200]
    for (const hop of [0, 20, 100]) {
      const alone = worstVisibility("star", 2, hop, (n) => `key ${n}`)
      assert.isAtMost(alone, leafWindow + hubWindow + 2 * hop + 5, `hops of ${hop} ms`) // one looks every 5 ms
      // one below it, which the leaf made before it had heard of it, must have gone there and back
      const together = worstVisibility("star", 2, hop, () => "the only key")
      assert.isAtMost(together, leafWindow + 2 * hubWindow + 3 * hop + 5, `one key, hops of ${hop} ms`)
    }
  })

  it("and at more nodes in a mesh within three windows and three hops, in a star once it has gone there and back twice", () => {
    const hop = 20
    // what its node made before, and others have not acknowledged, holds it up
    assert.isAtMost(worstVisibility("mesh", 4, hop, (n) => `key ${n}`), 3 * 10 + 3 * hop + 5)
    assert.isAtMost(worstVisibility("star", 4, hop, (n) => `key ${n}`), 2 * 50 + 2 * 200 + 4 * hop + 5)
  })

  it("polls answer bounded batches, a share of each key, and leave out keys that have nothing", () => {
    const cluster = Cluster.make({ program: programs.star, nodeCount: 1, config: { KAFKA_POLL_LIMIT: "10" } })
    cluster.boot(0)
    cluster.pass(1)
    for (let i = 0; i < 30; i++) for (const key of ["a", "b"]) cluster.send(0, key, i)
    cluster.pass(1)
    const poll = (offsets: Record<string, number>) => cluster.answer(0, "poll", { offsets })?.["msgs"]
    const pairs = (from: number, count: number) => Array.from({ length: count }, (_, i) => [from + i, from + i])
    assert.deepStrictEqual(poll({ a: 3 }), { a: pairs(3, 10) })
    assert.deepStrictEqual(poll({ a: 0, b: 27 }), { a: pairs(0, 5), b: pairs(27, 3) })
    assert.deepStrictEqual(poll({ a: 30, b: 29, c: 0 }), { b: pairs(29, 1) })
    assert.deepStrictEqual(poll({}), {})
  })

  it("commits merge by maximum and reach every node; only what advances is published", () => {
    for (const kind of ["star", "mesh", "lin-kv"] as const) {
      const cluster = Cluster.make({ program: programs[kind], nodeCount: 2 })
      cluster.boot(0)
      cluster.boot(1)
      cluster.pass(500)
      const listed = (node: number, keys: ReadonlyArray<string>) =>
        cluster.answer(node, "list_committed_offsets", { keys }, 50)?.["offsets"]
      cluster.ask(0, "commit_offsets", { offsets: { a: 5, b: 1 } })
      cluster.ask(1, "commit_offsets", { offsets: { a: 3, b: 2 } })
      cluster.pass(3000)
      for (const node of [0, 1]) assert.deepStrictEqual(listed(node, ["a", "b", "c"]), { a: 5, b: 2 }, kind)
      cluster.pass(10_000)
      const { sent } = cluster.network.statistics().servers
      assert.strictEqual(
        cluster.answer(0, "commit_offsets", { offsets: { a: 5, b: 0 } })?.["type"],
        "commit_offsets_ok"
      )
      cluster.pass(3000)
      assert.strictEqual(cluster.network.statistics().servers.sent, sent, kind)
      assert.deepStrictEqual(listed(0, ["a"]), { a: 5 }, kind)
    }
  })

  it("what does not decode is refused", () => {
    for (const kind of ["star", "lin-kv"] as const) {
      const cluster = Cluster.make({ program: programs[kind], nodeCount: 1 })
      cluster.boot(0)
      cluster.pass(100)
      for (
        const [type, fields] of [
          ["send", { key: 1, msg: 1 }],
          ["send", { key: "a" }],
          ["poll", { offsets: { a: -1 } }],
          ["poll", { offsets: { a: 0.5 } }],
          ["poll", {}],
          ["commit_offsets", { offsets: { a: "1" } }],
          ["list_committed_offsets", { keys: "a" }]
        ] as const
      ) assert.strictEqual(cluster.answer(0, type, fields)?.["code"], 12, JSON.stringify(fields))
    }
  })

  it("a node that runs too far ahead of what all have refuses, rather than risk an offset", () => {
    const cluster = Cluster.make({ program: programs.star, nodeCount: 2 })
    const [n0, n1] = [cluster.ids[0]!, cluster.ids[1]!]
    cluster.boot(0)
    // the other node is a puppet, which has something at a high offset that nobody else has
    const say = (fields: object): void => {
      const body = { type: "gossip", life: "puppet", young: true, ...fields } // what it has does not count
      cluster.network.send(n1, n0, JSON.stringify({ src: n1, dest: n0, body }))
    }
    cluster.network.join(n1, (line) => {
      const { body } = JSON.parse(line)
      if (body.ask !== undefined) say({ answer: [body.life, 0], vector: {} })
    })
    cluster.pass(100)
    const offset = (count: number): number => 2 * reserve * count - 1
    say({ own: 1, ops: [{ key: "near", offset: offset(1) - 4, msg: 0 }, { key: "far", offset: offset(1), msg: 0 }] })
    cluster.pass(100)
    assert.strictEqual(cluster.answer(0, "send", { key: "near", msg: 1 })?.["offset"], offset(1) - 3)
    assert.strictEqual(cluster.answer(0, "send", { key: "far", msg: 1 })?.["code"], 11)
    assert.strictEqual(cluster.answer(0, "send", { key: "new", msg: 1 })?.["offset"], 0)
  })
})
