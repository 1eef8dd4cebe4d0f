/** However much there is to do at once, a replica does a little of it, and the rest in later turns: clients come between. */
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { NodeId } from "../../../../src/schema/Address.ts"
import { Life } from "../../../../src/schema/ReplicaProtocol.ts"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Replica from "../../../../src/services/gossip/replica/Replica.ts"
import * as Settings from "../../../../src/services/gossip/Settings.ts"

const settings = Effect.runSync(Settings.star.parse(ConfigProvider.fromEnv({ env: {} })))
const [n0, n1] = [NodeId.make("n0"), NodeId.make("n1")]
const [hub, leaf] = [Life.make("hub"), Life.make("leaf")]
const many = 10_000

/** A hub of one leaf, with so many operations of its own that the leaf lacks. */
const makeHub = () => {
  let now = 0
  const replica = Replica.make<number, number>({
    shape: "star",
    settings,
    self: n0,
    members: [n0, n1],
    life: hub,
    random: () => 0.5,
    sizeOf: () => 6,
    sizeOfState: () => 6,
    snapshot: () => [],
    restore: () => ({ add: () => {}, install: () => {} }),
    copies: [2]
  })
  const step = (input: Replica.Input<number, number>, after = 0) => {
    now += after
    const { events, sends, wakeAt } = replica.step(input, now)
    return {
      stable: events.flatMap((event) => event._tag === "Advanced" ? event.advance.entries : []).length,
      sent: sends.flatMap(({ message }) => "ops" in message ? message.ops : []).length,
      messages: sends.length,
      wakesIn: wakeAt - now
    }
  }
  const wake = (after = 1) => step({ _tag: "Wake" }, after)
  step({ _tag: "Start" })
  step({ _tag: "Recover" })
  wake()
  step({ _tag: "Gossip", from: n1, message: { life: leaf, vector: {}, answer: [hub, 0], ask: 1, got: 0 } })
  return { step, wake, kept: replica.kept }
}

describe("a replica with much to do", () => {
  it("sends one segment a turn, and waits when so much is under way", () => {
    const { step, wake } = makeHub()
    let sent = step({ _tag: "Ask", number: 1, operations: Array.from({ length: many }, (_, i) => i) }).sent
    for (let turn = 0; turn < 100; turn++) {
      const one = wake()
      assert.isAtMost(one.sent, 1000)
      sent += one.sent
    }
    assert.isAtLeast(sent, 5000)
    assert.isAtMost(sent, 7000)
    const { sent: next } = step({ _tag: "Gossip", from: n1, message: { life: leaf, have: [hub, 0, 2000] } }, 1)
    assert.isAtLeast(next, 1)
    assert.isAtMost(next, 1000)
  })

  it("does not answer who is as far behind, and has sent nothing: the answer would be answered likewise", () => {
    const { step, wake } = makeHub()
    step({ _tag: "Ask", number: 1, operations: Array.from({ length: many }, (_, i) => i) })
    for (let turn = 0; turn < 100; turn++) wake()
    const message = { life: leaf, own: 1, more: true, have: [hub, 0, 0], got: 0 } as const
    for (let i = 0; i < 10; i++) assert.strictEqual(step({ _tag: "Gossip", from: n1, message }).messages, 0)
  })

  it("tells its program in turns of what has become stable at once, and forgets it so", () => {
    const { kept, step, wake } = makeHub()
    step({ _tag: "Ask", number: 1, operations: Array.from({ length: many }, (_, i) => i) })
    let one = step({
      _tag: "Gossip",
      from: n1,
      message: { life: leaf, got: 0, have: [hub, 0, many], vector: { [Origin.make("n0.hub")]: many } }
    }, 1)
    let turns = 1
    let told = one.stable
    for (; told < many && turns < 20; turns++) {
      assert.isAtMost(one.stable, 2000)
      assert.isAtMost(one.wakesIn, 1)
      one = wake()
      told += one.stable
    }
    assert.deepStrictEqual([told, turns, kept()], [many, 5, 0])
  })

  it("tells its program in turns of what it and its peer have, when it has got all of that at once", () => {
    const { step, wake } = makeHub()
    const ops = Array.from({ length: many }, (_, i) => i)
    let told = step({ _tag: "Gossip", from: n1, message: { life: leaf, own: 1, ops, have: [hub, 0, 0] } }, 1).stable
    assert.isAtMost(told, 4000)
    for (let turns = 1; told < many && turns < 20; turns++) {
      const { stable } = wake()
      assert.isAtMost(stable, 4000) // by what was shared, and by what is inferred from that
      told += stable
    }
    assert.strictEqual(told, many)
  })
})
