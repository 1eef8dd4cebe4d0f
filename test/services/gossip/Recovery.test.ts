/** What a node does that starts again with empty memory, and what acknowledged messages survive. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { NodeId } from "../../../src/schema/Address.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { Gossip } from "../../../src/services/gossip/Gossip.ts"
import { Node } from "../../../src/services/node/Node.ts"
import type { Program } from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as Cluster from "../../programs/kafka/Cluster.ts"
import { seeds } from "../../Seeds.ts"
import { programsOf } from "../../Subjects.ts"
import * as Wrong from "../../wrong/KafkaNodes.ts"
import * as Gossips from "./Cluster.ts"
import * as Mutants from "./Mutants.ts"

const shapes: ReadonlyArray<Gossips.Shape> = ["star", "mesh"]

const Publish = Rpc.make("publish", { request: { operation: Schema.Int } })

interface Recovery {
  readonly node: NodeId
  readonly formerLives: number
  readonly delivered: ReadonlyArray<number>
}

/** Publishes what it is told to, recovered or not, and puts down with what it recovered. */
const replica = (shape: Gossips.Shape, recoveries: Array<Recovery>): Program =>
  Effect.gen(function*() {
    const node = yield* Node
    const gossip = yield* Gossip
    let delivered: Array<number> = []
    const { publish, recovered } = yield* gossip.join(Schema.Int, {
      onDelivery: ({ operation }) => void delivered.push(operation),
      state: {
        part: Schema.Int,
        snapshot: () => [...delivered],
        restore: () => {
          const others: Array<number> = []
          return {
            add: (operation) => void others.push(operation),
            install: () => {
              delivered = others
            }
          }
        }
      }
    })
    yield* Effect.forkChild(Effect.map(recovered, (formerLives) => {
      recoveries.push({ node: node.id, formerLives, delivered: [...delivered] })
    }))
    yield* node.serve([Publish], { publish: ({ operation }) => Effect.as(publish(operation), {}) })
  }).pipe(Effect.provide(Gossips.layers[shape]))

/** Cuts a node off from all others, both ways. */
const isolate = ({ ids, network }: Cluster.Cluster, node: number): void => {
  const others = ids.filter((_, i) => i !== node)
  network.cut(new Map([[ids[node]!, new Set(others)], ...others.map((id) => [id, new Set([ids[node]!])] as const)]))
}

describe("recovered", () => {
  for (const shape of shapes) {
    it(`${shape}: once every other node has answered, with all that they have and how often there was a life before`, () => {
      for (const seed of seeds(5)) {
        const which = `seed ${seed}`
        const recoveries: Array<Recovery> = []
        const nodeCount = 2 + seed % 4
        const cluster = Cluster.make({
          program: replica(shape, recoveries),
          nodeCount,
          seed,
          latency: { mean: 50, dist: "exponential" },
          loss: [0, 0.2][seed % 2]!
        })
        cluster.ids.forEach((_, i) => cluster.boot(i))
        cluster.pass(20_000)
        assert.lengthOf(recoveries, nodeCount, which)
        assert.isTrue(recoveries.every(({ formerLives }) => formerLives === 0), which)
        const operations = Array.from({ length: 20 }, (_, operation) => operation)
        for (const operation of operations) cluster.ask(operation % nodeCount, "publish", { operation })
        cluster.pass(20_000)
        const victim = seed % nodeCount
        for (const life of [1, 2, 3]) {
          cluster.nodes[victim]!.kill()
          cluster.boot(victim)
          cluster.pass(20_000)
          assert.lengthOf(recoveries, nodeCount + life, which)
          const { delivered, formerLives, node } = recoveries.at(-1)!
          assert.strictEqual(node, cluster.ids[victim], which)
          assert.sameMembers([...delivered], operations, which)
          assert.strictEqual(formerLives, life, which)
        }
      }
    })

    it(`${shape}: not while any of them cannot be reached`, () => {
      for (const seed of seeds(3)) {
        for (const unreachable of [0, 1, 3]) {
          const which = `without n${unreachable}, seed ${seed}`
          const recoveries: Array<Recovery> = []
          const cluster = Cluster.make({ program: replica(shape, recoveries), nodeCount: 4, seed })
          cluster.ids.forEach((_, i) => cluster.boot(i))
          cluster.pass(1000)
          cluster.nodes[2]!.kill()
          isolate(cluster, unreachable)
          cluster.ask(unreachable, "publish", { operation: 7 })
          cluster.boot(2)
          cluster.pass(30_000)
          assert.lengthOf(recoveries, 4, which)
          cluster.network.heal()
          cluster.pass(5000)
          assert.lengthOf(recoveries, 5, which)
          assert.deepStrictEqual([recoveries[4]!.formerLives, recoveries[4]!.delivered], [1, [7]], which)
        }
      }
    })
  }
})

/** What is wrong in the end if an idle leaf has not heard that all is stable before its hub begins anew. */
const tellIdleLeaf = (layer: Gossips.GossipLayer): ReadonlyArray<Gossips.Violation> => {
  const cluster = Gossips.make({ ...Gossips.calm, seed: 0, layer, nodeCount: 7 })
  const [hub, leaf, idle] = cluster.ids as [NodeId, NodeId, NodeId, ...Array<NodeId>]
  const passUntilStable = (node: NodeId): void => {
    for (let i = 0; cluster.lives.find((life) => life.node === node)!.stable.size === 0; i++) {
      assert.isBelow(i, 5000, `stable at ${node}`)
      cluster.pass(1)
    }
  }
  cluster.nodes.forEach(cluster.boot)
  cluster.pass(2000)
  cluster.publish(idle)
  passUntilStable(hub)
  cluster.network.cut(new Map([[idle, new Set([hub])]]))
  passUntilStable(leaf)
  cluster.node(0).kill()
  cluster.network.heal()
  cluster.boot(cluster.node(0))
  cluster.pass(5000)
  assert.strictEqual(cluster.survivors().at(-1)!.restored, 1, "the hub has a snapshot of the leaf")
  cluster.checkConvergence({ stable: true })
  return cluster.violations
}

describe("a hub that has begun anew from a snapshot", () => {
  it("tells an idle leaf that what the snapshot's sender had forgotten is stable", () => {
    assert.isEmpty(tellIdleLeaf(Gossips.layers.star))
  })

  const mutants: Readonly<Record<string, Mutants.Patch>> = {
    "says nothing of what came before its log": Mutants.patch("Log", "sources[0]?.firstAt === -1", "false"),
    "tells none when it has recovered": Mutants.patch("Receiving", "log.vector.size === 0", "log.end() === 0")
  }
  for (const [name, patch] of Object.entries(mutants)) {
    it(`${name}: found out`, async () => {
      const { star } = await Mutants.load([patch])
      assert.deepStrictEqual(tellIdleLeaf(star).map(({ property }) => property), ["stable at last"])
    })
  }
})

const programs = programsOf("kafka")

const kafka = (kind: keyof typeof programs, options: Partial<Cluster.Options> & { readonly nodeCount: number }) => {
  const cluster = Cluster.make({ program: programs[kind], ...options })
  cluster.ids.forEach((_, i) => cluster.boot(i))
  cluster.pass(1000)
  return cluster
}

const offsetOf = ({ body }: Cluster.Answer): number => Number(body?.["offset"] ?? NaN)

describe("a kafka node that starts again", () => {
  for (const kind of shapes) {
    it(`${kind}: never takes an offset again that a former life has acknowledged and nobody else knows of`, () => {
      for (const seed of seeds(5)) {
        const which = `seed ${seed}`
        const cluster = kafka(kind, { nodeCount: 3, seed })
        const victim = seed % 3
        for (let i = 0; i < 9; i++) cluster.send(i % 3, "k", i)
        cluster.pass(3000)
        const before = cluster.log(victim, "k")
        assert.lengthOf(before, 9, which)
        let highest = Math.max(...before.map(([offset]) => offset))
        for (let life = 1; life <= 3; life++) {
          isolate(cluster, victim)
          const lost = Array.from({ length: 5 }, (_, i) => cluster.send(victim, i < 4 ? "k" : "other", `lost ${i}`))
          cluster.pass(30)
          const taken = lost.map(offsetOf)
          assert.isTrue(taken.every(Number.isInteger), `${which}: always available`)
          cluster.nodes[victim]!.kill()
          cluster.network.heal()
          const ready = cluster.boot(victim)
          cluster.pass(3000)
          assert.strictEqual(ready.body?.["type"], "init_ok", which)
          const again = ["k", "other"].map((key) => cluster.send(victim, key, life))
          cluster.pass(3000)
          highest = Math.max(highest, ...taken)
          for (const answer of again) assert.isAbove(offsetOf(answer), highest, which)
          highest = Math.max(highest, ...again.map(offsetOf))
          assert.deepStrictEqual(cluster.log(victim, "k").slice(0, 9), before, which)
        }
        const logs = cluster.ids.map((_, node) => cluster.log(node, "k"))
        assert.lengthOf(logs[0]!, 12, which)
        for (const log of logs) assert.deepStrictEqual(log, logs[0], which)
      }
    })
  }

  /**
   * The offset of a message that is in flight when its node is killed, and that of the next one of the same key, sent to
   * the next life.
   */
  const acrossRestart = (program: Program, seed: number): readonly [before: number, after: number] => {
    const cluster = Cluster.make({ program, nodeCount: 3, seed, latency: { mean: 300, dist: "exponential" } })
    const victim = seed % 3
    cluster.ids.forEach((_, i) => cluster.boot(i))
    cluster.pass(5000)
    const before = cluster.send(victim, "k", "in flight")
    cluster.pass(1) // the link is idle, so it has left
    cluster.nodes[victim]!.kill()
    cluster.boot(victim)
    cluster.pass(8000)
    const after = cluster.send(victim, "k", "next")
    cluster.pass(1)
    return [offsetOf(before), offsetOf(after)]
  }

  it("takes no offset again though its message is overtaken by its next life, which without a floor it would", async () => {
    const find = "floor = highest + reserve * nodeCount"
    const floorless = await Wrong.mutant({ module: "programs/KafkaOffsets", find, replace: "floor = 0" })
    const again = seeds(10).map((seed) => {
      const [before, after] = acrossRestart(programs.star, seed)
      assert.isAbove(after, before, `seed ${seed}`)
      const [taken, next] = acrossRestart(floorless, seed)
      return next === taken
    })
    assert.include(again, true)
  })

  it("says so within 7 s though a node cannot be reached, and refuses until it can", () => {
    const cluster = kafka("star", { nodeCount: 3 })
    cluster.nodes[1]!.kill()
    isolate(cluster, 2)
    const ready = cluster.boot(1)
    cluster.pass(6900)
    assert.isUndefined(ready.body)
    cluster.pass(200)
    assert.strictEqual(ready.body?.["type"], "init_ok")
    const requests = [
      ["send", { key: "k", msg: 0 }],
      ["poll", { offsets: { k: 0 } }],
      ["commit_offsets", { offsets: { k: 0 } }],
      ["list_committed_offsets", { keys: ["k"] }]
    ] as const
    for (const [type, fields] of requests) assert.strictEqual(cluster.answer(1, type, fields)?.["code"], 11, type)
    assert.strictEqual(cluster.answer(0, "send", { key: "k", msg: 0 })?.["type"], "send_ok", "the others go on")
    cluster.network.heal()
    cluster.pass(5000)
    for (const [type, fields] of requests) assert.strictEqual(cluster.answer(1, type, fields)?.["type"], `${type}_ok`)
  })

  it("on lin-kv: has lost nothing that was acknowledged", () => {
    for (const seed of seeds(5)) {
      const cluster = kafka("lin-kv", { nodeCount: 2, seed })
      const sent: Array<Cluster.Answer> = []
      for (let i = 0; i < 200; i++) {
        sent.push(cluster.send(i % 2, "k", i))
        cluster.pass(3)
      }
      cluster.ask(0, "commit_offsets", { offsets: { k: 42 } })
      cluster.pass(2000)
      cluster.nodes.forEach((node) => node.kill())
      cluster.ids.forEach((_, i) => cluster.boot(i))
      cluster.pass(2000)
      for (const node of [0, 1]) {
        assert.deepStrictEqual(
          cluster.log(node, "k", 100),
          sent.map((answer, i) => [offsetOf(answer), i] as const).toSorted(([a], [b]) => a - b),
          `seed ${seed}`
        )
        const listed = cluster.answer(node, "list_committed_offsets", { keys: ["k"] }, 100)
        assert.deepStrictEqual(listed?.["offsets"], { k: 42 }, `seed ${seed}`)
      }
    }
  })
})

describe("KAFKA_COPIES", () => {
  /**
   * Sends to one node, kills these the moment that it is acknowledged, starts them again, and says whether everybody has
   * it then.
   */
  const survives = (
    shape: Gossips.Shape,
    copies: string,
    seed: number,
    sender: number,
    victims: ReadonlyArray<number>
  ) => {
    const cluster = kafka(shape, {
      nodeCount: 5,
      seed,
      config: { KAFKA_COPIES: copies },
      latency: { mean: 20, dist: "exponential" }
    })
    cluster.send(sender, "k", "ordinary") // from now on the node waits for a window
    cluster.pass(5)
    const sent = cluster.send(sender, "k", "precious")
    for (let i = 0; i < 3000 && sent.body === undefined; i++) cluster.pass(1)
    assert.strictEqual(sent.body?.["type"], "send_ok", `${shape}, ${copies}, seed ${seed}`)
    for (const victim of victims) cluster.nodes[victim]!.kill()
    cluster.pass(500)
    for (const victim of victims) cluster.boot(victim)
    cluster.pass(10_000)
    const logs = cluster.ids.map((_, node) => cluster.log(node, "k").some(([, msg]) => msg === "precious"))
    assert.strictEqual(new Set(logs).size, 1)
    return logs[0]
  }

  for (const shape of shapes) {
    it(`${shape}: one copy may be lost with its node, two are not, and a majority not with any two of five`, () => {
      let lost = 0
      for (const seed of seeds(4)) {
        const sender = [0, 1, 4, 2][seed % 4]!
        const other = (sender + 1 + seed % 4) % 5
        const hub = sender === 0 ? 1 : 0
        if (!survives(shape, "one", seed, sender, [sender])) lost++
        assert.isTrue(survives(shape, "two", seed, sender, [sender]), `two, seed ${seed}`)
        assert.isTrue(survives(shape, "majority", seed, sender, [sender, other]), `majority, seed ${seed}`)
        assert.isTrue(survives(shape, "majority", seed, sender, [sender, hub]), `majority, with the hub, seed ${seed}`)
      }
      assert.isAbove(lost, 0, "or the test would mean little")
    })
  }

  /** Sends a message, then kills nodes in turn, each so many ms after the one before; says whether all have it in the end. */
  const survivesInTurn = (copies: string, seed: number, victims: ReadonlyArray<number>, pause: number): boolean => {
    const cluster = kafka("star", {
      nodeCount: 5,
      seed,
      config: { KAFKA_COPIES: copies },
      latency: { mean: 20, dist: "exponential" }
    })
    const sent = cluster.send(victims[0]!, "k", "precious")
    for (let i = 0; i < 3000 && sent.body === undefined; i++) cluster.pass(1)
    assert.strictEqual(sent.body?.["type"], "send_ok", `${copies}, seed ${seed}`)
    for (const victim of victims) {
      cluster.nodes[victim]!.kill()
      cluster.boot(victim)
      cluster.pass(pause)
    }
    cluster.pass(10_000)
    const logs = cluster.ids.map((_, node) => cluster.log(node, "k").length)
    assert.strictEqual(new Set(logs).size, 1)
    return logs[0] === 1
  }

  it("majority: with any two of five at once; in turn all of them, if each has recovered before the next is killed", () => {
    for (let sender = 0; sender < 5; sender++) {
      for (const other of [(sender + 1) % 5, (sender + 2) % 5]) { // in all every pair
        assert.isTrue(survives("star", "majority", 5 * sender + other, sender, [sender, other]), `${sender}, ${other}`)
      }
      const inTurn = [0, 1, 2, 3, 4].map((i) => (sender + i) % 5)
      for (const copies of ["two", "majority"]) {
        assert.isTrue(survivesInTurn(copies, sender, inTurn, 2000), `${copies}, in turn from ${sender}`)
      }
    }
    const faster = seeds(12).map((seed) => survivesInTurn("majority", seed, [0, 1, 2, 3, 4], 1))
    assert.include(faster, false, "faster than they recover it is lost")
  })

  it("one is not enough where two are cut off and die; majority does not acknowledge there", () => {
    for (const [copies, isAcknowledged] of [["two", true], ["majority", false]] as const) {
      const cluster = kafka("star", { nodeCount: 5, config: { KAFKA_COPIES: copies } })
      const [few, most] = [cluster.ids.slice(0, 2), cluster.ids.slice(2)]
      cluster.network.cut(
        new Map([...few.map((id) => [id, new Set(most)] as const), ...most.map((id) => [id, new Set(few)] as const)])
      )
      const sent = cluster.send(1, "k", "precious")
      cluster.pass(2000)
      assert.strictEqual(sent.body?.["type"] === "send_ok", isAcknowledged, copies)
      for (const node of [0, 1]) cluster.nodes[node]!.kill()
      cluster.network.heal()
      for (const node of [0, 1]) cluster.boot(node)
      cluster.pass(10_000)
      for (const node of [0, 1, 2, 3, 4]) assert.isEmpty(cluster.log(node, "k"), copies)
    }
  })

  it("what takes too long is not answered, and not refused; it is in the log in the end", () => {
    for (const copies of ["two", "majority"]) {
      const cluster = kafka("star", { nodeCount: 3, config: { KAFKA_COPIES: copies } })
      isolate(cluster, 1)
      const sent = cluster.send(1, "k", "late")
      const atOthers = cluster.send(2, "k", "in time")
      cluster.pass(20_000)
      assert.isUndefined(sent.body, copies)
      assert.strictEqual(atOthers.body?.["type"], "send_ok", copies)
      cluster.network.heal()
      cluster.pass(10_000)
      assert.isUndefined(sent.body, copies)
      for (const node of [0, 1, 2]) assert.lengthOf(cluster.log(node, "k"), 2, copies)
    }
  })

  it("what names no number of copies stops the node", () => {
    const cluster = kafka("star", { nodeCount: 1, config: { KAFKA_COPIES: "some" } })
    assert.lengthOf(cluster.nodes[0]!.findings, 1)
  })
})
