import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { registry } from "../../../src/registry/Registry.ts"
import { Address, NodeId } from "../../../src/schema/Address.ts"
import * as Nemesis from "../../../src/simulator/faults/Nemesis.ts"
import * as Journal from "../../../src/simulator/network/Journal.ts"
import * as Latency from "../../../src/simulator/network/Latency.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as Simulation from "../../../src/simulator/Simulation.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as History from "../../../src/workloads/history/History.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const [n0, n1, c0] = [NodeId.make("n0"), NodeId.make("n1"), Address.make("c0")]

/** Two nodes and a client, 100 ms apart from each other. */
const world = (
  options: {
    readonly loss?: number
    readonly duplicates?: number
    readonly keep?: number
    readonly keepCharacters?: number
  } = {}
) => {
  const random = SeededRandom.make(0)
  const time = VirtualTime.make()
  const journal = Journal.make(time.now, options.keep, options.keepCharacters)
  const network = Network.make({
    timeline: time,
    random,
    latency: Latency.make({ mean: 100, dist: "constant" }, random),
    loss: options.loss ?? 0,
    duplicates: options.duplicates ?? 0,
    journal
  })
  for (const address of [n0, n1, c0]) network.join(address, () => {})
  const send = (src: Address, dest: Address, body: object): boolean =>
    network.send(src, dest, JSON.stringify({ src, dest, body }))
  return { journal, network, send, time, drain: () => time.run(() => false) }
}

describe("Journal", () => {
  it("has what was sent, in order, with the time of its way", () => {
    const { drain, journal, send, time } = world()
    time.after(50, () => {
      journal.begin()
      send(c0, n0, { type: "echo", msg_id: 1, echo: "ö" })
      send(n0, n1, { type: "gossip", of: [1, 2] })
      send(n0, c0, { type: "echo_ok", in_reply_to: 1, echo: "ö" })
    })
    send(n1, n0, { type: "early" })
    drain()
    const size = JSON.stringify({ src: c0, dest: n0, body: { type: "echo", msg_id: 1, echo: "ö" } }).length + 2
    assert.deepStrictEqual<unknown>(journal.messages(), {
      messages: [
        { id: 0, src: n1, dest: n0, type: "early", body: "{}", size: 49, sent: -50, ended: 50, fate: "delivered" },
        {
          id: 1,
          src: c0,
          dest: n0,
          type: "echo",
          msg_id: 1,
          body: '{"echo":"ö"}',
          size,
          sent: 0,
          ended: 0,
          fate: "delivered"
        },
        {
          id: 2,
          src: n0,
          dest: n1,
          type: "gossip",
          body: '{"of":[1,2]}',
          size: 61,
          sent: 0,
          ended: 100,
          fate: "delivered"
        },
        {
          id: 3,
          src: n0,
          dest: c0,
          type: "echo_ok",
          in_reply_to: 1,
          body: '{"echo":"ö"}',
          size: size + 8,
          sent: 0,
          ended: 0,
          fate: "delivered"
        }
      ],
      unrecorded: 0
    })
  })

  it("tells why a message was dropped, and when", () => {
    const { drain, journal, network, send, time } = world()
    send(n0, n1, { type: "cut" })
    send(n0, Address.make("n9"), { type: "to a stranger" })
    time.after(60, () => {
      network.cut(new Map([[n1, new Set([n0])]]))
      send(n0, c0, { type: "to who leaves" })
      network.leave(c0)
    })
    drain()
    send(n0, n1, { type: "too late" })
    const lossy = world({ loss: 1 })
    lossy.send(n0, n1, { type: "lost" })
    lossy.drain()
    const told = [...journal.messages().messages, ...lossy.journal.messages().messages]
    assert.deepStrictEqual(told.map(({ ended, fate, type }) => [type, fate, ended]), [
      ["cut", "cut", 100],
      ["to a stranger", "nobody", 0],
      ["to who leaves", "nobody", 60],
      ["too late", "under way", undefined],
      ["lost", "lost", 0]
    ])
  })

  it("has what is delivered twice twice, under one id", () => {
    const { drain, journal, send } = world({ duplicates: 1 })
    send(n0, n1, { type: "first" })
    send(n0, n1, { type: "second" })
    drain()
    const { messages } = journal.messages()
    assert.deepStrictEqual(messages.map(({ fate, id, type }) => [id, type, fate]), [
      [0, "first", "delivered"],
      [0, "first", "delivered"],
      [2, "second", "delivered"],
      [2, "second", "delivered"]
    ])
  })

  it("keeps no more than its limit, and counts the rest", () => {
    const { drain, journal, send } = world({ keep: 3, duplicates: 1 })
    for (let i = 0; i < 4; i++) send(n0, n1, { type: `${i}` })
    drain()
    const { messages, unrecorded } = journal.messages()
    assert.deepStrictEqual(messages.map(({ fate, type }) => [type, fate]), [
      ["0", "delivered"],
      ["0", "delivered"],
      ["1", "delivered"]
    ])
    assert.strictEqual(unrecorded, 3, "the copy of the second message, the third and the fourth")
  })

  it("has lines that are no messages as well, and long ones whole, up to so many characters together", () => {
    const { journal, network, send } = world({ keepCharacters: 1300 })
    network.send(n0, n1, "what?")
    send(n0, n1, { type: 7, msg_id: "x", in_reply_to: 1.5 })
    send(n0, n1, { type: "long", of: "x".repeat(1000) })
    const [first, second, third] = journal.messages().messages
    assert.containSubset(first, { type: "?", body: "what?" })
    assert.containSubset(second, { type: "?", body: "{}" })
    assert.notProperty(second, "msg_id")
    assert.notProperty(second, "in_reply_to")
    assert.strictEqual(third!.body, `{"of":"${"x".repeat(1000)}"}`)
    for (const length of [1000, 10]) send(n0, n1, { type: "long", of: "x".repeat(length) })
    assert.lengthOf(journal.messages().messages, 3)
    assert.strictEqual(journal.messages().unrecorded, 2)
  })

  const options = (seed: number, journal: boolean): Simulation.Options => ({
    ...Simulation.defaults,
    workload: registry.broadcast.workload,
    program: registry.broadcast.programs.star.program,
    seed,
    rate: 50,
    timeLimit: 2000,
    latency: { mean: 20, dist: "exponential" },
    nemesis: Nemesis.faults,
    nemesisInterval: 500,
    loss: 0.1,
    duplicates: 0.1,
    journal
  })

  it("of a whole run agrees with the statistics, comes back from its lines, and changes nothing", () => {
    for (const seed of [1, 2, 3]) {
      const run = Simulation.run(options(seed, true))
      const kept = run.messages()!
      const { network } = run.results()
      const sent = new Set(kept.messages.filter(({ fate }) => fate !== "nobody").map(({ id }) => id)).size
      const toNobody = kept.messages.filter(({ fate }) => fate === "nobody").length // they count as sent, or never were
      assert.isAtMost(sent, network.all.sent, `seed ${seed}`)
      assert.isAtLeast(sent + toNobody, network.all.sent, `seed ${seed}`)
      assert.lengthOf(kept.messages.filter(({ fate }) => fate === "delivered"), network.all.received, `seed ${seed}`)
      for (const fate of ["cut", "lost"]) {
        assert.isTrue(kept.messages.some((message) => message.fate === fate), `seed ${seed}, ${fate}`)
      }
      const lines = [...Journal.lines({ ...kept, unrecorded: seed - 1 })]
      assert.deepStrictEqual(Journal.fromLines(lines), Result.succeed({ ...kept, unrecorded: seed - 1 }))
      const without = Simulation.run(options(seed, false))
      assert.isUndefined(without.messages())
      assert.isTrue(History.toText(without.history) === History.toText(run.history), `seed ${seed}`)
    }
  })

  it("a file that is none is refused", () => {
    assert.isTrue(Result.isFailure(Journal.fromLines(['{"id":1}\n'])))
    assert.isTrue(Result.isFailure(Journal.fromLines(["what?"])))
  })
})
