/**
 * Whom a replica goes through when somebody does not answer.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Link } from "./Link.ts"
import * as Question from "./Question.ts"
import { attend } from "./Sending.ts"
import { linkTo, peersOf, type State } from "./State.ts"

/** Does what is due on all links; a hub that does not answer is suspected. */
export const attendAll = <A, S>(state: State<A, S>): void => {
  if (state.hubs.shape === "mesh" || state.hubs.isHub()) { for (const peer of peersOf(state)) linkTo(state, peer) }
  else linkTo(state, state.hubs.current()!) // there is one in a star
  for (const link of state.links.values()) attendTo(state, link)
}

export const attendTo = <A, S>(state: State<A, S>, link: Link<A>): void => {
  if (attend(state, link)) suspect(state, [link])
}

/** They do not answer: they are asked again and again until they do, and the next one is the hub. */
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

/** Somebody goes through this hub: whoever would come before it, and is silent here too, is suspected. */
export const adoptSuspicions = <A, S>(state: State<A, S>, acting: NodeId): void => {
  const { hubs, now, options: { settings } } = state
  const better = hubs.before(acting).map((id) => linkTo(state, id))
  suspect(state, better.filter(({ talk }) => now - talk.lastHeard >= settings.roundTrip))
}
