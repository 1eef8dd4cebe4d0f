/**
 * A client of a cluster on NATS: it asks nodes, as Maelstrom's clients do, from any machine.
 *
 * It has an address of its own, to which nodes send their replies. If a reply does not come in time, the request fails
 * with `Timeout`, and its outcome is unknown. If the server says that nobody listens at the node's address, it fails
 * with `NodeNotFound`. Several requests may be under way at once.
 */
import { createInbox, type Msg } from "@nats-io/transport-node"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import { type Address, ClientId } from "../schema/Address.ts"
import * as Envelope from "../schema/Envelope.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import type * as Rpc from "../schema/Rpc.ts"
import { NatsBus } from "./NatsBus.ts"
import * as NatsLines from "./NatsLines.ts"

/** As long as Maelstrom's clients wait. */
export const defaultTimeout = Duration.seconds(5)

export class NatsClient extends Context.Service<NatsClient, {
  readonly id: ClientId
  /** Sends a body, to which it adds a `msg_id`, and answers with the body of the reply. */
  readonly request: (
    to: Address,
    body: Envelope.Body,
    timeout?: Duration.Duration
  ) => Effect.Effect<Envelope.Body, ProtocolError.ProtocolError>
  readonly ask: <Type extends string, Q, P>(
    to: Address,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q,
    timeout?: Duration.Duration
  ) => Effect.Effect<P, ProtocolError.ProtocolError>
}>()("gossip-girl/NatsClient") {
  static readonly layer = Layer.effect(NatsClient, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const { connection } = yield* NatsBus
  const lines = yield* NatsLines.make
  const id = ClientId.make(`c-${(yield* Random.nextIntBetween(0, 36 ** 8)).toString(36)}`)
  const absences = createInbox()
  const waiting = new Map<number, (answer: Effect.Effect<Envelope.Body, ProtocolError.ProtocolError>) => void>()
  let lastId = 0

  const onLine = (line: string): void => {
    const message = Envelope.decode(line)
    if (Result.isFailure(message)) return
    const { body } = message.success
    waiting.get(Number(body["in_reply_to"]))?.(
      body["type"] === "error" ? Effect.fail(ProtocolError.fromBody(body)) : Effect.succeed(body)
    )
  }
  /**
   * The server says that nobody listens by a message without text, whose subject ends with the number of the request.
   */
  const onAbsence = (_: unknown, { data, subject }: Msg): void => {
    if (data.length > 0) return
    const text = "nobody listens at this address of the cluster"
    waiting.get(Number(subject.slice(absences.length + 1)))?.(Effect.fail(new ProtocolError.NodeNotFound({ text })))
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const stop = lines.take(id, onLine)
      const subscription = connection.subscribe(`${absences}.*`, { callback: onAbsence })
      return () => {
        stop()
        subscription.unsubscribe()
      }
    }),
    (stop) => Effect.sync(stop)
  )

  const request = (to: Address, body: Envelope.Body, timeout: Duration.Duration = defaultTimeout) =>
    Effect.callback<Envelope.Body, ProtocolError.ProtocolError>((resume) => {
      const msg_id = ++lastId
      waiting.set(msg_id, (answer) => {
        waiting.delete(msg_id)
        resume(answer)
      })
      lines.send(to, Envelope.encode({ src: id, dest: to, body: { ...body, msg_id } }), `${absences}.${msg_id}`)
      return Effect.sync(() => waiting.delete(msg_id))
    }).pipe(
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.fail(new ProtocolError.Timeout({ text: `${to} did not answer in time` }))
      })
    )

  return NatsClient.of({
    id,
    request,
    ask: (to, rpc, fields, timeout) =>
      Effect.flatMap(
        Effect.suspend(() => request(to, { type: rpc.type, ...rpc.encodeRequest(fields) }, timeout)),
        (body) => {
          const decoded = rpc.decodeReply(body)
          if (body["type"] === rpc.replyType && Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
          return Effect.fail(new ProtocolError.Crash({ text: `${to} answered ${rpc.type} with a malformed reply` }))
        }
      )
  })
})
