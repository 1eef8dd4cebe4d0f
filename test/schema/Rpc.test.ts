import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Address, ClientId, isClient, NodeId } from "../../src/schema/Address.ts"
import { Echo } from "../../src/schema/EchoProtocol.ts"
import * as Envelope from "../../src/schema/Envelope.ts"
import { Init } from "../../src/schema/InitProtocol.ts"
import { Cas, KvProtocol, Read, Write } from "../../src/schema/KvProtocol.ts"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Topology } from "../../src/schema/TopologyProtocol.ts"
import { Ts } from "../../src/schema/TsoProtocol.ts"
import { Generate } from "../../src/schema/UniqueIdsProtocol.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"

const Put = Rpc.make("put", {
  request: { key: Schema.String, value: Schema.NumberFromString, note: Schema.optionalKey(Schema.String) },
  reply: { version: Schema.Int }
})
const Ping = Rpc.make("ping")
const protocol = [Put, Ping] as const

const ok = { put: () => Effect.succeed({ version: 1 }), ping: () => Effect.succeed({}) }

/** Never run: `npx tsc` proves it, by finding an error under each `@ts-expect-error`, and nowhere else. */
export const doNotCompile = [
  Node.serve(protocol, ok),
  Node.serve(protocol, { ...ok, put: ({ value }, from) => Effect.succeed({ version: value + from.length }) }),
  Node.serve(protocol, { ...ok, put: () => Effect.fail(new ProtocolError.Abort({ text: "" })) }),
  Node.serve(protocol, { ...ok, ping: () => Effect.as(Node, {}) }),

  // @ts-expect-error a missing field of a reply
  Node.serve(protocol, { ...ok, put: () => Effect.succeed({}) }),
  // @ts-expect-error a field of another type
  Node.serve(protocol, { ...ok, put: () => Effect.succeed({ version: "1" }) }),
  // @ts-expect-error a field of another name
  Node.serve(protocol, { ...ok, put: () => Effect.succeed({ versoin: 1 }) }),
  // @ts-expect-error no reply at all
  Node.serve(protocol, { ...ok, put: () => Effect.void }),
  // @ts-expect-error a missing handler
  Node.serve(protocol, { put: ok.put }),
  // @ts-expect-error a handler of another name
  Node.serve(protocol, { put: ok.put, pong: ok.ping }),
  // @ts-expect-error what is no effect
  Node.serve(protocol, { ...ok, put: () => ({ version: 1 }) }),
  // @effect-diagnostics-next-line *:off
  // @ts-expect-error an error that is none of the protocol's
  Node.serve(protocol, { ...ok, put: () => Effect.fail("no") }),
  // @ts-expect-error a field that the request does not have
  Node.serve(protocol, { ...ok, put: ({ vaule }) => Effect.succeed({ version: vaule }) }),
  // @ts-expect-error a field of the request, taken for another type: it is decoded
  Node.serve(protocol, { ...ok, put: ({ value }) => Effect.succeed({ version: value.length }) }),

  Effect.flatMap(Peers, ({ ask, ids: [id] }) =>
    [
      ask(id!, Put, { key: "k", value: 1 }),
      ask(id!, Ping, {}),
      // @ts-expect-error a missing field of a request
      ask(id!, Put, { key: "k" }),
      // @ts-expect-error a field of another type
      ask(id!, Put, { key: "k", value: "1" }),
      // @ts-expect-error a field of another name
      ask(id!, Put, { key: "k", value: 1, nota: "" }),
      // @ts-expect-error an address that nobody has checked
      ask("n1", Ping, {}),
      // @ts-expect-error a field that the reply does not have
      Effect.map(ask(id!, Put, { key: "k", value: 1 }), ({ verzion }) => verzion)
    ][0]!),

  // @effect-diagnostics-next-line *:off
  // @ts-expect-error what a handler asks of the world, its program asks of it
  Node.serve(protocol, { ...ok, ping: () => Effect.as(Peers, {}) }) satisfies Effect.Effect<void, never, Node>
]

const definite = {
  0: false,
  1: true,
  10: true,
  11: true,
  12: true,
  13: false,
  14: true,
  20: true,
  21: true,
  22: true,
  30: true
}

const address = (text: string) => Result.isSuccess(Schema.decodeUnknownResult(Address)(text))

/** A request and its reply survive the way from here to there, as text. */
const survives = <Q, P>(rpc: Rpc.Rpc<string, Q, P>, request: Q, reply: P): void => {
  const sent = JSON.parse(JSON.stringify({ type: rpc.type, ...rpc.encodeRequest(request) }))
  assert.deepStrictEqual(rpc.decodeRequest(sent), Result.succeed(request))
  const answered = JSON.parse(JSON.stringify({ type: rpc.replyType, ...rpc.encodeReply(reply) }))
  assert.deepStrictEqual(rpc.decodeReply(answered), Result.succeed(reply))
  assert.sameMembers(Object.keys(answered), ["type", ...rpc.replyFields])
}

describe("Rpc", () => {
  it("the reply's type is that of the request, with _ok", () => {
    assert.deepStrictEqual([Put.type, Put.replyType], ["put", "put_ok"])
    const all: ReadonlyArray<Rpc.Any> = [...KvProtocol, Init, Ts, Echo, Generate, Topology, Ping]
    for (const { replyType, type } of all) assert.strictEqual(replyType, `${type}_ok`)
  })

  it("a request and its reply survive being encoded and decoded; headers and unknown fields are not theirs", () => {
    const requests = [{ key: "k", value: 0 }, { key: "", value: -1.5, note: "é" }]
    for (const request of requests) {
      const encoded = Put.encodeRequest(request)
      assert.deepStrictEqual<unknown>(encoded, { ...request, value: String(request.value) })
      const body = { type: "put", msg_id: 1, ...encoded, extra: 1 }
      assert.deepStrictEqual(Put.decodeRequest(body), Result.succeed(request))
    }
    assert.deepStrictEqual<unknown>(Put.encodeReply({ version: 3 }), { version: 3 })
    assert.deepStrictEqual(
      Put.decodeReply({ type: "put_ok", in_reply_to: 1, version: 3, extra: 1 }),
      Result.succeed({ version: 3 })
    )
    assert.deepStrictEqual([...Put.replyFields], ["version"])
  })

  it("those of the protocols too, whatever JSON they carry", () => {
    const values = [null, true, 0, -1.5, "", "é\u2028", [], {}, [[{ a: [1, null] }]], JSON.parse('{"__proto__":[1]}')]
    for (const value of values) {
      survives(Echo, { echo: value }, { echo: value })
      survives(Read, { key: value }, { value })
      survives(Write, { key: value, value }, {})
      survives(Cas, { key: value, from: value, to: value }, {})
      survives(Cas, { key: value, from: value, to: value, create_if_not_exists: true }, {})
    }
    const [n1, n2] = [NodeId.make("n1"), NodeId.make("n2")]
    survives(Init, { node_id: n1, node_ids: [n1, n2] }, {})
    survives(Topology, { topology: { [n1]: [n2], [n2]: [] } }, {})
    survives(Ts, {}, { ts: 7 })
    survives(Generate, {}, { id: "x" })
  })

  it("fields of another type, or missing ones, do not decode; values that are not allowed do not encode", () => {
    const bodies = [{}, { key: "k" }, { value: "1" }, { key: 1, value: "1" }, { key: "k", value: 1 }, {
      key: "k",
      value: "1",
      note: null
    }]
    for (const body of bodies) assert.isTrue(Result.isFailure(Put.decodeRequest(body)), JSON.stringify(body))
    for (const body of [null, undefined, 1, "put", []]) assert.isTrue(Result.isFailure(Put.decodeRequest(body)))
    for (const body of [{}, { version: "1" }, { version: 0.5 }, { version: 2 ** 53 }]) {
      assert.isTrue(Result.isFailure(Put.decodeReply(body)), JSON.stringify(body))
    }
    assert.throws(() => Put.encodeReply({ version: 0.5 }))
    assert.throws(() => Echo.encodeReply({ echo: 2 ** 53 }))
    assert.throws(() => Generate.encodeReply({ id: "" }))
  })

  it("what a reply does not declare is not encoded", () => {
    const generous = { version: 1, extra: 2, type: "other", msg_id: 3 }
    assert.deepStrictEqual<unknown>(Put.encodeReply(generous), { version: 1 })
    assert.deepStrictEqual<unknown>(Ping.encodeReply(generous), {})
    assert.deepStrictEqual([...Ping.replyFields], [])
  })
})

describe("ProtocolError", () => {
  it("has Maelstrom's codes, each with its definiteness", () => {
    for (const [code, expected] of Object.entries(definite)) {
      const error = ProtocolError.fromBody({ type: "error", in_reply_to: 1, code: Number(code), text: "why" })
      assert.strictEqual(error.code, Number(code))
      assert.strictEqual(error.definite, expected, error._tag)
      assert.strictEqual(error.text, "why")
      assert.notStrictEqual(error._tag, "OtherError")
    }
  })

  it("any other code is nobody's, and indefinite", () => {
    for (const code of [-1, 2, 9, 15, 19, 23, 29, 31, 999, 1000, 1001, 2 ** 53 - 1]) {
      assert.deepInclude<object>(ProtocolError.fromBody({ code, text: "" }), {
        _tag: "OtherError",
        code,
        definite: false
      })
    }
  })

  it("is the same after its way through a body, whose text may be missing", () => {
    for (const code of [...Object.keys(definite).map(Number), 1000]) {
      const body = { code, text: "why" }
      assert.deepStrictEqual(ProtocolError.toBody(ProtocolError.fromBody(body)), body)
      assert.deepStrictEqual(ProtocolError.toBody(ProtocolError.fromBody({ code })), { code, text: "" })
    }
  })

  it("has whatever stands where its text should be as text", () => {
    const texts = [[1, "1"], [null, "null"], [{ why: "?" }, '{"why":"?"}']] as const
    for (const [text, shown] of texts) {
      assert.deepInclude<object>(ProtocolError.fromBody({ code: 22, text }), {
        _tag: "PreconditionFailed",
        text: shown
      })
    }
  })

  it("without a code is a crash of whoever sent it: nothing is known", () => {
    const bodies = [
      {},
      { code: "0" },
      { code: 1.5 },
      { code: null, text: "" },
      null,
      undefined,
      11
    ]
    for (const body of bodies) {
      assert.deepInclude<object>(ProtocolError.fromBody(body), { _tag: "Crash", definite: false }, JSON.stringify(body))
    }
  })
})

describe("Address", () => {
  it("is any text but none; a client's starts with c", () => {
    for (const text of ["n1", "c1", "lin-kv", "é"]) assert.isTrue(address(text))
    assert.isFalse(address(""))
    for (const id of ["n1", "lin-kv", "seq-kv", "lww-kv", "lin-tso", "nc"]) assert.isFalse(isClient(Address.make(id)))
    for (const id of ["c0", "c12345"]) assert.isTrue(isClient(ClientId.make(id)))
    assert.throws(() => ClientId.make("n1"))
  })
})

describe("Envelope", () => {
  const good = { src: "c1", dest: "n1", body: { type: "echo", msg_id: 1 } }

  it("decodes an object with two addresses and a body that is an object, whatever else is in it", () => {
    for (const message of [good, { id: 5, ...good }, { ...good, body: {} }]) {
      const decoded = Envelope.decode(` ${JSON.stringify(message)} `)
      const { body, dest, src } = Result.getOrThrow(decoded)
      assert.deepStrictEqual<unknown>({ src, dest, body }, { src: "c1", dest: "n1", body: message.body })
    }
  })

  it("nothing else, and says in one short line what is wrong", () => {
    const lines = [
      "",
      "{",
      "undefined",
      "NaN",
      `${JSON.stringify(good)}}`,
      ...[
        null,
        1,
        "x",
        [],
        [good],
        {},
        { ...good, src: 1 },
        { ...good, src: "" },
        { ...good, dest: null },
        { ...good, body: null },
        { ...good, body: [] },
        { ...good, body: "x".repeat(1_000_000) },
        { src: "c1", body: {} },
        { dest: "c1", body: {} },
        { src: "c1", dest: "n1" },
        { ...good, src: { ...good, a: "y".repeat(1_000_000) } }
      ].map((message) => JSON.stringify(message))
    ]
    for (const line of lines) {
      const decoded = Envelope.decode(line)
      const of = line.slice(0, 100)
      if (Result.isSuccess(decoded)) assert.fail(`${of} is decoded`)
      assert.isAbove(decoded.failure.length, 0, of)
      assert.isAtMost(decoded.failure.length, 300, of)
      assert.notInclude(decoded.failure, "\n", of)
    }
  })

  it("is one line of JSON, with nothing but itself", () => {
    const envelope = Result.getOrThrow(Envelope.decode(JSON.stringify(good)))
    assert.deepStrictEqual(JSON.parse(Envelope.encode(envelope)), good)
    const text = 'a\nb\r\u2028\0"\\'
    const line = Envelope.encode({ ...envelope, body: { text } })
    assert.isFalse(/[\r\n]/.test(line))
    assert.strictEqual(JSON.parse(line).body.text, text)
  })
})
