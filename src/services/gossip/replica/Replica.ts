/**
 * Reliable causal replication, as a state machine: a replica is given messages, the time, and what its program publishes,
 * and answers what is to be sent, what is delivered, and when it is to be woken. It knows no clock, no network and no
 * chance of its own, so all that it does follows from what it is given.
 *
 * **The idea.** A replica keeps the operations that it has in a log, in the order in which it got them: its own after all
 * that it had when it made them, those of others in an order in which that was so. So any prefix of a log has, with an
 * operation, all that its origin knew when it made it; and who has the log of another up to a position says with that one
 * number all that there is to say. In a star the hub's log is what everybody follows:
 *
 *     hub n0    position   0    1    2    3    4
 *                          a1   b1   a2   c1   b2         (b2: the second operation that n2 made)
 *     n1        "I have 3 of yours"; n0: "from 3 on: c1, and one that is yours"
 *     n2        "my second one is b2, and I have 4 of yours"
 *
 * n1 has a1, b1 and a2. The hub sends c1 and b2 and says "from 3 on"; n1 takes them only if it has all before 3, else it
 * waits, and asks. n2 sends what it made by number: whatever it knew then it had from the hub, so the hub has it, and
 * appends b2 after it. A position is that of a life's log, and of an epoch of it, and means nothing in another.
 *
 * **Exactly once, in causal order.** A log is taken in order of its positions, each operation once; what came from
 * elsewhere before is passed over. So loss, duplicates and overtaking change nothing but the time it takes. (Ladin et al.,
 * "Providing High Availability Using Lazy Replication", 1992.)
 *
 * **Finding a common base.** Where two have no position in common, at a first meeting, after a restart, when the hub
 * changes, they say by a *version vector* how many operations of each origin they have: n1 above `{a: 2, b: 1}`. From
 * that follows the first position of the other's log that one lacks, and what of the rest one has; from there on
 * positions suffice again. (Petersen et al., "Flexible Update Propagation for Weakly Consistent Replication", 1997.)
 *
 * **Who sends to whom.**
 * - *Star*: leaves send the hub what they make, the hub sends everyone its log. A node suspects a hub that does not answer,
 *   turns to the next one, and says so; that one acts as the hub for all (see Hubs, Suspicion). Who is suspected is asked
 *   again and again; and while anyone is, nodes ask random others as well, so that news crosses partial cuts. A leaf that
 *   has got something elsewhere sends its hub its log instead.
 * - *Mesh*: every node sends its log to every other, and leaves out the content of what it did not make: the receiver gets
 *   that from its origin, and waits for it.
 *
 * **Never more than can be taken.** A cursor a link only moves forward while acknowledgements come, with a bounded number
 * of bytes in flight (see Outgoing). Who is silent is sent a little again, and asked where it stands; only what it then
 * does not have is sent again. A batch costs its own size. Links that are busy send at most once a window; only who is
 * far behind is sent segment after segment, one a turn, so that what clients ask comes between (see Pace).
 *
 * **Merging.** What a replica makes while it says nothing to anybody, and gets nothing from anybody, can be one operation:
 * nobody has seen the parts, and all of them were made knowing the same. So, where the program can merge operations, it
 * is not what clients do but time that fills the log.
 *
 * **Lives.** A node that restarts with empty memory is a new origin, and asks every other for what it lacks. It is
 * *recovered* once each has answered this life, and all that they had is here: from then on nobody counts on what a former
 * life had, and this one has all that anybody counted on it to have. A node whose memory outlives it goes on as the same
 * origin, in a life that follows the former one, and is recovered if that was (see Durable).
 *
 * **Stability.** An operation is causally stable once every node has it, and whatever is delivered *later* was made by
 * somebody who had it. (Baquero and Shoker, "Pure Operation-Based Replicated Data Types", 2017, §4.) The least position
 * that all have acknowledged is where that is so, if what counts is only
 * - what a message says once all is here that its sender had made: that may know nothing of what the sender got since;
 * - what a life says that is recovered: all have met it then, hear its former lives no more, and have told it what they
 *   had heard of them. (Where no program waits for stability or recovery, a life counts from its first answer on; then
 *   positions say what everybody has, and no more.)
 *
 * The hub hands its position around, and a leaf believes it once it has all that the hub had: what is still to come to the
 * one was still to come to the other. Frontiers of fewer copies are kept likewise (see Frontiers).
 *
 * **Forgetting.** What is stable leaves the log. Who lacks it, because it restarted, or came late, is given a snapshot: the
 * program's state, and the operations that are not stable, so that it can hand them on like anybody (see Snapshots).
 * So a replica keeps what is not stable, and a number for each life that there has ever been.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Chunk, Fetch, Gossip, Part } from "../../../schema/ReplicaProtocol.ts"
import * as Copies from "./Copies.ts"
import * as Freshness from "./Freshness.ts"
import * as Question from "./Question.ts"
import * as Receiving from "./Receiving.ts"
import * as Recovering from "./Recovering.ts"
import * as Sending from "./Sending.ts"
import * as Snapshots from "./Snapshots.ts"
import * as SnapshotSender from "./SnapshotSender.ts"
import {
  deliver,
  type Event,
  linkTo,
  make as makeState,
  mergeWithUntold,
  type Options,
  peersOf,
  type Send,
  stable,
  type State
} from "./State.ts"
import { attendAll, attendTo } from "./Suspicion.ts"

export type { Event, Options, Send } from "./State.ts"

export type Input<A, S> =
  /** It begins now. */
  | { readonly _tag: "Start" }
  | { readonly _tag: "Publish"; readonly operation: A }
  | { readonly _tag: "Gossip"; readonly from: NodeId; readonly message: Gossip<A> }
  | { readonly _tag: "Fetch"; readonly from: NodeId; readonly message: Fetch }
  | { readonly _tag: "Chunk"; readonly from: NodeId; readonly message: Chunk<A, S> }
  /** The hub is to be asked, and told these with it; the numbers of questions rise. */
  | { readonly _tag: "Ask"; readonly number: number; readonly operations: ReadonlyArray<A> }
  /** The program waits until this life has heard from every peer. */
  | { readonly _tag: "Recover" }
  | { readonly _tag: "Wake" }

export interface Output<A, S> {
  /** What has happened, in order: the program is to be told before anything is sent. */
  readonly events: ReadonlyArray<Event<A>>
  readonly sends: ReadonlyArray<Send<A, S>>
  /** When it is to be woken, at the latest. */
  readonly wakeAt: number
  /** The message was one that no peer can have sent. */
  readonly isRefused: boolean
}

export interface Replica<A, S> {
  /** `now` is in ms, and never falls. */
  readonly step: (input: Input<A, S>, now: number) => Output<A, S>
  /** The program's state and what of the log is kept, as they are now. To be read at once. */
  readonly snapshot: () => Iterable<Part<A, S>>
  /** Its memory, for those who look how much that is: how many operations it keeps. */
  readonly kept: () => number
}

/** What a replica does by itself: once each, and at last again and again. */
interface Agenda {
  /** When it first speaks, when it has waited for others to speak, and when it next looks around. */
  speakAt: number
  listenedAt: number
  lookAt: number
  /** When it is to be woken, as it has last said. */
  wakeAt: number
}

/** A node that is woken so many ms too late was busy, or did not run: it does not blame others for it. */
const tooLate = 100

const isHeardByAll = <A, S>({ hubs }: State<A, S>): boolean => hubs.shape === "mesh" || hubs.isHub()

/** Asks those what they have of whom this is true. */
const askAbout = <A, S>(state: State<A, S>, which: (peer: NodeId) => boolean): void => {
  for (const peer of peersOf(state)) if (which(peer)) Question.ask(linkTo(state, peer).question, "vector")
}

const start = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  const { now, options: { memory, settings, shape } } = state
  if (memory !== undefined) {
    Snapshots.resume(state, memory)
    Copies.update(state) // who is alone has nobody to wait for
  }
  agenda.speakAt = now + settings.silence
  agenda.listenedAt = now
    + (shape === "mesh" ? Math.max(settings.roundTrip, settings.acknowledgeWithin) : settings.roundTrip)
  agenda.lookAt = now + settings.probeEvery
  recoverAlone(state)
}

/** Without peers there is nobody to hear from. */
const recoverAlone = <A, S>(state: State<A, S>): void => {
  if (Recovering.check(state.recovering, state.log.vector)) state.events.push({ _tag: "Recovered", formerLives: 0 })
}

/**
 * A node that starts may have had a life before. It asks its hub, or, if it is the hub, the next node; or all at once, if
 * somebody waits for it to recover.
 */
const speak = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  agenda.speakAt = Infinity
  state.isServing = true
  const [first] = peersOf(state)
  askAbout(state, (peer) => peer === first || state.recovering.isWanted)
}

/** After a while it asks all from whom it should have heard by now. */
const listened = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  agenda.listenedAt = Infinity
  if (isHeardByAll(state)) askAbout(state, (peer) => state.links.get(peer)?.life === undefined)
}

/** Asks a random node while something is wrong, and whoever has long said nothing while all wait for it. */
const lookAround = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  const { hubs, links, log, now, options: { random, settings } } = state
  agenda.lookAt = now + settings.probeEvery
  const trusted = peersOf(state).filter((peer) => !hubs.suspected.has(peer))
  const chosen = trusted[Math.floor(random() * trusted.length)]
  const isRestless = hubs.suspected.size > 0 || now <= state.restlessUntil
  const isCatchingUp = [...links.values()].some(({ incoming }) => incoming.isStreaming)
  const isOverdue = (peer: NodeId): boolean => {
    const link = links.get(peer)
    return state.areAwaited && isHeardByAll(state)
      && now - (link?.talk.lastHeard ?? -Infinity) > settings.acknowledgeWithin
      && (link?.confirmed ?? 0) < log.end()
  }
  askAbout(state, (peer) => isOverdue(peer) || (isRestless && !isCatchingUp && peer === chosen))
}

/** Woken late, it gives others the time that it has missed. */
const excuse = <A, S>(state: State<A, S>, late: number): void => {
  if (state.freshness.awaitingSince !== undefined) state.freshness.awaitingSince += late
  for (const { talk } of state.links.values()) {
    if (talk.awaitingSince !== undefined) talk.awaitingSince += late
    talk.lastHeard = Math.min(state.now, talk.lastHeard + late)
  }
}

const wake = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  const { now } = state
  const late = now - agenda.wakeAt
  if (Number.isFinite(late) && late > tooLate) excuse(state, late)
  if (agenda.speakAt <= now) speak(state, agenda)
  if (agenda.listenedAt <= now && state.isServing) listened(state, agenda)
  if (agenda.lookAt <= now) {
    if (state.isServing) lookAround(state, agenda)
    else agenda.lookAt = now + state.options.settings.probeEvery
  }
  Snapshots.wake(state)
  Copies.wake(state)
  attendAll(state)
}

const publish = <A, S>(state: State<A, S>, operations: ReadonlyArray<A>): void => {
  for (const operation of operations) {
    if (mergeWithUntold(state, operation)) continue
    deliver(state, state.me, operation)
    state.untold = state.log.end() - 1
  }
  if (state.options.members.length === 1) Copies.update(state)
  attendAll(state)
}

/** A hub has all that can be asked for; so has everybody in a mesh, where nobody has more than others. */
const ask = <A, S>(state: State<A, S>, number: number, operations: ReadonlyArray<A>): void => {
  const { freshness, hubs, now, options: { settings } } = state
  const hub = hubs.current()
  const needsAnswer = hub !== undefined && !hubs.isHub() && freshness.freshAt + settings.maxAge <= now
  if (needsAnswer) Freshness.wait(freshness, number, now)
  else state.events.push({ _tag: "Refreshed", question: number })
  if (operations.length > 0) publish(state, operations)
  else if (needsAnswer) attendTo(state, linkTo(state, hub))
}

/** Tells those that wait no more. */
const settle = <A, S>({ events, freshness, links, now, options: { settings } }: State<A, S>): void => {
  const over = Freshness.settle(freshness, (peer) => links.get(peer)?.incoming, now, settings.roundTrip)
  for (const question of over) events.push({ _tag: "Refreshed", question })
}

const recover = <A, S>(state: State<A, S>): void => {
  state.recovering.isWanted = true
  if (!state.isServing || state.recovering.isDone) return
  askAbout(state, (peer) => state.recovering.waitingFor.has(peer))
  attendAll(state)
}

/** Does what the input calls for; false if it is a message that no peer can have sent. */
const handle = <A, S>(state: State<A, S>, agenda: Agenda, input: Input<A, S>): boolean => {
  switch (input._tag) {
    case "Start":
      start(state, agenda)
      return true
    case "Publish":
      publish(state, [input.operation])
      return true
    case "Recover":
      recover(state)
      return true
    case "Ask":
      ask(state, input.number, input.operations)
      return true
    case "Wake":
      wake(state, agenda)
      return true
    case "Gossip":
      return Receiving.receive(state, input.from, input.message)
    case "Fetch":
      Snapshots.give(state, input.from, input.message)
      return true
    case "Chunk":
      return Receiving.receiveChunk(state, input.from, input.message)
  }
}

export const make = <A, S>(options: Options<A, S>): Replica<A, S> => {
  const state = makeState(options)
  const agenda: Agenda = { speakAt: Infinity, listenedAt: Infinity, lookAt: Infinity, wakeAt: Infinity }

  return {
    snapshot: () => SnapshotSender.parts(state.log, stable(state), options.snapshot(), options.sizeOfState),
    kept: () => state.log.end() - state.log.first(),
    step: (input, now) => {
      state.now = now
      const isRefused = !handle(state, agenda, input)
      settle(state)
      const { events, sends } = state
      state.events = []
      state.sends = []
      agenda.wakeAt = Math.min(
        agenda.speakAt,
        agenda.lookAt,
        Freshness.wakeAt(state.freshness, options.settings.roundTrip),
        state.isServing ? agenda.listenedAt : Infinity,
        Snapshots.wakeAt(state),
        Copies.wakeAt(state)
      )
      for (const link of state.links.values()) agenda.wakeAt = Math.min(agenda.wakeAt, Sending.wakeAt(state, link))
      return { events, sends, wakeAt: agenda.wakeAt, isRefused }
    }
  }
}
