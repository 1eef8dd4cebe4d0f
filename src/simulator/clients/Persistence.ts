/**
 * Asking again what was refused or not answered: a node may refuse now and then for good reason, and one refusal at the
 * end of a run would leave nothing to judge that node by.
 *
 * Of an operation of several requests the one is asked again that was in vain, so that those before it take place once.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Outcome, Question } from "../../workloads/Workload.ts"
import type { Timeline } from "../time/Timeline.ts"
import type { Client } from "./Client.ts"

/** The time from a refusal to the next attempt, in ms. */
const pause = 200

/** What the node may do better the next time; a reply that is none says that it cannot. */
const isInVain = (outcome: Outcome): boolean => outcome.type !== "ok" && outcome.error._tag !== "Malformed"

/**
 * @param until from then on, as the timeline tells it, nothing is asked again
 * @param done takes how often it asked, too
 */
export const ask = (
  { client, timeline, until }: { readonly client: Client; readonly timeline: Timeline; readonly until: number },
  node: NodeId,
  question: Question,
  done: (outcome: Outcome, tries: number) => void
): void => {
  let current = question
  let tries = 0
  const follow = (next: Question): Question => {
    current = next
    return {
      ...next,
      outcome: (reply) => {
        const outcome = next.outcome(reply)
        return "request" in outcome ? follow(outcome) : outcome
      }
    }
  }
  const attempt = (): void => {
    tries++
    client.ask(node, follow(current), (outcome) => {
      if (isInVain(outcome) && timeline.now() + pause < until) timeline.after(pause, attempt)
      else done(outcome, tries)
    })
  }
  attempt()
}
