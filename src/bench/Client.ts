/**
 * A client as Maelstrom has them: it asks one node, one thing at a time, and waits 5 s for each answer. Then it is gone,
 * and so is its address.
 */
import * as Result from "effect/Result"
import type { ClientId, NodeId } from "../schema/Address.ts"
import * as Envelope from "../schema/Envelope.ts"
import type { Network } from "./Network.ts"
import type { Timeline } from "./Timeline.ts"
import type { Outcome, Question } from "./Workload.ts"

export interface Client {
  readonly id: ClientId
  /** Asks all that follows from the question as well. */
  readonly ask: (node: NodeId, question: Question, done: (outcome: Outcome) => void) => void
  readonly close: () => void
}

/** In ms. */
export const defaultPatience = 5000

/** What is said of a request that nobody answered. More may follow. */
export const noReply = "no reply in time"

export const make = (options: {
  readonly id: ClientId
  readonly network: Network
  readonly timeline: Timeline
  readonly patience?: number
}): Client => {
  const { id, network, patience = defaultPatience, timeline } = options
  let lastId = 0
  let onReply: ((reply: Envelope.Body) => void) | undefined

  network.join(id, (line) => {
    const message = Envelope.decode(line)
    if (Result.isSuccess(message) && message.success.body["in_reply_to"] === lastId) onReply?.(message.success.body)
  })

  const ask: Client["ask"] = (node, { outcome, readOnly, request }, done) => {
    const msg_id = ++lastId
    const end = (result: Outcome | Question): void => {
      onReply = undefined
      cancel()
      if ("request" in result) ask(node, result, done)
      else done(result)
    }
    const cancel = timeline.after(
      patience,
      () => end({ type: readOnly ? "fail" : "info", error: noReply })
    )
    onReply = (reply) => end(outcome(reply))
    network.send(id, node, Envelope.encode({ src: id, dest: node, body: { ...request, msg_id } }))
  }

  return { id, ask, close: () => network.leave(id) }
}
