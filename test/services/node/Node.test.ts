import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Address } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import type { Json } from "../../../src/schema/Json.ts"
import * as ProtocolError from "../../../src/schema/ProtocolError.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { MessageIO } from "../../../src/services/node/MessageIO.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Timers } from "../../../src/services/node/Timers.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const seeds = Array.from({ length: 200 }, (_, seed) => seed)

const Double = Rpc.make("double", { request: { n: Schema.Int }, reply: { n: Schema.Int } })
const Wait = Rpc.make("wait", { request: { ms: Schema.Number } })
const Refuse = Rpc.make("refuse", { request: { code: Schema.Int } })
const Die = Rpc.make("die", { request: { how: Schema.String } })
const Lie = Rpc.make("lie", { reply: { n: Schema.Int } })
const Boast = Rpc.make("boast", { reply: { n: Schema.Int } })
const Note = Rpc.make("note", { request: { text: Schema.String } })
const Relay = Rpc.make("relay", { request: { n: Schema.Int }, reply: { n: Schema.Int } })
const Shrug = Rpc.make("shrug")
const TestProtocol = [Double, Wait, Refuse, Die, Lie, Boast, Note, Relay, Shrug] as const

const boom = new Error("boom")
const strange: unknown = Object.create(null)
const deaths: Record<string, () => Effect.Effect<{}>> = {
  die: () => Effect.die(boom),
  throw: () => {
    throw boom
  },
  "throw later": () =>
    Effect.sync((): {} => {
      throw boom
    }),
  "die in a while": () => Effect.andThen(Effect.sleep(10), Effect.die(boom)),
  text: () => Effect.die("boom"),
  nothing: () => Effect.die(undefined),
  "something without a name": () => Effect.die(strange),
  "something without a name, in a while": () => Effect.andThen(Effect.yieldNow, Effect.die(strange))
}

const boasting = { n: 1, extra: "not in the declaration", msg_id: 7, code: 0 }

/** Serves {@link TestProtocol}. */
const serve = (node: Node["Service"], notes: Array<string>) =>
  node.serve(TestProtocol, {
    double: ({ n }) => Effect.succeed({ n: 2 * n }),
    wait: ({ ms }) => Effect.as(Effect.sleep(ms), {}),
    refuse: ({ code }) => Effect.fail(ProtocolError.fromBody({ code, text: `refused with ${code}` })),
    die: ({ how }) => deaths[how]!(),
    lie: () => Effect.succeed({ n: 0.5 }),
    boast: () => Effect.succeed(boasting),
    note: ({ text }, from) => Effect.sync(() => void notes.push(`${from}: ${text}`)).pipe(Effect.as({})),
    shrug: () => Effect.succeed("says more than nothing"),
    relay: ({ n }) => node.ask(Address.make("n2"), Double, { n })
  })

/** Gives everybody a turn, until nobody can do anything without help from outside. */
const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

type Program<R> = (node: Node["Service"], notes: Array<string>) => Effect.Effect<void, never, R>

/** A node on a wire that the test holds in its hands. */
const wire = Effect.fnUntraced(function*(program: Program<Timers> = serve, config: Record<string, string> = {}) {
  const sent: Array<Envelope.Envelope> = []
  const notes: Array<string> = []
  const log: Array<string> = []
  const ended = yield* Deferred.make<void>()
  let flushes = 0
  let sentAtFlush = 0
  let node: Node["Service"] | undefined
  let onMessage: ((message: Envelope.Envelope) => void) | undefined

  const io = MessageIO.of({
    receive: (receiver) =>
      Effect.suspend(() => {
        onMessage = receiver
        return Deferred.await(ended)
      }),
    send: (message) => void sent.push(JSON.parse(Envelope.encode(message))),
    flush: Effect.sync(() => {
      flushes++
      sentAtFlush = sent.length
    })
  })
  const fiber = yield* Effect.flatMap(Node, (it) => program(node = it, notes)).pipe(
    Effect.provide(
      Node.layer.pipe(
        Layer.provideMerge(Timers.layer),
        Layer.provide(Layer.succeed(MessageIO, io)),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(config))),
        Layer.provide(Logger.layer([Logger.make(({ logLevel, message }) => void log.push(`${logLevel} ${message}`))]))
      )
    ),
    Effect.forkChild
  )
  yield* settle

  return {
    sent,
    notes,
    log,
    fiber,
    node: () => node ?? assert.fail("not initialised"),
    /** Hands a message to the node, by way of the text that it would come as. */
    hear: (body: Json, src = "c1"): void => onMessage!(JSON.parse(JSON.stringify({ src, dest: "n1", body }))),
    end: Effect.andThen(Deferred.succeed(ended, undefined), settle),
    /** How often it was flushed, and whether anything was sent after the last time. */
    flushed: () => ({ flushes, all: sentAtFlush === sent.length }),
    /** What it has sent since this was last asked, without addresses. */
    said: () => sent.splice(0).map(({ body }) => body)
  }
})

const init = { type: "init", msg_id: 1, node_id: "n1", node_ids: ["n1", "n2", "n3"] }
const initOk = { type: "init_ok", in_reply_to: 1 }

/** A node that serves. */
const serving = Effect.fnUntraced(function*(config: Record<string, string> = {}) {
  const world = yield* wire(serve, config)
  world.hear(init)
  yield* settle
  assert.deepStrictEqual(world.said(), [initOk])
  return world
})

const codes = (bodies: ReadonlyArray<Envelope.Body>) => bodies.map(({ code, in_reply_to }) => [in_reply_to, code])

describe("Node", () => {
  describe("init", () => {
    it.effect("says who it is", () =>
      Effect.gen(function*() {
        const world = yield* wire()
        world.hear({ ...init, node_ids: ["n3", "n1", "n2"], extra: true }, "c9")
        yield* settle
        assert.strictEqual(world.node().id, "n1")
        assert.deepStrictEqual(world.node().ids.map(String), ["n3", "n1", "n2"])
        assert.deepStrictEqual<unknown>(world.sent, [{ src: "n1", dest: "c9", body: initOk }])
      }))

    it.effect("is answered when the program serves, before all else; what came before is kept, in order", () =>
      Effect.gen(function*() {
        for (const seed of seeds) {
          const random = SeededRandom.make(seed)
          const world = yield* wire((node, notes) => Effect.delay(serve(node, notes), "4 seconds"))
          const messages = Array.from({ length: random.below(20) }, (_, i) =>
            random.pick([
              { type: "double", msg_id: i + 100, n: i },
              { type: "unknown", msg_id: i + 100 },
              { type: "double", msg_id: i + 100, n: "none" }
            ]))
          const at = random.below(messages.length + 1)
          for (const message of messages.slice(0, at)) world.hear(message, random.pick(["c1", "n2"]))
          yield* settle
          world.hear(init)
          for (const message of messages.slice(at)) world.hear(message, random.pick(["c1", "n2"]))
          yield* TestClock.adjust("3 seconds")
          assert.deepStrictEqual(world.said(), [], `seed ${seed}: nothing before it serves`)
          yield* TestClock.adjust("1 second")
          const replies = world.said()
          assert.deepStrictEqual(replies[0], initOk, `seed ${seed}`)
          assert.deepStrictEqual(
            replies.slice(1).map(({ in_reply_to }) => in_reply_to),
            messages.map(({ msg_id }) => msg_id),
            `seed ${seed}`
          )
        }
      }))

    it.effect("what a client has sent so long ago that it waits no longer is not begun; init is answered however late", () =>
      Effect.gen(function*() {
        const world = yield* wire((node, notes) => Effect.delay(serve(node, notes), "1 minute"))
        world.hear({ type: "note", msg_id: 2, text: "early" })
        world.hear({ type: "note", msg_id: 3, text: "early" }, "n2")
        world.hear(init)
        yield* TestClock.adjust(60_000 - 4901)
        world.hear({ type: "note", msg_id: 4, text: "too early" })
        yield* TestClock.adjust(1)
        world.hear({ type: "note", msg_id: 5, text: "in time" })
        yield* TestClock.adjust(4900)
        assert.deepStrictEqual(world.notes, ["n2: early", "c1: in time"])
        assert.deepStrictEqual(codes(world.said()), [[1, undefined], [3, undefined], [5, undefined]])
        assert.strictEqual((yield* world.node().statistics).tooLate, 2)
      }))

    it.effect("a reply to what the program asks before it serves reaches it", () =>
      Effect.gen(function*() {
        const world = yield* wire((node, notes) =>
          Effect.gen(function*() {
            const { n } = yield* Effect.orDie(node.ask(Address.make("n2"), Double, { n: 21 }))
            notes.push(`asked: ${n}`)
            yield* serve(node, notes)
          })
        )
        world.hear(init)
        yield* settle
        const [request] = world.said()
        assert.deepInclude(request, { type: "double", n: 21 })
        world.hear({ type: "note", text: "held meanwhile" })
        world.hear({ type: "double_ok", in_reply_to: Number(request?.["msg_id"]), n: 42 }, "n2")
        yield* settle
        assert.deepStrictEqual(world.notes, ["asked: 42", "c1: held meanwhile"])
        assert.deepStrictEqual(world.said(), [initOk])
      }))

    it.effect("a second one is answered, and resets nothing", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        world.hear({ type: "wait", msg_id: 2, ms: 100 })
        world.hear({ ...init, msg_id: 3, node_id: "n7", node_ids: ["n7"] })
        assert.deepStrictEqual(world.said(), [{ type: "init_ok", in_reply_to: 3 }])
        assert.strictEqual(world.node().id, "n1")
        assert.lengthOf(world.node().ids, 3)
        yield* TestClock.adjust(100)
        assert.deepStrictEqual(world.said(), [{ type: "wait_ok", in_reply_to: 2 }])
      }))

    it.effect("two at once, before the program serves: the first one counts, both are answered", () =>
      Effect.gen(function*() {
        const world = yield* wire((node, notes) => Effect.delay(serve(node, notes), "1 second"))
        world.hear(init)
        world.hear({ ...init, msg_id: 2, node_id: "n2" })
        yield* TestClock.adjust("1 second")
        assert.strictEqual(world.node().id, "n1")
        assert.deepStrictEqual(world.said(), [initOk, { type: "init_ok", in_reply_to: 2 }])
      }))

    it.effect("a malformed one is error 12 at once, and a good one still works", () =>
      Effect.gen(function*() {
        const malformed = [
          { type: "init", msg_id: 5 },
          { ...init, msg_id: 5, node_id: 1 },
          { ...init, msg_id: 5, node_id: "" },
          { ...init, msg_id: 5, node_ids: "n1" },
          { ...init, msg_id: 5, node_ids: ["n1", null] },
          { ...init, msg_id: 5, node_ids: null }
        ]
        for (const bad of malformed) {
          const world = yield* wire()
          world.hear({ type: "double", msg_id: 2, n: 1 })
          world.hear(bad)
          yield* settle
          assert.deepStrictEqual(codes(world.said()), [[5, 12]], JSON.stringify(bad))
          world.hear(init)
          yield* settle
          assert.deepStrictEqual(world.said(), [initOk, { type: "double_ok", in_reply_to: 2, n: 2 }])
        }
      }))

    it.effect("one that never comes before the end of input is NeverInitialised", () =>
      Effect.gen(function*() {
        for (const messages of [[], [{ type: "double", msg_id: 2, n: 1 }, { type: "init", msg_id: 3 }]]) {
          const world = yield* wire()
          for (const message of messages) world.hear(message)
          yield* world.end
          const exit = yield* Fiber.await(world.fiber)
          const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
          assert.deepInclude(error, { _tag: "NeverInitialised" })
        }
      }))
  })

  describe("a request", () => {
    it.effect("is answered from the address that it was sent to, to whoever sent it", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        for (const src of ["c1", "n2", "somebody"]) world.hear({ type: "double", msg_id: 2, n: 3 }, src)
        yield* settle
        const body = { type: "double_ok", in_reply_to: 2, n: 6 }
        assert.deepStrictEqual<unknown>(
          world.sent,
          ["c1", "n2", "somebody"].map((dest) => ({ src: "n1", dest, body }))
        )
      }))

    it.effect("may have any integer for an id: 0, a negative one, a large one", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        for (const msg_id of [0, -1, 2 ** 53 - 1, 1 - 2 ** 53]) {
          world.hear({ type: "double", msg_id, n: 1 })
          world.hear({ type: "unknown", msg_id })
          world.hear({ msg_id })
          assert.deepStrictEqual(codes(world.said()), [[msg_id, undefined], [msg_id, 10], [msg_id, 12]])
        }
      }))

    it.effect("of unknown type is error 10, of another form than its type's error 12", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        const cases: ReadonlyArray<readonly [code: number, body: { [field: string]: Json }]> = [
          [10, { type: "unknown" }],
          [10, { type: "" }],
          [10, { type: "Double", n: 1 }],
          [10, { type: "double_ok", n: 1 }],
          [10, { type: "__proto__" }],
          [10, { type: "constructor" }],
          [10, { type: "toString" }],
          [10, { type: "x".repeat(1_000_000) }],
          [12, { type: "double" }],
          [12, { type: "double", n: null }],
          [12, { type: "double", n: "1" }],
          [12, { type: "double", n: 1.5 }],
          [12, { type: "double", n: 2 ** 53 }],
          [12, { type: "double", n: [1] }],
          [12, { type: "double", N: 1 }],
          [12, { n: 1 }],
          [12, { type: null, n: 1 }],
          [12, { type: ["double"], n: 1 }],
          [12, { type: { double: 1 }, n: 1 }],
          [12, {}],
          [12, { type: "double", n: "x".repeat(1_000_000) }]
        ]
        for (const [code, body] of cases) {
          const shown = JSON.stringify(body).slice(0, 100)
          world.hear({ ...body, msg_id: 2 })
          const replies = world.said()
          assert.deepStrictEqual(codes(replies), [[2, code]], shown)
          assert.sameMembers(Object.keys(replies[0]!), ["type", "in_reply_to", "code", "text"], shown)
          assert.isBelow(JSON.stringify(replies[0]).length, 1000, shown)
        }
        world.hear({ type: "double", msg_id: 3, n: 1 })
        assert.lengthOf(world.said(), 1, "it lives on")
      }))

    it.effect("without an id, or with one that is none, is not answered, but what can be done is done", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        world.hear({ type: "note", text: "a" })
        world.hear({ type: "note", text: "b" }, "n2")
        assert.deepStrictEqual(world.notes, ["c1: a", "n2: b"])
        for (const type of ["double", "unknown", "lie"]) world.hear({ type })
        for (const code of [0, 13, 14, 1000]) world.hear({ type: "refuse", code })
        for (const how of Object.keys(deaths)) world.hear({ type: "die", how })
        for (const msg_id of [null, "2", 1.5, 2 ** 53, [2], { 2: 2 }]) {
          for (const type of ["double", "unknown", 1]) world.hear({ type, msg_id, n: 1 })
        }
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(world.said(), [])
        world.hear({ type: "double", msg_id: 3, n: 1 })
        assert.lengthOf(world.said(), 1, "it lives on")
      }))

    it.effect("may have fields that nobody knows", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        world.hear({ type: "double", msg_id: 2, n: 1, m: 2, code: 3, ["__proto__"]: { n: 5 }, text: "x" })
        assert.deepStrictEqual(world.said(), [{ type: "double_ok", in_reply_to: 2, n: 2 }])
      }))

    it.effect("is answered with nothing but what its reply declares", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        world.hear({ type: "boast", msg_id: 2 })
        world.hear({ type: "shrug", msg_id: 3 })
        assert.deepStrictEqual(world.said(), [
          { type: "boast_ok", in_reply_to: 2, n: 1 },
          { type: "shrug_ok", in_reply_to: 3 }
        ])
      }))

    it.effect("that is refused is answered with the code of the error", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        for (const code of [0, 1, 10, 11, 12, 13, 14, 20, 21, 22, 30, 2, 999, 1000, 5000, -1]) {
          world.hear({ type: "refuse", msg_id: 2, code })
          const expected = { type: "error", in_reply_to: 2, code, text: `refused with ${code}` }
          assert.deepStrictEqual(world.said(), [expected])
        }
      }))

    it.effect("whose handler dies is error 13, and the node lives on", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        for (const how of Object.keys(deaths)) {
          world.hear({ type: "die", msg_id: 2, how })
          yield* TestClock.adjust(10)
          const replies = world.said()
          assert.deepStrictEqual(codes(replies), [[2, 13]], how)
          assert.sameMembers(Object.keys(replies[0]!), ["type", "in_reply_to", "code", "text"], how)
          assert.isTrue(world.log.splice(0).some((line) => line.startsWith("Error")), `${how}: is logged`)
          world.hear({ type: "double", msg_id: 3, n: 1 })
          assert.lengthOf(world.said(), 1, how)
        }
      }))

    it.effect("whose reply is not what was declared is error 13", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        world.hear({ type: "lie", msg_id: 2 })
        assert.deepStrictEqual(codes(world.said()), [[2, 13]])
      }))

    it.effect("that takes its time does not keep others from being answered", () =>
      Effect.gen(function*() {
        for (const seed of seeds) {
          const random = SeededRandom.make(seed)
          const world = yield* serving()
          const waits = Array.from({ length: 20 }, (_, i) => ({ type: "wait", msg_id: i, ms: 1 + random.below(1000) }))
          for (const wait of waits) world.hear(wait)
          world.hear({ type: "double", msg_id: 99, n: 1 })
          assert.deepStrictEqual(codes(world.said()), [[99, undefined]], `seed ${seed}`)
          yield* TestClock.adjust(1000)
          const order = waits.toSorted((a, b) => a.ms - b.ms).map(({ msg_id }) => [msg_id, undefined])
          assert.deepStrictEqual(codes(world.said()), order, `seed ${seed}`)
        }
      }))

    it.effect("may be answered by asking somebody else", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        for (const n of [1, 2, 3]) world.hear({ type: "relay", msg_id: n, n })
        const asked = world.said()
        assert.deepStrictEqual(asked.map(({ n, type }) => [type, n]), [["double", 1], ["double", 2], ["double", 3]])
        for (const { msg_id, n } of asked.toReversed()) {
          world.hear({ type: "double_ok", in_reply_to: Number(msg_id), n: 2 * Number(n) }, "n2")
        }
        yield* settle
        assert.deepStrictEqual(
          world.said(),
          [3, 2, 1].map((n) => ({ type: "relay_ok", in_reply_to: n, n: 2 * n }))
        )
      }))
  })

  describe("a reply", () => {
    it.effect("that nobody waits for, or an error, is never answered, but counted", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        const bodies: ReadonlyArray<{ [field: string]: Json }> = [
          { type: "double_ok", in_reply_to: 1, n: 1 },
          { type: "double_ok", in_reply_to: 1, n: 1, msg_id: 5 },
          { type: "double", in_reply_to: 1, n: 1, msg_id: 5 },
          { type: "unknown", in_reply_to: -1, msg_id: 5 },
          { type: "init", in_reply_to: 0, msg_id: 5, node_id: "n1", node_ids: [] },
          { type: "error", in_reply_to: 1, code: 10, text: "no" },
          { type: "error", in_reply_to: 1, code: 10, text: "no", msg_id: 5 },
          { type: "error", in_reply_to: 1, msg_id: 5 }
        ]
        bodies.forEach((body, i) => {
          world.hear(body, i % 2 === 0 ? "n2" : "c1")
        })
        assert.strictEqual((yield* world.node().statistics).unmatched, bodies.length)
        const malformed: ReadonlyArray<{ [field: string]: Json }> = [
          { in_reply_to: 1, msg_id: 5 },
          { type: 1, in_reply_to: 1, msg_id: 5 },
          { type: "error", in_reply_to: "1", msg_id: 5 },
          { type: "double", in_reply_to: null, msg_id: 5, n: 1 },
          { type: "double", in_reply_to: 1.5, msg_id: 5, n: 1 },
          { type: "double", in_reply_to: 2 ** 53, msg_id: 5, n: 1 },
          { type: "double", in_reply_to: 1, msg_id: "5", n: 1 }
        ]
        for (const body of malformed) world.hear(body)
        yield* settle
        assert.deepStrictEqual(world.said(), [])
        world.hear({ type: "double", msg_id: 3, n: 1 })
        assert.lengthOf(world.said(), 1, "it lives on")
      }))

    it.effect("that comes twice, or after its deadline, is counted and changes nothing", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        world.hear({ type: "relay", msg_id: 2, n: 1 })
        const [first] = world.said()
        const reply = { type: "double_ok", in_reply_to: Number(first?.["msg_id"]), n: 2 }
        for (let i = 0; i < 3; i++) world.hear(reply, "n2")
        yield* settle
        assert.deepStrictEqual(world.said(), [{ type: "relay_ok", in_reply_to: 2, n: 2 }])
        assert.strictEqual((yield* world.node().statistics).unmatched, 2)

        world.hear({ type: "relay", msg_id: 3, n: 1 })
        const [second] = world.said()
        assert.strictEqual((yield* world.node().statistics).awaited, 1)
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(codes(world.said()), [[3, 0]])
        assert.deepStrictEqual(yield* world.node().statistics, { tooLate: 0, unmatched: 2, awaited: 0 })
        world.hear({ type: "double_ok", in_reply_to: Number(second?.["msg_id"]), n: 2 }, "n2")
        yield* settle
        assert.deepStrictEqual(world.said(), [])
        assert.strictEqual((yield* world.node().statistics).unmatched, 3)
      }))

    it.effect("to a client that waits no longer is not sent, but counted; to a node it is sent", () =>
      Effect.gen(function*() {
        for (const [config, clientTimeout] of [[{}, 4900], [{ CLIENT_TIMEOUT: "800 millis" }, 800]] as const) {
          const world = yield* serving(config)
          for (const src of ["c1", "n2", "lin-kv"]) {
            world.hear({ type: "wait", msg_id: 2, ms: clientTimeout }, src)
            world.hear({ type: "wait", msg_id: 3, ms: clientTimeout + 1 }, src)
          }
          world.hear({ type: "wait", ms: clientTimeout + 1 })
          yield* TestClock.adjust(clientTimeout)
          const inTime = world.sent.splice(0)
          assert.sameMembers(inTime.map(({ dest }) => String(dest)), ["c1", "n2", "lin-kv"])
          assert.isTrue(inTime.every(({ body }) => body["in_reply_to"] === 2))
          assert.strictEqual((yield* world.node().statistics).tooLate, 0)
          yield* TestClock.adjust(1)
          assert.sameMembers(world.sent.map(({ dest }) => String(dest)), ["n2", "lin-kv"])
          assert.strictEqual((yield* world.node().statistics).tooLate, 1)
        }
      }))

    it.effect("that comes too late is not sent either if it is an error", () =>
      Effect.gen(function*() {
        const world = yield* serving({ CLIENT_TIMEOUT: "5 millis" })
        world.hear({ type: "die", msg_id: 2, how: "die in a while" })
        yield* TestClock.adjust(10)
        assert.deepStrictEqual(world.said(), [])
        assert.strictEqual((yield* world.node().statistics).tooLate, 1)
      }))
  })

  describe("at the end of input", () => {
    it.effect("what is in flight is finished and flushed, then serve returns", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        world.hear({ type: "wait", msg_id: 2, ms: 100 })
        world.hear({ type: "relay", msg_id: 3, n: 1 })
        world.said()
        yield* world.end
        yield* TestClock.adjust(999)
        assert.deepStrictEqual(world.said(), [{ type: "wait_ok", in_reply_to: 2 }])
        assert.isUndefined(world.fiber.pollUnsafe(), "it has not finished yet")
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(codes(world.said()), [[3, 0]], "its reply can never come")
        assert.deepStrictEqual(yield* Fiber.await(world.fiber), Exit.void)
        assert.strictEqual(world.flushed().flushes, 1)
      }))

    it.effect("a node that is not ready, and may never be, answers as well as it can", () =>
      Effect.gen(function*() {
        const world = yield* wire((node) =>
          node.serve([Double], { double: ({ n }) => Effect.succeed({ n }) }, Effect.never)
        )
        world.hear(init)
        world.hear({ type: "double", msg_id: 2, n: 3 })
        yield* world.end
        assert.isEmpty(world.said(), "it may be ready in a moment")
        yield* TestClock.adjust(100)
        assert.deepStrictEqual(world.said(), [initOk, { type: "double_ok", in_reply_to: 2, n: 3 }])
        assert.deepStrictEqual(yield* Fiber.await(world.fiber), Exit.void)
      }))

    it.effect("what comes of it is out when serve returns", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        for (let ms = 0; ms < 20; ms++) world.hear({ type: "wait", msg_id: ms, ms })
        yield* world.end
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* Fiber.await(world.fiber), Exit.void)
        assert.lengthOf(world.sent, 20)
        assert.deepStrictEqual(world.flushed(), { flushes: 1, all: true })
      }))

    it.effect("it waits no longer than a client would", () =>
      Effect.gen(function*() {
        for (const [config, clientTimeout] of [[{}, 4900], [{ CLIENT_TIMEOUT: "800 millis" }, 800]] as const) {
          const world = yield* serving(config)
          world.hear({ type: "wait", msg_id: 2, ms: 1_000_000 })
          yield* world.end
          yield* TestClock.adjust(clientTimeout - 1)
          assert.isUndefined(world.fiber.pollUnsafe())
          yield* TestClock.adjust(1)
          assert.deepStrictEqual(yield* Fiber.await(world.fiber), Exit.void)
          assert.deepStrictEqual(world.said(), [])
        }
      }))

    it.effect("what was held until the program serves is still answered", () =>
      Effect.gen(function*() {
        const world = yield* wire((node, notes) => Effect.delay(serve(node, notes), "1 second"))
        world.hear({ type: "double", msg_id: 2, n: 1 })
        world.hear(init)
        yield* world.end
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.await(world.fiber), Exit.void)
        assert.deepStrictEqual(world.said(), [initOk, { type: "double_ok", in_reply_to: 2, n: 2 }])
      }))

    it.effect("it returns at once when nothing is in flight", () =>
      Effect.gen(function*() {
        const world = yield* serving()
        for (const how of Object.keys(deaths)) world.hear({ type: "die", msg_id: 2, how })
        yield* TestClock.adjust(10)
        yield* world.end
        assert.deepStrictEqual(yield* Fiber.await(world.fiber), Exit.void)
      }))
  })

  it.effect("handlers may be added before it serves; each type has one", () =>
    Effect.gen(function*() {
      const world = yield* wire((node) =>
        Effect.gen(function*() {
          yield* node.handle([Double], { double: ({ n }) => Effect.succeed({ n: -n }) })
          yield* Effect.sleep(100)
          yield* node.serve([Lie], { lie: () => Effect.succeed({ n: 7 }) })
        })
      )
      world.hear(init)
      yield* settle
      world.hear({ type: "double", msg_id: 2, n: 1 })
      world.hear({ type: "lie", msg_id: 3 })
      assert.deepStrictEqual(world.said(), [])
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(world.said(), [
        initOk,
        { type: "double_ok", in_reply_to: 2, n: -1 },
        { type: "lie_ok", in_reply_to: 3, n: 7 }
      ])
    }))

  it.effect("a message that wants no answer has no id; one that wants one has one of its own", () =>
    Effect.gen(function*() {
      const world = yield* serving()
      const node = world.node()
      yield* node.send(Address.make("n2"), Double, { n: 1 })
      const asking = Array.from({ length: 100 }, (_, n) => node.ask(Address.make("n2"), Double, { n }))
      yield* Effect.forkChild(Effect.all(asking, { concurrency: "unbounded" }))
      yield* settle
      const [sent, ...asked] = world.said()
      assert.deepStrictEqual(sent, { type: "double", n: 1 })
      assert.strictEqual(new Set(asked.map(({ msg_id }) => msg_id)).size, 100)
    }))
})
