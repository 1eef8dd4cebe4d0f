import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Address, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { SharedLog } from "../../../src/services/log/SharedLog.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { layerRaft } from "../../../src/services/raft/RaftLog.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"

const Append = Rpc.make("append", { request: { n: Schema.Int }, reply: { before: Schema.Array(Schema.Int) } })
const Read = Rpc.make("read", { reply: { all: Schema.Array(Schema.Int) } })

/** Nodes that keep a list of whole numbers. */
const program = Effect.gen(function*() {
  let all: Array<number> = []
  const log = yield* (yield* SharedLog).join({
    operation: Schema.Int,
    execute: (n) => void all.push(n),
    state: Schema.Array(Schema.Int),
    snapshot: () => all,
    restore: (state) => void (all = [...state])
  })
  yield* Node.serve([Append, Read], {
    append: ({ n }) => log.append(n, () => ({ before: [...all] })),
    read: () => log.read(() => ({ all: [...all] }))
  })
}).pipe(Effect.provide(layerRaft))

const client = Address.make("c0")

interface Options {
  readonly seed?: number
  readonly nodeCount?: number
  readonly latency?: number
  readonly config?: Readonly<Record<string, string>>
}

const make = ({ config = {}, latency = 10, nodeCount = 3, seed = 0 }: Options = {}) => {
  const random = SeededRandom.make(seed)
  const time = VirtualTime.make()
  const network = Network.make({
    timeline: time,
    random: random.fork("network"),
    latency: Latency.make({ mean: latency, dist: "exponential" }, random.fork("latency")),
    loss: 0,
    duplicates: 0
  })
  const ids = Array.from({ length: nodeCount }, (_, i) => NodeId.make(`n${i}`))
  const nodes = ids.map((id) => SimulatedNode.make({ id, time, network, random: random.fork(id), program, config }))
  const waiting = new Map<number, (body: Envelope.Body) => void>()
  let count = 0
  network.join(client, (line) => {
    const { body }: Envelope.Envelope = JSON.parse(line)
    waiting.get(Number(body["in_reply_to"]))?.(body)
  })
  /** What the node answers, if it does before the world has worked for so long. */
  const ask = (node: number, type: string, fields: object, done: (body: Envelope.Body) => void): void => {
    const body = { type, msg_id: ++count, ...fields }
    waiting.set(count, done)
    network.send(client, ids[node]!, Envelope.encode({ src: client, dest: ids[node]!, body }))
  }
  const boot = (node: SimulatedNode.SimulatedNode): void => {
    node.start()
    ask(nodes.indexOf(node), "init", { node_id: node.id, node_ids: ids }, () => {})
  }
  const pass = (millis: number): void => {
    const end = time.now() + millis
    time.after(millis, () => {})
    time.run(() => time.now() >= end)
  }
  const answer = (node: number, type: string, fields: object = {}, within = 2000): Envelope.Body | undefined => {
    let answered: Envelope.Body | undefined
    ask(node, type, fields, (body) => (answered = body))
    const end = time.now() + within
    time.after(within, () => {})
    time.run(() => answered !== undefined || time.now() >= end)
    return answered
  }
  nodes.forEach(boot)
  return { ids, nodes, network, time, random, ask, answer, boot, pass }
}

describe("a log by Raft", { timeout: 120_000 }, () => {
  it("is answered from the state just before the operation, at any node", () => {
    for (const nodeCount of [1, 2, 3, 5]) {
      const { answer, ids } = make({ nodeCount })
      const appended: Array<number> = []
      for (let n = 0; n < 10; n++) {
        assert.deepInclude(answer(n % ids.length, "append", { n }), { type: "append_ok", before: appended })
        appended.push(n)
        assert.deepInclude(answer((n + 1) % ids.length, "read"), { type: "read_ok", all: appended })
      }
    }
  })

  it("is there again when all nodes have been killed at once, though each forgets what it had not synced", () => {
    for (const seed of seeds(20)) {
      const { answer, boot, nodes, pass } = make({
        seed,
        config: { RAFT_SNAPSHOT_AFTER: seed % 2 === 0 ? "3" : "1000" }
      })
      for (let life = 0; life < 3; life++) {
        for (let n = 0; n < 5; n++) {
          assert.strictEqual(answer(n % 3, "append", { n: 10 * life + n }, 5000)?.["type"], "append_ok", `seed ${seed}`)
        }
        for (const node of nodes) node.kill()
        pass(100)
        nodes.forEach(boot)
      }
      const all = answer(0, "read", {}, 5000)?.["all"]
      assert.deepStrictEqual(all, [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24], `seed ${seed}`)
      assert.deepStrictEqual(nodes.flatMap(({ findings }) => findings), [])
    }
  })

  it("is there when one node after the other has lost its disk", () => {
    for (const seed of seeds(10)) {
      const { answer, boot, nodes, pass } = make({ seed })
      for (let n = 0; n < 6; n++) {
        assert.strictEqual(answer(n % 3, "append", { n }, 5000)?.["type"], "append_ok", `seed ${seed}`)
        nodes[n % 3]!.wipe()
        pass(200)
        boot(nodes[n % 3]!)
        pass(3000)
      }
      assert.deepStrictEqual(answer(0, "read", {}, 5000)?.["all"], [0, 1, 2, 3, 4, 5], `seed ${seed}`)
    }
  })

  it("refuses for certain, before long, where there is no majority", () => {
    const { answer, ask, boot, nodes, pass } = make()
    assert.strictEqual(answer(0, "append", { n: 0 })?.["type"], "append_ok")
    nodes[1]!.kill()
    nodes[2]!.kill()
    pass(1500)
    for (const [type, body] of [["append", { n: 1 }], ["read", {}]] as const) {
      assert.isUndefined(answer(0, type, body, 900))
      assert.deepInclude(answer(0, type, body, 1100), { type: "error", code: 11 })
    }
    boot(nodes[1]!)
    pass(1000)
    assert.deepInclude(answer(0, "read"), { type: "read_ok", all: [0] })
    ask(0, "append", { n: 2 }, () => {})
    assert.deepInclude(answer(1, "append", { n: 3 }), { type: "append_ok" })
  })

  it("stops a node whose disk is damaged, in one line, and the others go on", () => {
    const { answer, boot, nodes, pass } = make()
    assert.strictEqual(answer(1, "append", { n: 0 })?.["type"], "append_ok")
    nodes[2]!.kill()
    assert.isTrue(nodes[2]!.damage())
    boot(nodes[2]!)
    pass(1000)
    assert.strictEqual(nodes[2]!.findings.length, 1)
    assert.match(JSON.stringify(nodes[2]!.findings), /n2\.journal: record \d+, at byte \d+ of \d+, is damaged/)
    assert.strictEqual(answer(0, "append", { n: 1 })?.["type"], "append_ok")
  })

  it("is not moved by the time of day", () => {
    for (const seed of seeds(10)) {
      const { answer, network, nodes, pass, random, time } = make({ seed, latency: 1 })
      const nemesis = Nemesis.make({
        faults: ["clock"],
        interval: 200,
        random: random.fork("nemesis"),
        timeline: time,
        network,
        nodes,
        boot: () => {},
        record: () => {}
      })
      pass(500)
      nemesis.start(10_000)
      for (let n = 0; n < 30; n++) {
        const before = time.now()
        assert.strictEqual(answer(n % 3, "append", { n })?.["type"], "append_ok", `seed ${seed}`)
        assert.isBelow(time.now() - before, 150, `seed ${seed}`)
        pass(100)
      }
    }
  })
})
