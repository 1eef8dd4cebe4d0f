/**
 * A node: it learns who it is, answers requests, and asks others.
 *
 * - **Init.** The service exists as soon as `init` has arrived, so a program always knows who it is. Requests are held
 *   until the program serves; see Inbox. A second `init` is answered and changes nothing.
 * - **Answers.** A request of unknown type is error 10, a body that does not decode is 12, a defect in a handler is 13.
 *   A message without `msg_id` gets no answer, and a reply never gets an error: nobody could match it. An answer that
 *   its client no longer waits for is dropped; see Answers.
 * - **End of input.** What is in flight is finished, within the time that a client would wait for it; then `serve`
 *   returns. A node that is not ready by then answers all the same, as well as it can.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Address, NodeId } from "../../schema/Address.ts"
import type { Body, Envelope } from "../../schema/Envelope.ts"
import { Init } from "../../schema/InitProtocol.ts"
import { MessageId } from "../../schema/MessageId.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import * as Answers from "./Answers.ts"
import * as Calls from "./Calls.ts"
import * as Inbox from "./Inbox.ts"
import { MessageIO } from "./MessageIO.ts"
import * as OutputCommit from "./OutputCommit.ts"
import * as Routes from "./Routes.ts"

/** What a node has counted since it started. */
export interface Statistics {
  /** Requests that were not answered, because their client no longer waited. */
  readonly tooLate: number
  /** Replies that came when nothing, or nothing any more, waited for them. */
  readonly unmatched: number
  /** Replies that are awaited now. */
  readonly awaited: number
}

/** Input ended before `init` came: there is nothing to do, and nothing wrong. */
export class NeverInitialised extends Data.TaggedError("NeverInitialised") {}

/**
 * How long a node that is not ready when its input ends may still become ready, before it answers as well as it can.
 */
const lastCall = Duration.millis(100)

/** How long to wait for the reply of a node or a service, unless the call says otherwise. */
export const defaultTimeout = Duration.seconds(1)

export class Node extends Context.Service<Node, {
  readonly id: NodeId
  /** Every node of the cluster, this one included, in the order that all of them were told. */
  readonly ids: ReadonlyArray<NodeId>
  /** Who has told this node who it is. */
  readonly initialisedBy: Address
  /** Adds handlers. A request for which there is none yet is held until the program serves. */
  readonly handle: <P extends Rpc.Protocol, H extends Rpc.Handlers<P>>(
    protocol: P,
    handlers: H
  ) => Effect.Effect<void, never, Rpc.Services<H>>
  /**
   * Adds handlers, says that this node is ready, and answers until the end of input. With `after`, the node is ready
   * only when that has succeeded; until then it talks with its peers, and holds what clients ask.
   */
  readonly serve: <P extends Rpc.Protocol, H extends Rpc.Handlers<P>>(
    protocol: P,
    handlers: H,
    after?: Effect.Effect<unknown>
  ) => Effect.Effect<void, never, Rpc.Services<H>>
  /** Sends a request that wants no reply. It may be lost. */
  readonly send: <Type extends string, Q, P>(
    to: Address,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q
  ) => Effect.Effect<void>
  /**
   * Sends a request and awaits the answer, for {@link defaultTimeout} unless told otherwise. Fails with the error that
   * was answered, with `Timeout`, or, for a reply that does not decode, with `Crash`.
   */
  readonly ask: <Type extends string, Q, P>(
    to: Address,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q,
    options?: { readonly timeout?: Duration.Duration }
  ) => Effect.Effect<P, ProtocolError.ProtocolError>
  /** From now on every message that the node sends, to whomever, waits for this: see OutputCommit. */
  readonly speakAfter: (pending: OutputCommit.Pending) => Effect.Effect<void>
  readonly statistics: Effect.Effect<Statistics>
}>()("gossip-girl/Node") {
  static serve<P extends Rpc.Protocol, H extends Rpc.Handlers<P>>(
    protocol: P,
    handlers: H,
    after?: Effect.Effect<unknown>
  ) {
    return Effect.flatMap(Node, (node) => node.serve(protocol, handlers, after))
  }

  static readonly layer = Layer.effect(Node, Effect.suspend(() => make))
}

const Header = Schema.Struct({
  type: Schema.String,
  msg_id: Schema.optionalKey(MessageId),
  in_reply_to: Schema.optionalKey(MessageId)
})
const isHeader = Schema.is(Header)
const decodeHeader = Schema.decodeUnknownResult(Header)
const decodeAnswerable = Schema.decodeUnknownResult(Schema.Struct({ msg_id: MessageId }))

/** The `msg_id` of a body that does not decode as a header, if it has one: an error can answer that. */
const answerableId = (body: Body): MessageId | undefined => {
  const answerable = "in_reply_to" in body ? undefined : decodeAnswerable(body)
  return answerable && Result.isSuccess(answerable) ? answerable.success.msg_id : undefined
}

const make = Effect.gen(function*() {
  const io = yield* MessageIO
  const calls = yield* Calls.make<Body, ProtocolError.ProtocolError>()
  const answers = yield* Answers.make
  const clientTimeout = yield* Answers.clientTimeout
  const commit = OutputCommit.make()
  const routes = yield* Routes.make(answers, commit)
  let unmatched = 0

  const dispatch = (message: Envelope, received?: number): void => {
    const { body } = message
    if (!isHeader(body)) return answers.refuse(message, answerableId(body), Answers.malformed(decodeHeader(body)))
    const { in_reply_to, msg_id, type } = body
    if (in_reply_to !== undefined) {
      const reply = type === "error" ? Effect.fail(ProtocolError.fromBody(message.body)) : Effect.succeed(message.body)
      if (!calls.complete(in_reply_to, reply)) unmatched++
      return
    }
    const route = routes.to(type)
    if (route !== undefined) return route(message, msg_id, received)
    answers.refuse(message, msg_id, new ProtocolError.NotSupported({ text: `unknown request: ${type.slice(0, 100)}` }))
  }

  const inbox = yield* Inbox.make(routes, answers, dispatch)
  yield* routes.add([Init], { init: () => Effect.succeed({}) })
  const receiving = yield* Effect.forkScoped(Effect.ensuring(io.receive(inbox.accept, commit.crowded), inbox.end))
  const init = yield* inbox.init
  if (init === undefined) return yield* new NeverInitialised()
  const { from: initialisedBy, node_id: id, node_ids: ids } = init

  /** At the end of input a node that is not ready answers all the same. */
  const untilReady = (ready: Effect.Effect<unknown>): Effect.Effect<unknown> =>
    Effect.raceFirst(ready, Effect.andThen(Fiber.join(receiving), Effect.sleep(lastCall)))

  return Node.of({
    id,
    ids,
    initialisedBy,
    handle: routes.add,
    serve: (protocol, handlers, after) =>
      routes.add(protocol, handlers).pipe(
        Effect.andThen(after === undefined ? Effect.void : untilReady(after)),
        Effect.andThen(inbox.open),
        Effect.andThen(Fiber.join(receiving)),
        Effect.andThen(Effect.timeoutOption(routes.idle, clientTimeout)),
        Effect.andThen(io.flush)
      ),
    send: (to, rpc, request) =>
      commit.say(
        Effect.sync(() => io.send({ src: id, dest: to, body: { type: rpc.type, ...rpc.encodeRequest(request) } }))
      ),
    ask: (to, rpc, request, options) =>
      Effect.andThen(commit.say(Effect.void), () => {
        const fields = rpc.encodeRequest(request)
        return calls.call(
          options?.timeout ?? defaultTimeout,
          (msg_id) => io.send({ src: id, dest: to, body: { type: rpc.type, msg_id, ...fields } })
        )
      }).pipe(Effect.flatMap((body) => {
        const decoded = rpc.decodeReply(body)
        if (body["type"] === rpc.replyType && Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
        return Effect.fail(new ProtocolError.Crash({ text: `${to} answered ${rpc.type} with a malformed reply` }))
      })),
    speakAfter: (pending) => Effect.sync(() => commit.require(pending)),
    statistics: Effect.sync(() => ({ tooLate: answers.tooLate(), unmatched, awaited: calls.size() }))
  })
})
