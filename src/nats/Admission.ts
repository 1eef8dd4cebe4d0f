/**
 * What a node on NATS takes in.
 *
 * A node whose disk is slow or full hears nothing new over standard input (see OutputCommit): who writes there waits. A
 * bus does not wait; what the node does not take would fill its memory. So while the node is crowded
 * - a client's request is refused with error 11. It has not taken place: the client may ask again, or another node.
 * - a message of another node is dropped, as on a network that loses it. Nodes send again what they need.
 * - a reply is taken. There are no more of these than the node has made requests.
 *
 * The log says when this begins, and at the end how many were refused and dropped, at most once a second each.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Schema from "effect/Schema"
import { isClient } from "../schema/Address.ts"
import type { Envelope } from "../schema/Envelope.ts"
import { MessageId } from "../schema/MessageId.ts"
import * as ProtocolError from "../schema/ProtocolError.ts"
import { maxWaiting, type Pending } from "../services/node/OutputCommit.ts"

const refusal = new ProtocolError.TemporarilyUnavailable({
  text: `more than ${maxWaiting} messages of this node wait for its disk`
})

const beginning = `${refusal.text}: until it has them, requests are refused and what other nodes send is dropped`

const isMessageId = Schema.is(MessageId)

/** How long after its beginning the end is told at the earliest, in ms. */
const pause = 1000

export const make = Effect.fnUntraced(function*(
  crowded: Pending,
  take: (message: Envelope) => void,
  send: (message: Envelope) => void
) {
  const run = yield* FiberSet.makeRuntime<never>()
  let refused = 0
  let dropped = 0

  const tell = Effect.gen(function*() {
    yield* Effect.logWarning(beginning)
    yield* Effect.sleep(pause)
    for (let safe = crowded(); safe !== undefined; safe = crowded()) yield* safe
    yield* Effect.logWarning(
      `the disk has caught up: ${refused} requests were refused and ${dropped} messages dropped meanwhile`
    )
    refused = 0
    dropped = 0
  })

  return (message: Envelope): void => {
    const { body: { in_reply_to, msg_id }, dest, src } = message
    if (in_reply_to !== undefined || crowded() === undefined) return take(message)
    if (refused + dropped === 0) run(tell)
    if (!isClient(src)) return void dropped++
    refused++
    if (!isMessageId(msg_id)) return
    send({ src: dest, dest: src, body: { type: "error", in_reply_to: msg_id, ...ProtocolError.toBody(refusal) } })
  }
})
