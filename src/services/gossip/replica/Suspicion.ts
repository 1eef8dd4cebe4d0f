/**
 * What a replica does when a peer does not answer: a hub that is silent for too long is suspected, and the next node of
 * the list becomes the hub.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Link } from "./Link.ts"
import * as Question from "./Question.ts"
import { attend } from "./Sending.ts"
import { linkTo, peersOf, type State } from "./State.ts"

/** Does what is due on all links, and suspects a hub that does not answer. */
export const attendAll = <A, S>(state: State<A, S>): void => {
  if (state.hubs.shape === "mesh" || state.hubs.isHub()) { for (const peer of peersOf(state)) linkTo(state, peer) }
  else linkTo(state, state.hubs.current()!) // in a star there is one
  for (const link of state.links.values()) attendTo(state, link)
}

export const attendTo = <A, S>(state: State<A, S>, link: Link<A>): void => {
  if (attend(state, link)) suspect(state, [link])
}

/** Suspects these silent peers. The node asks them until they answer, and asks the next hub what it lacks. */
const suspect = <A, S>(state: State<A, S>, silent: ReadonlyArray<Link<A>>): void => {
  if (silent.length === 0) return
  const { hubs, options: { self } } = state
  for (const link of silent) {
    hubs.suspected.add(link.peer)
    Question.ask(link.question, "vector")
  }
  const next = hubs.current()
  if (next !== undefined && next !== self) Question.ask(linkTo(state, next).question, "vector")
  attendAll(state)
}

/**
 * A peer goes through the hub `acting`. This node then suspects those who would come before that hub and are silent
 * here too.
 */
export const adoptSuspicions = <A, S>(state: State<A, S>, acting: NodeId): void => {
  const { hubs, now, options: { settings } } = state
  const better = hubs.before(acting).map((id) => linkTo(state, id))
  suspect(state, better.filter(({ talk }) => now - talk.lastHeard >= settings.roundTrip))
}
