/**
 * What a node answers to the requests that it is sent.
 *
 * A request without `msg_id` gets no answer, since its sender could not match it. A client waits for an answer no
 * longer than {@link clientTimeout}. Then its address may be gone, and the bench never again reads from a node that has
 * written to an address that is gone. So an answer that would come to a client later is dropped and counted.
 */
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { isClient } from "../../schema/Address.ts"
import type { Body, Envelope } from "../../schema/Envelope.ts"
import { explain } from "../../schema/Explain.ts"
import type { MessageId } from "../../schema/MessageId.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import { MessageIO } from "./MessageIO.ts"
import * as MonotonicClock from "./MonotonicClock.ts"

/**
 * How long a client waits for an answer, with a margin for the way back. Maelstrom's clients wait 5 s.
 * Environment variable `CLIENT_TIMEOUT`, such as `4900 millis`.
 */
export const clientTimeout = Config.Duration("CLIENT_TIMEOUT").pipe(Config.withDefault(Duration.millis(4900)))

/** What a handler makes of a request. */
export type Outcome = Exit.Exit<never, ProtocolError.ProtocolError>

/** The error of a message that does not decode. */
export const malformed = (decoded: Result.Result<unknown, Schema.SchemaError>): ProtocolError.MalformedRequest =>
  new ProtocolError.MalformedRequest({ text: Result.isFailure(decoded) ? explain(decoded.failure) : "" })

export interface Answers {
  /**
   * Answers with what the handler of this request has made of it: its reply, its error, or error 13 when it has died.
   */
  readonly answer: (rpc: Rpc.Any, message: Envelope, msgId: MessageId | undefined, outcome: Outcome) => void
  /** Answers with an error. */
  readonly refuse: (message: Envelope, msgId: MessageId | undefined, error: ProtocolError.ProtocolError) => void
  /**
   * Whether this has come from a client that no longer waits for an answer; counts it, if so. `received` is in ms of
   * the monotonic clock; `clientTimeout` is how long the client waits, in ms; left out for who waits
   * as long as any other client.
   */
  readonly isTooLate: (message: Envelope, received: number, clientTimeout?: number) => boolean
  /** How many answers were dropped, because their client no longer waited. */
  readonly tooLate: () => number
}

export const make = Effect.gen(function*() {
  const io = yield* MessageIO
  const now = yield* MonotonicClock.millis
  const timeout = Duration.toMillis(yield* clientTimeout)
  const note = Effect.runForkWith(yield* Effect.context())
  let tooLate = 0

  const reply = (message: Envelope, msgId: MessageId, type: string, fields: Body): void =>
    io.send({ src: message.dest, dest: message.src, body: { type, in_reply_to: msgId, ...fields } })

  const refuse: Answers["refuse"] = (message, msgId, error) => {
    if (msgId === undefined) note(Effect.logWarning(`${error.text}, from ${message.src}, which wants no answer`))
    else reply(message, msgId, "error", ProtocolError.toBody(error))
  }

  const crash = (message: Envelope, msgId: MessageId | undefined, cause: Cause.Cause<unknown>): void => {
    note(Effect.logError(`a handler died answering ${message.src}`, cause))
    // Anything can be thrown, even what String cannot convert.
    const text = Cause.prettyErrors(cause).map(({ message }) => message).join("; ").slice(0, 300)
    if (msgId !== undefined) refuse(message, msgId, new ProtocolError.Crash({ text }))
  }

  const answer: Answers["answer"] = (rpc, message, msgId, outcome) => {
    if (outcome._tag === "Success") {
      if (msgId === undefined) return
      const fields = Result.try(() => rpc.encodeReply(outcome.value))
      if (Result.isSuccess(fields)) reply(message, msgId, rpc.replyType, fields.success)
      else crash(message, msgId, Cause.die(fields.failure))
    } else {
      const error = Cause.findError(outcome.cause)
      if (Result.isSuccess(error)) refuse(message, msgId, error.success)
      else if (Cause.hasDies(outcome.cause)) crash(message, msgId, outcome.cause)
    }
  }

  return {
    answer,
    refuse,
    isTooLate: (message, received, clientTimeout = timeout) => {
      const isTooLate = isClient(message.src) && now() - received > Math.min(clientTimeout, timeout)
      if (isTooLate) tooLate++
      return isTooLate
    },
    tooLate: () => tooLate
  } satisfies Answers
})
