/**
 * A node: it learns who it is, answers requests, and asks others.
 *
 * - **Init.** The service exists as soon as `init` has arrived, so a program always knows who it is. Every request is
 *   held until the program serves, unless a peer makes it that is handled already; none is lost. `init_ok` goes out
 *   first, and not before: it says "ready". A second `init` is answered and changes nothing.
 * - **Answers.** A request of unknown type is error 10, a body that does not decode is 12, a defect in a handler is 13.
 *   A message without `msg_id` gets no answer, and a reply never gets an error: nobody could match it.
 * - **Late replies.** A client waits so long (see {@link clientTimeout}), then its address may be gone, and the bench
 *   never again reads from a node that writes to an address that is gone. So a later reply to a client is dropped, and a
 *   request that was held for so long is not even begun.
 * - **End of input.** What is in flight is finished, within the time that a client would wait for it; then `serve`
 *   returns. A node that is not ready by then answers all the same, as well as it can.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type Address, isClient, type NodeId } from "../../schema/Address.ts"
import type { Body, Envelope } from "../../schema/Envelope.ts"
import { explain } from "../../schema/Explain.ts"
import { Init } from "../../schema/InitProtocol.ts"
import { MessageId } from "../../schema/MessageId.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import * as Calls from "./Calls.ts"
import { MessageIO } from "./MessageIO.ts"

/** What a node has counted since it started. */
export interface Statistics {
  /** Requests that were not answered, because their client no longer waits. */
  readonly tooLate: number
  /** Replies that came when nobody waited for them, or not any more. */
  readonly unmatched: number
  /** Replies that are awaited now. */
  readonly awaited: number
}

/** Input ended before `init` came: there is nothing to do, and nothing wrong. */
export class NeverInitialised extends Data.TaggedError("NeverInitialised") {}

/**
 * How long a client waits for a reply, with a margin for the way back. Maelstrom's clients wait 5 s.
 * Environment variable `CLIENT_TIMEOUT`, such as `4900 millis`.
 */
export const clientTimeout = Config.Duration("CLIENT_TIMEOUT").pipe(Config.withDefault(Duration.millis(4900)))

/** When input ends, how long a node that is not ready yet is waited for, before it answers as well as it can. */
const lastCall = Duration.millis(100)

/** How long to wait for the reply of a node or a service, unless the call says otherwise. */
export const defaultTimeout = Duration.seconds(1)

export class Node extends Context.Service<Node, {
  readonly id: NodeId
  /** Every node of the cluster, this one included, in the order that all of them were told. */
  readonly ids: ReadonlyArray<NodeId>
  /** Adds handlers; what is not served yet is held. */
  readonly handle: <P extends Rpc.Protocol, H extends Rpc.Handlers<P>>(
    protocol: P,
    handlers: H
  ) => Effect.Effect<void, never, Rpc.Services<H>>
  /**
   * Adds handlers, says that this node is ready, and answers until the end of input. With `after`, it is not ready before
   * that has succeeded; meanwhile it talks with its peers, and holds what clients ask.
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
   * Sends a request and awaits its reply, {@link defaultTimeout} unless told otherwise. Fails with the error that was
   * replied, with `Timeout`, or, for a reply that does not decode, with `Crash`.
   */
  readonly ask: <Type extends string, Q, P>(
    to: Address,
    rpc: Rpc.Rpc<Type, Q, P>,
    request: Q,
    options?: { readonly timeout?: Duration.Duration }
  ) => Effect.Effect<P, ProtocolError.ProtocolError>
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

const malformed = (decoded: Result.Result<unknown, Schema.SchemaError>) =>
  new ProtocolError.MalformedRequest({ text: Result.isFailure(decoded) ? explain(decoded.failure) : "" })

type Answer = Exit.Exit<never, ProtocolError.ProtocolError>
/** `received` is in ms; left out for what has just come. */
type Route = (message: Envelope, msgId: MessageId | undefined, received?: number) => void
type Handler<R> = (request: unknown, from: Address) => Effect.Effect<never, ProtocolError.ProtocolError, R>

const make = Effect.gen(function*() {
  const io = yield* MessageIO
  const calls = yield* Calls.make
  const clock = yield* Clock.Clock
  const patience = Duration.toMillis(yield* clientTimeout)
  const log = Effect.runForkWith(yield* Effect.context())
  const inFlight = yield* FiberSet.make<unknown, ProtocolError.ProtocolError>()
  const identity = yield* Deferred.make<Rpc.Request<typeof Init>, NeverInitialised>()
  const routes = new Map<string, Route>()
  let held: Array<{ readonly message: Envelope; readonly since: number }> | undefined = []
  let tooLate = 0
  let unmatched = 0

  const now = (): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

  const reply = (message: Envelope, msgId: MessageId, type: string, fields: Body): void =>
    io.send({ src: message.dest, dest: message.src, body: { type, in_reply_to: msgId, ...fields } })

  const refuse = (message: Envelope, msgId: MessageId | undefined, error: ProtocolError.ProtocolError): void => {
    if (msgId === undefined) log(Effect.logWarning(`${error.text}, from ${message.src}, which wants no answer`))
    else reply(message, msgId, "error", ProtocolError.toBody(error))
  }

  const crash = (message: Envelope, msgId: MessageId | undefined, cause: Cause.Cause<unknown>): void => {
    log(Effect.logError(`a handler died answering ${message.src}`, cause))
    // Anything can be thrown, even what String cannot convert.
    const text = Cause.prettyErrors(cause).map(({ message }) => message).join("; ").slice(0, 300)
    if (msgId !== undefined) refuse(message, msgId, new ProtocolError.Crash({ text }))
  }

  const answer = (
    rpc: Rpc.Any,
    message: Envelope,
    msgId: MessageId | undefined,
    exit: Answer
  ): void => {
    if (exit._tag === "Success") {
      if (msgId === undefined) return
      const fields = Result.try(() => rpc.encodeReply(exit.value))
      if (Result.isSuccess(fields)) reply(message, msgId, rpc.replyType, fields.success)
      else crash(message, msgId, Cause.die(fields.failure))
    } else {
      const error = Cause.findError(exit.cause)
      if (Result.isSuccess(error)) refuse(message, msgId, error.success)
      else if (Cause.hasDies(exit.cause)) crash(message, msgId, exit.cause)
    }
  }

  const dispatch = (message: Envelope, received?: number): void => {
    const { body } = message
    if (!isHeader(body)) {
      const answerable = "in_reply_to" in body ? undefined : decodeAnswerable(body)
      const msgId = answerable && Result.isSuccess(answerable) ? answerable.success.msg_id : undefined
      return refuse(message, msgId, malformed(decodeHeader(body)))
    }
    const { in_reply_to, msg_id, type } = body
    if (in_reply_to !== undefined) {
      const settled = calls.settle(
        in_reply_to,
        type === "error" ? Effect.fail(ProtocolError.fromBody(message.body)) : Effect.succeed(message.body)
      )
      if (!settled) unmatched++
      return
    }
    const route = routes.get(type)
    if (route !== undefined) return route(message, msg_id, received)
    refuse(message, msg_id, new ProtocolError.NotSupported({ text: `unknown request: ${type.slice(0, 100)}` }))
  }

  const accept = (message: Envelope): void => {
    const { in_reply_to, type } = message.body
    // The program may well talk with its peers before it serves clients.
    const isAmongPeers = in_reply_to !== undefined
      || (!isClient(message.src) && typeof type === "string" && routes.has(type))
    if (held === undefined || isAmongPeers) return dispatch(message)
    const entry = { message, since: now() }
    if (message.body["type"] !== "init" || Deferred.isDoneUnsafe(identity)) return void held.push(entry)
    const init = Init.decodeRequest(message.body)
    if (Result.isFailure(init)) return dispatch(message)
    held.unshift(entry)
    Deferred.doneUnsafe(identity, Effect.succeed(init.success))
  }

  const handle = <P extends Rpc.Protocol, H extends Rpc.Handlers<P>>(protocol: P, handlers: H) =>
    Effect.map(Effect.context<Rpc.Services<H>>(), (context) => {
      const run = Effect.runForkWith(context)
      for (const rpc of protocol) {
        // H has a handler for each type of P; that it takes what this very rpc decodes is lost in the union
        const handler = handlers[rpc.type as keyof H] as Handler<Rpc.Services<H>>
        routes.set(rpc.type, (message, msgId, received = now()) => {
          const request = rpc.decodeRequest(message.body)
          if (Result.isFailure(request)) return refuse(message, msgId, malformed(request))
          const handled = Result.try(() => handler(request.success, message.src))
          const effect = Result.isSuccess(handled) ? handled.success : Exit.die(handled.failure)
          // What is known at once needs no fiber. The effect's own type says what kind of exit it can be.
          if (Exit.isExit(effect)) return answer(rpc, message, msgId, effect as Answer)
          const fiber = run(effect)
          fiber.addObserver((exit) => {
            if (msgId !== undefined && isClient(message.src) && now() - received > patience) tooLate++
            else answer(rpc, message, msgId, exit)
          })
          if (fiber.pollUnsafe() === undefined) FiberSet.addUnsafe(inFlight, fiber)
        })
      }
    })

  yield* handle([Init], { init: () => Effect.succeed({}) })
  const receiving = yield* io.receive(accept).pipe(
    Effect.ensuring(Effect.sync(() => Deferred.doneUnsafe(identity, Effect.fail(new NeverInitialised())))),
    Effect.forkScoped
  )
  const { node_id: id, node_ids: ids } = yield* Deferred.await(identity)

  const open = Effect.sync(() => {
    const waiting = held ?? []
    held = undefined
    for (const { message, since } of waiting) {
      const isStale = isClient(message.src) && message.body["type"] !== "init" && now() - since > patience
      if (isStale) tooLate++
      else dispatch(message, since)
    }
  })

  return Node.of({
    id,
    ids,
    handle,
    serve: (protocol, handlers, after) =>
      handle(protocol, handlers).pipe(
        Effect.andThen(
          after === undefined
            ? Effect.void
            : Effect.raceFirst(after, Effect.andThen(Fiber.join(receiving), Effect.sleep(lastCall)))
        ),
        Effect.andThen(open),
        Effect.andThen(Fiber.join(receiving)),
        Effect.andThen(Effect.timeoutOption(FiberSet.awaitEmpty(inFlight), patience)),
        Effect.andThen(io.flush)
      ),
    send: (to, rpc, request) =>
      Effect.sync(() => io.send({ src: id, dest: to, body: { type: rpc.type, ...rpc.encodeRequest(request) } })),
    ask: (to, rpc, request, options) =>
      Effect.suspend(() => {
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
    statistics: Effect.sync(() => ({ tooLate, unmatched, awaited: calls.size() }))
  })
})
