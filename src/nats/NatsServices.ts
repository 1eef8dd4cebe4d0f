/**
 * The bench services for nodes on NATS: each node asks the bucket of its cluster itself.
 *
 * - `lin-kv`, `seq-kv` and `lww-kv` are one kind of store, see NatsKvStore: what is linearizable is sequentially
 *   consistent too, and loses no write. `lin-tso` hands out places in the stream.
 * - The answers come to the node as messages, as they do from the bench. So programs and their services stay what they
 *   are, and see the same errors. A message that the bench would not understand gets no answer here either.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Body, Envelope } from "../schema/Envelope.ts"
import * as Json from "../schema/Json.ts"
import { Cas, Read, Write } from "../schema/KvProtocol.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type * as Rpc from "../schema/Rpc.ts"
import { Ts } from "../schema/TsoProtocol.ts"
import * as NatsBucket from "./NatsBucket.ts"
import { NatsBus } from "./NatsBus.ts"
import * as NatsDurability from "./NatsDurability.ts"
import * as NatsKvStore from "./NatsKvStore.ts"
import * as SubjectLength from "./SubjectLength.ts"

export class NatsServices extends Context.Service<NatsServices, {
  /** Answers a message if it is for a bench service, and says whether it is. The reply goes to `onReply`. */
  readonly answer: (message: Envelope, onReply: (reply: Envelope) => void) => boolean
}>()("gossip-girl/NatsServices") {
  static readonly layer = Layer.effect(NatsServices, Effect.suspend(() => make))
}

const stores: ReadonlySet<string> = new Set(["lin-kv", "seq-kv", "lww-kv"])
const oracle = "lin-tso"

/** Whether Clojure takes a value for true, as it does 0 and "". */
const isTruthy = (value: Json.Json | undefined): boolean => value !== undefined && value !== null && value !== false

type Answer = Effect.Effect<Body, ProtocolError.ProtocolError>

/** Decodes a request, asks, and encodes the reply. */
const reply = <Type extends string, Q, P>(
  rpc: Rpc.Rpc<Type, Q, P>,
  body: Body,
  ask: (request: Q) => Effect.Effect<P, ProtocolError.ProtocolError>
): Answer =>
  Result.match(rpc.decodeRequest(body), {
    onFailure: () => Effect.fail(new ProtocolError.MalformedRequest({ text: `malformed ${rpc.type}` })),
    onSuccess: (request) => Effect.map(ask(request), (fields) => ({ type: rpc.replyType, ...rpc.encodeReply(fields) }))
  })

/** A key is a part of a subject. */
const maxKeyLength = SubjectLength.longest - 512

const answerOf = (store: NatsKvStore.NatsKvStore, service: string, body: Body): Answer | undefined => {
  const at = <A>(key: Json.Json, ask: (name: string) => Effect.Effect<A, ProtocolError.ProtocolError>) => {
    const name = `${service} ${Json.canonical(key)}`
    const { length } = NatsKvStore.keyName(name)
    if (length <= maxKeyLength) return ask(name)
    const text = `a key of ${length} characters, as NATS writes it, is more than it takes (${maxKeyLength})`
    return Effect.fail(new ProtocolError.MalformedRequest({ text }))
  }
  if (service === oracle) {
    return body["type"] === Ts.type
      ? reply(Ts, body, () => Effect.map(store.timestamp(oracle), (ts) => ({ ts })))
      : undefined
  }
  switch (body["type"]) {
    case Read.type:
      return reply(Read, body, ({ key }) => Effect.map(at(key, store.read), (value) => ({ value })))
    case Write.type:
      return reply(Write, body, ({ key, value }) => Effect.as(at(key, (name) => store.write(name, value)), {}))
    case Cas.type:
      return reply(
        Cas,
        body,
        ({ create_if_not_exists, from, key, to }) =>
          Effect.as(at(key, (name) => store.cas(name, from, to, isTruthy(create_if_not_exists))), {})
      )
    default:
      return undefined
  }
}

const make = Effect.gen(function*() {
  const bus = yield* NatsBus
  const context = yield* Effect.context<NatsBus | Scope.Scope>()
  // The bucket is opened when a program first asks a service, so that programs that ask none need no JetStream. After a failure it is opened again.
  const open = NatsBucket.open.pipe(
    Effect.flatMap((bucket) => NatsKvStore.make(bucket, bus)),
    Effect.tap(() =>
      Effect.flatMap(
        NatsDurability.warning,
        (warning = "") => warning === "" ? Effect.void : Effect.logWarning(warning)
      )
    ),
    Effect.tapError(({ message }) => Effect.logWarning(`NATS: ${message}`)),
    Effect.mapError(({ message }) => new ProtocolError.TemporarilyUnavailable({ text: message }))
  )
  const [store, forget] = yield* Effect.cachedInvalidateWithTTL(open, "1 hour")
  const opened = Effect.tapError(store, () => forget)
  const fork = Effect.runForkWith(context)

  return NatsServices.of({
    answer: ({ body, dest, src }, onReply) => {
      if (!stores.has(dest) && dest !== oracle) return false
      const send = (body: Body, in_reply_to: unknown): void =>
        onReply({ src: dest, dest: src, body: { ...body, in_reply_to } })
      fork(
        opened.pipe(
          Effect.flatMap((store) => answerOf(store, dest, body) ?? Effect.never),
          Effect.catch((error) => Effect.succeed({ type: "error", ...ProtocolError.toBody(error) })),
          Effect.map((answer) => send(answer, body["msg_id"]))
        )
      )
      return true
    }
  })
})
