/**
 * How a replica gives another one its state, and how it begins anew from another's.
 *
 * **Why nothing is lost.** A replica forgets an operation only when every other node has it, has recovered, and has
 * said so. So if a replica lacks what a peer has forgotten, it has not recovered, and has itself forgotten only what an
 * earlier snapshot brought. The peer's state can therefore replace its own without loss. What it has beyond the
 * snapshot is still in its log, and it delivers that again to the new state.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Chunk, Fetch, Head } from "../../../schema/ReplicaProtocol.ts"
import type { Origin } from "../../../schema/VersionVector.ts"
import * as Vector from "../../../schema/VersionVector.ts"
import * as Frontiers from "./Frontiers.ts"
import * as Incoming from "./Incoming.ts"
import * as Link from "./Link.ts"
import * as Outgoing from "./Outgoing.ts"
import * as SnapshotReceiver from "./SnapshotReceiver.ts"
import * as SnapshotSender from "./SnapshotSender.ts"
import { deliver, linkTo, type Memory, mergeWithUntold, stable, type State } from "./State.ts"
import * as Trail from "./Trail.ts"

/** Asks for the next parts. */
const fetchMore = <A, S>(state: State<A, S>): void => {
  const { heir: { fetching }, now, options: { life }, sends } = state
  if (fetching === undefined) return
  linkTo(state, fetching.peer).talk.awaitingSince ??= now
  for (const chunk of SnapshotReceiver.wanted(fetching)) {
    const message = { life, to: fetching.life, snapshot: fetching.number, chunk }
    sends.push({ _tag: "Fetch", to: fetching.peer, message })
  }
}

/** The peer offers a snapshot. This replica takes it, unless another one is on its way and its parts come. */
export const begin = <A, S>(state: State<A, S>, { life, peer }: Link.Link<A>, number: number): void => {
  const { heir, now, options } = state
  if (life === undefined || !SnapshotReceiver.mayBegin(heir)) return
  SnapshotReceiver.begin(heir, peer, life, number, options.restore(), now)
  fetchMore(state)
}

/** Gives up the snapshot that the peer was sending: the peer has begun another life, and will not finish. */
export const abandon = <A, S>({ heir }: State<A, S>, peer: NodeId): void => {
  if (heir.fetching?.peer === peer) heir.fetching = undefined
}

/** When this replica asks for a part again. */
export const wakeAt = <A, S>({ heir, options: { settings } }: State<A, S>): number =>
  SnapshotReceiver.retryAt(heir, settings.roundTrip)

export const wake = <A, S>(state: State<A, S>): void => {
  if (wakeAt(state) <= state.now) {
    SnapshotReceiver.retry(state.heir, state.now)
    fetchMore(state)
  }
  SnapshotSender.tidy(state.donor, state.now)
}

/** Sends the peer the part that it asks for. */
export const give = <A, S>(state: State<A, S>, peer: NodeId, fetch: Fetch): void => {
  const { donor, log, now, options: { life, sizeOfState, snapshot }, sends } = state
  if (fetch.to !== life) return
  state.untold = undefined
  const begin = () => SnapshotSender.parts(log, stable(state), snapshot(), sizeOfState)
  const part = SnapshotSender.fetch(donor, peer, fetch, now, begin)
  if (part === undefined) return
  sends.push({
    _tag: "Chunk",
    to: peer,
    message: { life, to: fetch.life, snapshot: fetch.snapshot, chunk: fetch.chunk, ...part }
  })
}

/** Takes a part; false if nobody of this cluster can have sent it. `isOrigin` says which origins there can be. */
export const take = <A, S>(
  state: State<A, S>,
  link: Link.Link<A>,
  chunk: Chunk<A, S>,
  isOrigin: (origin: Origin) => boolean
): boolean => {
  const { heir, now } = state
  if (chunk.to !== state.options.life) return true
  const { fetching } = heir
  const outcome = SnapshotReceiver.take(heir, link.peer, chunk, now)
  if (outcome === "more") fetchMore(state)
  if (outcome !== "whole") return outcome !== "refused"
  heir.fetching = undefined
  const head = fetching!.head! // a whole snapshot has one
  if (!head.vector.every(([origin]) => isOrigin(origin))) return false
  if ((Vector.decode(head.stable).get(state.me) ?? 0) > (state.log.vector.get(state.me) ?? 0)) return false
  if (mayReplace(state, head)) install(state, link, fetching!, head)
  return true
}

/** Whether the snapshot has all that this replica has forgotten. */
const mayReplace = <A, S>({ log, me }: State<A, S>, head: Head): boolean => {
  const theirs = new Map(head.vector.map(([origin, count]) => [origin, count]))
  if ((theirs.get(me) ?? 0) > (log.vector.get(me) ?? 0)) return false
  return log.sources.every(({ origin, positions }) => positions.first() <= (theirs.get(origin) ?? 0))
}

/** Replaces log and state by those of the snapshot; the program has put its new state together already. */
const beginAnew = <A, S>(
  { events, log }: State<A, S>,
  { building, entries }: SnapshotReceiver.Assembly<A, S>,
  head: Head
): void => {
  log.restart(head.vector.map(([origin, , forgotten]) => [origin, forgotten]))
  for (const [origin, operation] of entries) log.append(origin, operation)
  events.push({ _tag: "Restored", install: building.install })
}

/** Goes on with what earlier lives have left. Positions begin anew, since this is another life's log. */
export const resume = <A, S>(state: State<A, S>, { isRecovered, runs, snapshot }: Memory<A, S>): void => {
  const { events, frontiers, log, recovering } = state
  if (snapshot?.head === undefined) log.restart([])
  else {
    beginAnew(state, snapshot, snapshot.head)
    const known = Vector.decode(snapshot.head.stable)
    for (const { vector } of frontiers) Vector.raise(vector, known)
  }
  for (const { isMerged, ops, origin } of runs) {
    for (const operation of ops) {
      state.untold = isMerged === true ? log.end() - 1 : undefined
      if (!mergeWithUntold(state, operation)) deliver(state, origin, operation)
    }
  }
  state.untold = undefined
  if (!isRecovered) return
  recovering.isDone = true
  events.push({ _tag: "Recovered", formerLives: 0 })
}

const install = <A, S>(
  state: State<A, S>,
  link: Link.Link<A>,
  assembly: SnapshotReceiver.Assembly<A, S>,
  head: Head
): void => {
  const { log } = state
  const theirs = head.vector.map(([origin, count]) => [origin, count] as const)
  const counts = new Map(theirs)
  const beyond = Array.from({ length: log.end() - log.first() }, (_, i) => log.at(log.first() + i)!)
    .filter(({ origin, sequence }) => sequence > (counts.get(origin) ?? 0))
  state.untold = undefined
  beginAnew(state, assembly, head)
  for (const { operation, origin } of beyond) deliver(state, origin, operation)
  restartFrontiers(state, Vector.decode(head.stable))
  for (const other of state.links.values()) {
    Outgoing.close(other.outgoing)
    other.outgoing.relayedTo = undefined
    other.hasSaidAll = false // the peer may lack what is forgotten now, and then asks for it
    other.confirmed = undefined
    other.knows.clear()
  }
  Vector.raise(link.known, counts)
  const { incoming } = link
  if (incoming.epoch > head.epoch || (incoming.epoch === head.epoch && incoming.position >= head.end)) return
  Incoming.open(incoming, head.epoch, head.end, theirs)
  for (const { copies } of state.frontiers) Trail.begin(Link.trailOf(link, copies), head.end, theirs)
}

/**
 * The program's new state knows what was stable for the snapshot's sender. Tells the program again what this replica
 * knew to be stable beyond that.
 */
const restartFrontiers = <A, S>({ events, frontiers, log }: State<A, S>, known: Vector.VersionVector): void => {
  for (const frontier of frontiers) frontier.position = 0
  const [all] = frontiers
  const before = new Map(all!.vector)
  all!.vector.clear()
  Vector.raise(all!.vector, known)
  const advance = Frontiers.adopt(all!, log, before)
  if (advance !== undefined) events.push({ _tag: "Advanced", advance })
}
