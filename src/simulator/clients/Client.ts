/**
 * A client as Maelstrom has them: it asks one node, one thing at a time, and waits 5 s for each answer. Then it is gone,
 * and so is its address.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { ClientId, NodeId } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import { Json } from "../../schema/Json.ts"
import type { Failure } from "../../workloads/history/History.ts"
import type { Outcome, Question } from "../../workloads/Workload.ts"
import type { Network, Unanswered } from "../network/Network.ts"
import type { Timeline } from "../time/Timeline.ts"

export interface Client {
  readonly id: ClientId
  /**
   * Asks the node this question, and then every question that follows from the replies; calls `done` with the outcome.
   */
  readonly ask: (node: NodeId, question: Question, done: (outcome: Outcome) => void) => void
  readonly close: () => void
}

/** How long a client waits for a reply, in ms. */
export const defaultTimeout = 5000

type Stray = NonNullable<Extract<Failure, { _tag: "NoReply" }>["stray"]>

const decodeId = Schema.decodeUnknownOption(Json)

/** What to say of a message that answers no request of this client; undefined if it answers one. */
const stray = ({ body, dest, src }: Envelope.Envelope, lastId: number): Stray | undefined => {
  const id = body["in_reply_to"]
  if (Number.isInteger(id) && Number(id) >= 1 && Number(id) <= lastId) return undefined
  const type = typeof body["type"] === "string" ? body["type"] : "a message"
  const inReplyTo = Option.getOrUndefined(decodeId(id))
  return { src, dest, type, ...inReplyTo !== undefined && { inReplyTo }, expected: lastId }
}

export const make = (options: {
  readonly id: ClientId
  readonly network: Network
  readonly timeline: Timeline
  readonly timeout?: number | undefined
}): Client => {
  const { id, network, timeout = defaultTimeout, timeline } = options
  let lastId = 0
  let hint: Stray | undefined
  let onReply: ((reply: Envelope.Body) => void) | undefined
  let unanswered: Unanswered | undefined

  network.join(id, (line) => {
    const message = Envelope.decode(line)
    if (Result.isFailure(message)) return
    if (message.success.body["in_reply_to"] === lastId) onReply?.(message.success.body)
    else hint = stray(message.success, lastId) ?? hint
  })

  const ask: Client["ask"] = (node, { outcome, readOnly, request }, done) => {
    const msg_id = ++lastId
    hint = undefined
    unanswered = undefined
    const end = (result: Outcome | Question): void => {
      onReply = undefined
      cancel()
      if ("request" in result) ask(node, result, done)
      else done(result)
    }
    const cancel = timeline.after(
      timeout,
      () => {
        unanswered = { node, type: String(request["type"]), msg_id, waited: timeout }
        end({
          type: readOnly ? "fail" : "info",
          error: { _tag: "NoReply", ...hint !== undefined && { stray: hint } }
        })
      }
    )
    onReply = (reply) => end(outcome(reply))
    network.send(id, node, Envelope.encode({ src: id, dest: node, body: { ...request, msg_id } }))
  }

  return { id, ask, close: () => network.leave(id, unanswered) }
}
