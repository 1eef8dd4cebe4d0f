import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Address, ClientId, NodeId } from "../../../src/schema/Address.ts"
import * as Envelope from "../../../src/schema/Envelope.ts"
import type { Json } from "../../../src/schema/Json.ts"
import type { ProtocolError } from "../../../src/schema/ProtocolError.ts"
import * as Rpc from "../../../src/schema/Rpc.ts"
import { Node } from "../../../src/services/node/Node.ts"
import { Peers } from "../../../src/services/node/Peers.ts"
import * as Network from "../../../src/simulator/network/Network.ts"
import * as SimulatedNode from "../../../src/simulator/nodes/SimulatedNode.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

const seeds = Array.from({ length: 100 }, (_, seed) => seed)

const n1 = NodeId.make("n1")
const n2 = NodeId.make("n2")
const Double = Rpc.make("double", { request: { n: Schema.Int }, reply: { n: Schema.Int } })
const Triple = Rpc.make("triple", { request: { n: Schema.Int }, reply: { n: Schema.Int } })

type Fields = { readonly [field: string]: Json }

/** Node n1 among peers that are played by `answer`: what they say to a request, and how much later, in ms. */
const world = (options: {
  readonly answer?: (request: Envelope.Body) => ReadonlyArray<readonly [later: number, reply: Fields]>
  readonly ids?: ReadonlyArray<string>
}) => {
  const { answer = () => [], ids = ["n1", "n2", "n3"] } = options
  const time = VirtualTime.make()
  const random = SeededRandom.make(0)
  let lives = 0
  const network = Network.make({ timeline: time, random, latency: () => 1, loss: 0, duplicates: 0 })
  const client = ClientId.make("c0")
  const heard: Array<Envelope.Envelope> = []
  const replies: Array<Envelope.Body> = []
  network.join(client, (line) => replies.push(Result.getOrThrow(Envelope.decode(line)).body))
  for (const id of ids.filter((id) => id !== "n1")) {
    network.join(Address.make(id), (line) => {
      const { body, dest, src } = Result.getOrThrow(Envelope.decode(line))
      heard.push({ src, dest, body })
      for (const [later, reply] of answer(body)) {
        const message = { src: dest, dest: src, body: { in_reply_to: body["msg_id"], ...reply } }
        time.after(later, () => network.send(dest, src, Envelope.encode(message)))
      }
    })
  }

  return {
    heard,
    /** What the client was answered. */
    replies,
    /** Has `src` ask n1 this much later, in ms. */
    askLater: (later: number, src: string, body: Fields): void =>
      void time.after(later, () => {
        const message = { src: Address.make(src), dest: n1, body }
        network.send(message.src, message.dest, Envelope.encode(message))
      }),
    time,
    /** What `task` comes to, and when, in ms since it began. */
    run: <A, E>(task: (peers: Peers["Service"]) => Effect.Effect<A, E>) => {
      let outcome: Result.Result<A, E> | undefined
      const program = Effect.gen(function*() {
        const peers = yield* Peers
        yield* Effect.forkChild(Effect.map(Effect.result(task(peers)), (result) => {
          outcome = result
        }))
        yield* Node.serve([Double], { double: ({ n }) => Effect.succeed({ n: 2 * n }) })
      })
      const node = SimulatedNode.make({
        id: n1,
        time,
        network,
        random: random.fork(`life ${lives++}`),
        program,
        config: {}
      })
      node.start()
      const init = { type: "init", node_id: n1, node_ids: ids }
      network.send(client, n1, Envelope.encode({ src: client, dest: n1, body: init }))
      const begun = time.now()
      assert.strictEqual(time.run(() => outcome !== undefined), "done")
      assert.deepStrictEqual(node.findings, [])
      node.kill()
      return { outcome: outcome!, duration: time.now() - begun, node }
    }
  }
}

/** The error that asking ends with. */
const failure = ({ outcome }: { readonly outcome: Result.Result<unknown, ProtocolError> }): ProtocolError =>
  Result.isFailure(outcome) ? outcome.failure : assert.fail(`succeeds with ${JSON.stringify(outcome.success)}`)

describe("Peers", () => {
  it("are all nodes but this one, in the order in which all nodes are told them", () => {
    for (const ids of [["n1"], ["n1", "n2"], ["n3", "n1", "n2"], ["n10", "n11", "n1", "n0"]]) {
      const { outcome } = world({ ids }).run((peers) => Effect.succeed(peers.ids))
      assert.deepStrictEqual<unknown>(outcome, Result.succeed(ids.filter((id) => id !== "n1")))
    }
  })

  it("and this node, which is one of the members", () => {
    const ids = ["n3", "n1", "n2"]
    const { outcome } = world({ ids }).run(({ members, self }) => Effect.succeed({ members, self }))
    assert.deepStrictEqual<unknown>(outcome, Result.succeed({ members: ids, self: "n1" }))
  })

  it("handle: what peers ask; strangers are refused, and no handler sees them", () => {
    const { askLater, heard, replies, run } = world({})
    askLater(10, "n2", { type: "triple", msg_id: 1, n: 5 })
    askLater(11, "c0", { type: "triple", msg_id: 2, n: 6 })
    askLater(12, "c0", { type: "triple", msg_id: 3, n: "six" })
    askLater(13, "n3", { type: "triple", msg_id: 4, n: "seven" })
    const asked: Array<unknown> = []
    const handle = (peers: Peers["Service"]) =>
      peers.handle([Triple], {
        triple: ({ n }, from) =>
          Effect.sync(() => {
            asked.push([n, from])
            return { n: 3 * n }
          })
      })
    run((peers) => Effect.andThen(handle(peers), Effect.sleep(100)))
    assert.deepStrictEqual<unknown>(asked, [[5, "n2"]])
    const bodies = heard.map(({ body }) => body)
    assert.deepInclude(bodies, { type: "triple_ok", in_reply_to: 1, n: 15 })
    assert.isTrue(bodies.some(({ code, in_reply_to }) => code === 12 && in_reply_to === 4))
    const refused = replies.filter(({ type }) => type === "error")
    assert.deepStrictEqual(refused.map(({ code, in_reply_to }) => [code, in_reply_to]), [[12, 2], [12, 3]])
    assert.match(String(refused[0]!["text"]), /c0/)
  })

  it("send: the request, with no id to answer to; it does not wait", () => {
    const { heard, run, time } = world({})
    const { duration } = run((peers) => peers.send(n2, Double, { n: 1 }))
    time.run(() => heard.length > 0)
    assert.strictEqual(duration, 0)
    assert.deepStrictEqual<unknown>(heard, [{ src: "n1", dest: "n2", body: { type: "double", n: 1 } }])
  })

  it("ask: the reply, as soon as it is there", () => {
    const { heard, run } = world({ answer: ({ n }) => [[100, { type: "double_ok", n: 2 * Number(n), extra: 1 }]] })
    const { duration, outcome } = run((peers) => peers.ask(n2, Double, { n: 21 }))
    assert.deepStrictEqual(outcome, Result.succeed({ n: 42 }))
    assert.strictEqual(duration, 102)
    assert.deepInclude(heard[0]?.body, { type: "double", n: 21 })
    assert.isTrue(Number.isInteger(heard[0]?.body["msg_id"]))
  })

  it("ask: the reply of the one that was asked, in whatever order replies come, and if they come twice", () => {
    for (const seed of seeds) {
      const random = SeededRandom.make(seed)
      const { run } = world({
        answer: ({ n }) => {
          const reply = { type: "double_ok", n: 2 * Number(n) }
          return Array.from({ length: 1 + random.below(3) }, () => [random.below(900), reply])
        }
      })
      const { outcome } = run((peers) =>
        Effect.forEach(
          Array.from({ length: 50 }, (_, n) => n),
          (n) => Effect.map(peers.ask(random.pick(peers.ids), Double, { n }), (reply) => reply.n - 2 * n),
          { concurrency: "unbounded" }
        )
      )
      assert.deepStrictEqual(outcome, Result.succeed(Array.from({ length: 50 }, () => 0)), `seed ${seed}`)
    }
  })

  it("ask: Timeout after a second, or when the call says so, if no reply comes before", () => {
    for (const timeout of [undefined, 10, 300, 10_000]) {
      const expected = timeout ?? 1000
      const options = timeout === undefined ? undefined : { timeout: Duration.millis(timeout) }
      for (const arrival of [undefined, expected - 1, expected + 1]) {
        const { run } = world({
          answer: () => arrival === undefined ? [] : [[arrival - 2, { type: "double_ok", n: 2 }]]
        })
        const answered = run((peers) => peers.ask(n2, Double, { n: 1 }, options))
        if (arrival === expected - 1) {
          assert.deepStrictEqual(answered.outcome, Result.succeed({ n: 2 }), `timeout ${timeout}`)
        } else {
          assert.strictEqual(failure(answered)._tag, "Timeout", `timeout ${timeout}, reply after ${arrival} ms`)
          assert.strictEqual(answered.duration, expected)
        }
      }
    }
  })

  it("ask: an error that is replied, by its name and text, whatever its code", () => {
    const names = [
      [0, "Timeout"],
      [1, "NodeNotFound"],
      [10, "NotSupported"],
      [11, "TemporarilyUnavailable"],
      [12, "MalformedRequest"],
      [13, "Crash"],
      [14, "Abort"],
      [20, "KeyDoesNotExist"],
      [21, "KeyAlreadyExists"],
      [22, "PreconditionFailed"],
      [30, "TxnConflict"],
      [2, "OtherError"],
      [-1, "OtherError"],
      [1000, "OtherError"],
      [123_456_789, "OtherError"]
    ] as const
    for (const [code, name] of names) {
      for (const text of [undefined, "", "too bad"]) {
        const body = { type: "error", code, ...(text === undefined ? {} : { text }) }
        const error = failure(
          world({ answer: () => [[1, body]] }).run((peers) => peers.ask(n2, Double, { n: 1 }))
        )
        assert.deepInclude<object>(error, { _tag: name, code, text: text ?? "" })
      }
    }
  })

  it("ask: Crash, for a reply that is none to this request, or is malformed", () => {
    const replies: ReadonlyArray<Fields> = [
      { type: "double", n: 2 },
      { type: "read_ok", n: 2 },
      { type: "init_ok" },
      { type: "", n: 2 },
      { type: "double_ok" },
      { type: "double_ok", n: "2" },
      { type: "double_ok", n: 2.5 },
      { type: "double_ok", n: null },
      { type: "double_ok", n: 2 ** 60 },
      { type: "error" },
      { type: "error", code: "11" },
      { type: "error", code: 1.5, text: "x" },
      { type: "error", code: null }
    ]
    for (const reply of replies) {
      const answered = world({ answer: () => [[1, reply]] }).run((peers) => peers.ask(n2, Double, { n: 1 }))
      assert.deepInclude<object>(failure(answered), { _tag: "Crash", definite: false }, JSON.stringify(reply))
      assert.strictEqual(answered.duration, 3, "at once")
    }
  })

  it("ask: a reply to a former life of this node is nobody's", () => {
    // The first life asks, and is killed after 50 ms; the reply finds the second life waiting for another.
    let requests = 0
    const { heard, run } = world({
      answer: ({ n }) => [[++requests === 1 ? 100 : 500, { type: "double_ok", n: 2 * Number(n) }]]
    })
    const former = run((peers) => Effect.timeoutOption(peers.ask(n2, Double, { n: 1 }), 50))
    assert.deepStrictEqual(former.outcome, Result.succeed(Option.none()))
    const { duration, outcome } = run((peers) => peers.ask(n2, Double, { n: 21 }))
    assert.lengthOf(heard, 2)
    assert.deepStrictEqual(outcome, Result.succeed({ n: 42 }))
    assert.strictEqual(duration, 502)
  })
})
