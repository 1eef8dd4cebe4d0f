/** A replica that is told what no honest peer says, as a value: message by message. */
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { NodeId } from "../../../../src/schema/Address.ts"
import { type Chunk, type Gossip, Life } from "../../../../src/schema/ReplicaProtocol.ts"
import { Origin } from "../../../../src/schema/VersionVector.ts"
import * as Replica from "../../../../src/services/gossip/replica/Replica.ts"
import * as Settings from "../../../../src/services/gossip/Settings.ts"

const [n0, n1, n2] = ["n0", "n1", "n2"].map((id) => NodeId.make(id)) as [NodeId, NodeId, NodeId]
const [hub, me, third] = [Life.make("hub"), Life.make("me"), Life.make("third")]
const [ofHub, mine, ofThird] = [Origin.make("n0.hub"), Origin.make("n1.me"), Origin.make("n2.third")]
const settings = Effect.runSync(Settings.star.parse(ConfigProvider.fromEnv({ env: {} })))

/** A leaf, n1, whose program keeps a set of numbers. Of whatever it is told it notes what it did. */
const makeLeaf = (copies: ReadonlyArray<number> = []) => {
  let now = 0
  let state = new Set<number>()
  const advanced: Array<number> = []
  let restored = 0
  const replica = Replica.make<number, number>({
    shape: "star",
    settings,
    self: n1,
    members: [n0, n1, n2],
    life: me,
    random: () => 0.5,
    sizeOf: () => 2,
    sizeOfState: () => 2,
    snapshot: () => [...state],
    restore: () => {
      const other = new Set<number>()
      return {
        add: (part) => void other.add(part),
        install: () => {
          state = other
          restored++
        }
      }
    },
    copies
  })
  const step = (input: Replica.Input<number, number>) => {
    const output = replica.step(input, ++now)
    for (const event of output.events) {
      if (event._tag === "Delivered") state.add(event.entry.operation)
      if (event._tag === "Restored") event.install()
      if (event._tag === "Advanced") advanced.push(...event.advance.entries.map(({ operation }) => operation))
    }
    return output
  }
  const hear = (from: NodeId, message: Gossip<number>) => step({ _tag: "Gossip", from, message })
  const give = (message: Omit<Chunk<number, number>, "life" | "to" | "snapshot">) =>
    step({ _tag: "Chunk", from: n0, message: { life: hub, to: me, snapshot: 0, ...message } })
  step({ _tag: "Start" })
  step({ _tag: "Wake" })
  return {
    replica,
    step,
    hear,
    give,
    advanced,
    has: () => [...state].toSorted((a, b) => a - b),
    restored: () => restored
  }
}

/** It has 1 and 2, which its hub made, and 3, its own. */
const makeSettled = (copies?: ReadonlyArray<number>) => {
  const leaf = makeLeaf(copies)
  leaf.hear(n0, { life: hub, at: 0, names: [ofHub], of: [[0, 2]], ops: [1, 2] })
  leaf.step({ _tag: "Publish", operation: 3 })
  assert.deepStrictEqual(leaf.has(), [1, 2, 3])
  return leaf
}

/** Its hub goes on as if nothing had been. */
const assertUnharmed = (leaf: ReturnType<typeof makeLeaf>, text: string): void => {
  assert.deepStrictEqual(leaf.has(), [1, 2, 3], text)
  const { isRefused } = leaf.hear(n0, { life: hub, at: 2, of: [0, 0], ops: [4, 5] })
  assert.isFalse(isRefused, text)
  assert.deepStrictEqual(leaf.has(), [1, 2, 3, 4, 5], text)
}

describe("a replica that is lied to", () => {
  const names = [ofThird]

  const refused: Readonly<Record<string, Partial<Gossip<number>>>> = {
    "an epoch of its log that is to come": { have: [me, 1, 0] },
    "a position after the end of its log": { have: [me, 0, 4] },
    "more than it has made": { have: [me, 0, 0], got: 2 },
    "more of it than it has made, in a vector": { vector: { [mine]: 2 } },
    "a frontier after the end of its log": { knows: [[3, 4]] },
    "a frontier after the end of the sender's log": { at: 0, names, of: [0], ops: [9], frontiers: [[3, 2]] },
    "an origin that nobody can be": { at: 0, names: [Origin.make("n9.a")], of: [0], ops: [9] },
    "a base of origins that nobody can be": { at: 5, base: [[Origin.make("n9.a"), 5]], of: [0], ops: [9] },
    "a segment with fewer operations than it says": { at: 0, names, of: [[0, 2]], ops: [9] },
    "an origin without a number": { at: 0, of: [3], ops: [9] }
  }
  for (const [what, message] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      const leaf = makeSettled()
      assert.isTrue(leaf.hear(n2, { life: third, ...message }).isRefused)
      assertUnharmed(leaf, what)
    })
  }

  it("does not take what a forged epoch or position of another's log would be at", () => {
    const leaf = makeSettled()
    const forgeries: ReadonlyArray<Partial<Gossip<number>>> = [
      { epoch: 7, at: 1_000_000, of: [0], ops: [9] },
      { at: Number.MAX_SAFE_INTEGER - 1, of: [0], ops: [9] },
      { at: 3, base: [[ofThird, 3]], of: [0], ops: [9] },
      { own: 1_000_000, ops: [9] }
    ]
    for (const forgery of forgeries) leaf.hear(n2, { life: third, ...forgery })
    assertUnharmed(leaf, "held, and never taken")
  })

  it("is led by nobody to take the positions of an epoch that is over for those of the present one", () => {
    const leaf = makeSettled()
    leaf.hear(n0, { life: hub, epoch: 1, at: 3, base: [[ofHub, 2]], of: [], ops: [] })
    leaf.hear(n0, { life: hub, at: 2, of: [0], ops: [9] })
    assert.deepStrictEqual(leaf.has(), [1, 2, 3])
    leaf.hear(n0, { life: hub, epoch: 1, at: 3, of: [0], ops: [4] })
    assert.deepStrictEqual(leaf.has(), [1, 2, 3, 4])
  })
})

describe("a replica that a peer takes for its former life", () => {
  const former = Life.make("former")
  const claims: Readonly<Record<string, Partial<Gossip<number>>>> = {
    "more of its own than it has made": { got: 9 },
    "a position in the former life's log": { have: [former, 0, 9], got: 1, knows: [[3, 9]] }
  }
  for (const [what, claim] of Object.entries(claims)) {
    it(`answers it though it claims to have ${what}`, () => {
      const leaf = makeSettled()
      const { isRefused, sends } = leaf.hear(n2, { life: third, ...claim, ask: 1, vector: {} })
      assert.isFalse(isRefused)
      const answers = sends.flatMap((sent) => sent._tag === "Gossip" && sent.to === n2 ? sent.message : [])
      assert.deepStrictEqual(answers.map(({ answer, life }) => [life, answer?.[0]]), [[me, third]])
      assertUnharmed(leaf, what)
    })
  }
})

describe("a replica that is given a snapshot", () => {
  const head = { epoch: 1, end: 4, vector: [[ofHub, 4, 2]], stable: { [ofHub]: 2 } } as const
  const offered = () => {
    const leaf = makeSettled()
    leaf.hear(n0, { life: hub, offer: [me, 0] })
    return leaf
  }

  it("has what it says, and what only this replica had", () => {
    const leaf = offered()
    leaf.give({ chunk: 1, of: [0, 0], ops: [4, 5] })
    leaf.give({ chunk: 2, state: [1, 2, 4, 5], last: true })
    assert.strictEqual(leaf.restored(), 0, "not before all parts are here")
    leaf.give({ chunk: 0, head })
    assert.strictEqual(leaf.restored(), 1)
    assert.deepStrictEqual(leaf.has(), [1, 2, 3, 4, 5])
    leaf.hear(n0, { life: hub, epoch: 1, at: 4, of: [0], ops: [6] })
    assert.deepStrictEqual(leaf.has(), [1, 2, 3, 4, 5, 6])
  })

  type Part = Omit<Chunk<number, number>, "life" | "to" | "snapshot" | "chunk">
  const all = { head, of: [0, 0], ops: [4, 5], state: [1, 2, 4, 5], last: true }
  const broken: Readonly<Record<string, ReadonlyArray<Part>>> = {
    "without a head": [{ state: [9], last: true }],
    "with two heads": [{ head }, { ...all }],
    "with fewer operations than its head says": [{ ...all, of: [0], ops: [4] }],
    "with more operations than its head says": [{ ...all, of: [0, 0, 0], ops: [4, 5, 6] }],
    "with operations that nothing is said of": [{ ...all, ops: [4, 5, 6] }],
    "of an origin without a number": [{ ...all, of: [0, 1] }],
    "that has forgotten more than there was": [{ head: { ...head, vector: [[ofHub, 2, 4]] }, last: true }],
    "of an origin that nobody can be": [
      { ...all, head: { ...head, vector: [...head.vector, [Origin.make("n9.a"), 1, 1]] } }
    ],
    "in which more of its own is stable than it has made": [{ ...all, head: { ...head, stable: { [mine]: 2 } } }]
  }
  for (const [what, parts] of Object.entries(broken)) {
    it(`refuses one ${what}`, () => {
      const leaf = offered()
      const outputs = parts.map((part, chunk) => leaf.give({ chunk, ...part }))
      assert.isTrue(outputs.at(-1)!.isRefused)
      assert.strictEqual(leaf.restored(), 0)
      assertUnharmed(leaf, what)
    })
  }

  it("has no use for one with more of its own than it has made", () => {
    const leaf = offered()
    leaf.give({ chunk: 0, ...all, head: { ...head, vector: [...head.vector, [mine, 2, 2]] } })
    assert.strictEqual(leaf.restored(), 0)
    assertUnharmed(leaf, "not installed")
  })

  it("has no use for one from elsewhere, of another life, or of another number than was offered", () => {
    const leaf = offered()
    const chunk = { snapshot: 0, chunk: 0, ...all }
    const others = [
      { from: n2, message: { life: third, to: me, ...chunk } },
      { from: n0, message: { life: third, to: me, ...chunk } },
      { from: n0, message: { life: hub, to: third, ...chunk } },
      { from: n0, message: { life: hub, to: me, ...chunk, snapshot: 1 } },
      { from: n0, message: { life: hub, to: me, ...chunk, chunk: 1_000_000 } }
    ]
    for (const { from, message } of others) leaf.step({ _tag: "Chunk", from, message })
    assert.strictEqual(leaf.restored(), 0)
    assertUnharmed(leaf, "not installed")
  })
})

describe("a replica whose hub lies that everything is stable", () => {
  /** It has forgotten 1 and 2, though n2 has never heard of them. */
  const deceived = () => {
    const leaf = makeSettled()
    leaf.hear(n0, { life: hub, at: 2, names: [mine], of: [-2], frontiers: [[3, 2]] })
    return leaf
  }

  it("has forgotten nothing that its program knows, and gives it to who lacks it", () => {
    const leaf = deceived()
    assert.strictEqual(leaf.replica.kept(), 1)
    assert.deepStrictEqual(leaf.has(), [1, 2, 3])
    const { sends } = leaf.hear(n2, { life: third, ask: 1, vector: {} })
    const offer = sends.flatMap((sent) => sent._tag === "Gossip" && sent.to === n2 ? sent.message.offer ?? [] : [])
    assert.strictEqual(offer[0], third)
    const fetch = { life: third, to: me, snapshot: Number(offer[1]) }
    const parts = [0, 1, 2].flatMap((chunk) =>
      leaf.step({ _tag: "Fetch", from: n2, message: { ...fetch, chunk } }).sends.flatMap((sent) =>
        sent._tag === "Chunk" ? sent.message.state ?? [] : []
      )
    )
    assert.sameMembers(parts, [1, 2, 3])
  })

  it("does not take the state of who lacks what it has forgotten", () => {
    const leaf = deceived()
    leaf.hear(n2, { life: third, ask: 1, vector: { [ofThird]: 1 } })
    leaf.hear(n2, { life: third, offer: [me, 0] })
    const head = { epoch: 0, end: 1, vector: [[ofThird, 1, 1]], stable: {} } as const
    leaf.step({
      _tag: "Chunk",
      from: n2,
      message: { life: third, to: me, snapshot: 0, chunk: 0, head, state: [7], last: true }
    })
    assert.strictEqual(leaf.restored(), 0)
    assert.deepStrictEqual(leaf.has(), [1, 2, 3])
  })
})
