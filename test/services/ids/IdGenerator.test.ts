import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import { UniqueIds } from "../../../src/programs/UniqueIds.ts"
import { Address, ClientId, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import * as ProtocolError from "../../../src/schema/ProtocolError.ts"
import { IdGenerator } from "../../../src/services/ids/IdGenerator.ts"
import { Timestamps } from "../../../src/services/ids/Timestamps.ts"
import { Node } from "../../../src/services/node/Node.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const seeds = seedsOf(100)

/** A node that knows no more than its name. */
const named = (id: string) =>
  Layer.succeed(
    Node,
    Node.of({
      id: NodeId.make(id),
      ids: [],
      initialisedBy: ClientId.make("c0"),
      handle: () => Effect.die("unused"),
      serve: () => Effect.die("unused"),
      send: () => Effect.die("unused"),
      ask: () => Effect.die("unused"),
      speakAfter: () => Effect.die("unused"),
      statistics: Effect.die("unused")
    })
  )

/** A flake generator that reads its time from `now`. */
const flake = (id: string, now: () => number, random: SeededRandom.SeededRandom) =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const { next } = yield* IdGenerator.pipe(
      Effect.provide(Layer.provide(Layer.fresh(IdGenerator.layerFlake), named(id))),
      Effect.provideService(Clock.Clock, { ...clock, currentTimeMillisUnsafe: now }),
      Effect.provideService(Random.Random, random)
    )
    const run = Effect.runSyncWith(yield* Effect.context())
    return (): string => run(next)
  })

const format = /^[0-9a-f]{16}-n1-[0-9a-f]{16}$/

const timeOf = (id: string): number => Number.parseInt(id.slice(0, 12), 16)

/** What a clock may show, one reading after the other: it runs, stands still, goes back, and jumps. */
const readings = (random: SeededRandom.SeededRandom, count: number): ReadonlyArray<number> => {
  let now = random.pick([0, 1, -5000, 1_767_225_600_000, 2 ** 46])
  return Array.from({ length: count }, () => {
    now += random.pick([
      () => 0,
      () => 0,
      () => 1,
      () => random.below(1000),
      () => -1,
      () => -random.below(1000),
      () => random.below(2 ** 40),
      () => -random.below(2 ** 40)
    ])()
    if (random.chance(0.02)) now = random.below(2 ** 47)
    return Math.max(-(2 ** 47), Math.min(2 ** 47, now))
  })
}

describe("IdGenerator", () => {
  describe("flake", () => {
    it.effect("ids of a node strictly rise as text, whatever its clock shows", () =>
      Effect.gen(function*() {
        for (const seed of seeds) {
          const random = SeededRandom.make(seed)
          const clock = readings(random, 300)
          let at = 0
          const next = yield* flake("n1", () => clock[at]!, random)
          let last = ""
          for (at = 0; at < clock.length; at++) {
            const id = next()
            if (format.test(id) && id > last && timeOf(id) >= clock[at]!) {
              last = id
              continue
            }
            const shown = clock.slice(Math.max(0, at - 3), at + 1).join(", ")
            assert.fail(`seed ${seed}: ${id} after ${last}, when the clock has shown ${shown}`)
          }
        }
      }))

    it.effect("a clock that runs is what they show", () =>
      Effect.gen(function*() {
        let now = 1_767_225_600_000
        const next = yield* flake("n1", () => now, SeededRandom.make(0))
        for (let i = 0; i < 100; i++) {
          now += i
          assert.strictEqual(timeOf(next()), now)
        }
      }))

    it.effect("a millisecond has as many as are needed", () =>
      Effect.gen(function*() {
        let now = 1000
        const next = yield* flake("n1", () => now, SeededRandom.make(0))
        let last = ""
        for (let i = 0; i < 200_000; i++) {
          const id = next()
          if (id <= last) assert.fail(`id ${i}: ${id} after ${last}`)
          last = id
        }
        assert.match(last, format)
        assert.strictEqual(timeOf(last), 1003, "later milliseconds on credit")
        for (now = 1000; now < 1010; now++) {
          const id = next()
          assert.isTrue(id > last, `${id} after ${last}`)
          last = id
        }
        assert.strictEqual(timeOf(last), 1009, "and back to the clock when it has caught up")
      }))

    it.effect("no two nodes, and no two lives of a node, ever give the same, even with the same clock", () =>
      Effect.gen(function*() {
        for (const seed of seeds.slice(0, 30)) {
          const random = SeededRandom.make(seed)
          const clock = readings(random, 50)
          const ids: Array<string> = []
          for (const node of ["n0", "n1", "n10"]) {
            for (let life = 0; life < 10; life++) {
              let at = 0
              const next = yield* flake(node, () => clock[at++]!, random.fork(`${node}, life ${life}`))
              for (const _ of clock) ids.push(next())
            }
          }
          assert.strictEqual(new Set(ids).size, ids.length, `seed ${seed}`)
        }
      }))

    it.effect("no two nodes give the same even if they have drawn the same chance", () =>
      Effect.gen(function*() {
        const a = yield* flake("n1", () => 5, SeededRandom.make(1))
        const b = yield* flake("n2", () => 5, SeededRandom.make(1))
        assert.notStrictEqual(a(), b())
      }))
  })

  describe("random", () => {
    it.effect("128 bits, each of them as often 0 as 1, and never the same", () =>
      Effect.gen(function*() {
        const ids: Array<string> = []
        for (const seed of seeds.slice(0, 20)) {
          const drawing = Effect.flatMap(IdGenerator, ({ next }) => Effect.replicateEffect(next, 200)).pipe(
            Effect.provide(IdGenerator.layerRandom),
            Effect.provideService(Random.Random, SeededRandom.make(seed))
          )
          ids.push(...yield* drawing)
        }
        for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
        assert.strictEqual(new Set(ids).size, ids.length)
        for (let bit = 0; bit < 128; bit++) {
          const ones = ids.filter((id) => (BigInt(`0x${id}`) >> BigInt(bit)) & 1n).length
          const standardErrors = Math.abs(ones - ids.length / 2) / Math.sqrt(ids.length / 4)
          assert.isBelow(standardErrors, 5, `bit ${bit} is 1 in ${ones} of ${ids.length}`)
        }
      }))
  })

  describe("central", () => {
    it.effect("the oracle's timestamps, as text", () =>
      Effect.gen(function*() {
        let ts = 0
        const { next } = yield* IdGenerator.pipe(
          Effect.provide(
            Layer.provide(IdGenerator.layerCentral, Layer.succeed(Timestamps, { next: Effect.sync(() => ts++) }))
          )
        )
        assert.deepStrictEqual(yield* Effect.replicateEffect(next, 12), Array.from({ length: 12 }, (_, i) => String(i)))
      }))

    it.effect("whatever keeps it from a timestamp is error 11: that id was given to nobody", () =>
      Effect.gen(function*() {
        for (const code of [0, 10, 11, 13, 1000]) {
          const failing = Effect.fail(ProtocolError.fromBody({ code, text: "too bad" }))
          const { next } = yield* IdGenerator.pipe(
            Effect.provide(
              Layer.provide(Layer.fresh(IdGenerator.layerCentral), Layer.succeed(Timestamps, { next: failing }))
            )
          )
          const error = yield* Effect.flip(next)
          assert.deepInclude<object>(error, { _tag: "TemporarilyUnavailable", code: 11, definite: true })
          assert.include(error.text, "too bad")
        }
      }))

    it("while the oracle is silent, a client is answered error 11 within its timeout", () => {
      const time = VirtualTime.make()
      const random = SeededRandom.make(0)
      const network = Network.make({ timeline: time, random, latency: () => 1, loss: 0, duplicates: 0 })
      const [client, node] = [ClientId.make("c0"), NodeId.make("n1")]
      const replies: Array<Envelope.Body> = []
      network.join(client, (line) => void replies.push(Result.getOrThrow(Envelope.decode(line)).body))
      network.join(Address.make("lin-tso"), () => {})
      const central = Layer.provide(IdGenerator.layerCentral, Timestamps.layer)
      const program = Effect.provide(UniqueIds, central)
      SimulatedNode.make({ id: node, time, network, random, program, config: {} }).start()
      for (
        const body of [{ type: "init", msg_id: 1, node_id: "n1", node_ids: ["n1"] }, { type: "generate", msg_id: 2 }]
      ) {
        network.send(client, node, Envelope.encode({ src: client, dest: node, body }))
      }
      assert.strictEqual(time.run(() => replies.length === 2), "done")
      assert.deepInclude(replies[1], { type: "error", in_reply_to: 2, code: 11 })
      assert.isBelow(time.now(), 4900)
    })
  })
})
