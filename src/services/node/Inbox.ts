/**
 * What has come in before the node can take it.
 *
 * - Requests are held here, in order, until the program serves; none is lost.
 * - Replies are passed on at once, and so are requests that have a handler already and come from no client: a program
 *   may talk with its peers before it serves clients.
 * - From the first `init` the node learns who it is. It is answered when the program serves, before all other requests:
 *   so its answer says that the node is ready.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Address, isClient } from "../../schema/Address.ts"
import type { Envelope } from "../../schema/Envelope.ts"
import { Init } from "../../schema/InitProtocol.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import type { Answers } from "./Answers.ts"
import * as MonotonicClock from "./MonotonicClock.ts"
import type { Routes } from "./Routes.ts"

export interface Inbox {
  /** Takes a message that has come in. */
  readonly accept: (message: Envelope) => void
  /** What the first `init` says, and who says it; undefined when input ends before it comes. */
  readonly init: Effect.Effect<Initialisation | undefined>
  /** No more messages will come. */
  readonly end: Effect.Effect<void>
  /** Passes on all that is held, except what its client no longer waits for; and from now on everything at once. */
  readonly open: Effect.Effect<void>
}

interface Initialisation extends Rpc.Request<typeof Init> {
  readonly from: Address
}

/** `received` is in ms of the monotonic clock; left out for what has just come in. */
type Dispatch = (message: Envelope, received?: number) => void

export const make = (routes: Routes, answers: Answers, dispatch: Dispatch): Effect.Effect<Inbox> =>
  Effect.gen(function*() {
    const now = yield* MonotonicClock.millis
    const init = yield* Deferred.make<Initialisation | undefined>()
    let held: Array<{ readonly message: Envelope; readonly received: number }> | undefined = []

    const isTakenEarly = ({ body: { in_reply_to, type }, src }: Envelope): boolean =>
      in_reply_to !== undefined || (!isClient(src) && typeof type === "string" && routes.to(type) !== undefined)

    return {
      accept: (message) => {
        if (held === undefined || isTakenEarly(message)) return dispatch(message)
        const entry = { message, received: now() }
        if (message.body["type"] !== "init" || Deferred.isDoneUnsafe(init)) return void held.push(entry)
        const request = Init.decodeRequest(message.body)
        if (Result.isFailure(request)) return dispatch(message)
        held.unshift(entry)
        Deferred.doneUnsafe(init, Effect.succeed({ ...request.success, from: message.src }))
      },
      init: Deferred.await(init),
      end: Effect.sync(() => void Deferred.doneUnsafe(init, Effect.undefined)),
      open: Effect.sync(() => {
        const waiting = held ?? []
        held = undefined
        for (const { message, received } of waiting) {
          // The bench waits longer for init_ok than a client waits: for the answer the time begins now.
          if (message.body["type"] === "init") dispatch(message)
          else if (!answers.isTooLate(message, received)) dispatch(message, received)
        }
      })
    }
  })
