/**
 * Reliable causal replication, as a state machine: a replica is given messages, the time, and what its program
 * publishes, and answers what to send, what it has delivered, and when to wake it. It has no clock, no network and no
 * chance of its own, so all that it does follows from what it is given.
 *
 * **The idea.** A replica keeps its operations in a log, in the order in which it got them. It appends an operation of
 * its own after all that it has, and operations of others in an order in which that holds for them too. So any prefix
 * of a log has, with each operation, all that its origin knew when it made it. A node that has another's log up to a
 * position can say with that one number all that it has. In a star everybody follows the hub's log:
 *
 *     hub n0    position   0    1    2    3    4
 *                          a1   b1   a2   c1   b2         (b2: the second operation that n2 made)
 *     n1        "I have 3 of yours"; n0: "from 3 on: c1, and one that is yours"
 *     n2        "my second one is b2, and I have 4 of yours"
 *
 * n1 has a1, b1 and a2. The hub sends c1 and b2 and says "from 3 on". n1 takes them only if it has all before position
 * 3; else it holds them, and asks. n2 sends its own operations by their numbers. Whatever n2 knew when it made b2 it
 * had from the hub, so the hub has that too, and appends b2 after it. A position belongs to one epoch of one life's
 * log, and means nothing in another.
 *
 * **Exactly once, in causal order.** A replica takes a log in order of its positions, each operation once, and skips
 * what it has already from elsewhere. So messages that are lost, doubled or overtaken cost time and change nothing
 * else. (Ladin et al., "Providing High Availability Using Lazy Replication", 1992.)
 *
 * **Finding a common base.** Two replicas may have no position in common: at a first meeting, after a restart, when the
 * hub changes. Then each says by a *version vector* how many operations of each origin it has: n1 above `{a: 2, b: 1}`.
 * From that the other computes the first position of its log whose operation is lacking, and which later ones are not.
 * From there on they speak of positions again. (Petersen et al., "Flexible Update Propagation for Weakly Consistent
 * Replication", 1997.)
 *
 * **Who sends to whom.**
 * - *Star*: leaves send the hub what they make, and the hub sends everyone its log. A node suspects a hub that does not
 *   answer, turns to the next node of the list, and says so to it; that one then acts as the hub for all (see Hubs,
 *   Suspicion). A node asks those that it suspects again and again. While it suspects anyone, it asks random others as
 *   well, so that news crosses partial cuts. A leaf that has got something from another node than its hub sends the hub
 *   its log instead.
 * - *Mesh*: every node sends its log to every other, without the content of what other nodes made: the receiver gets
 *   that from its origin, and waits for it.
 *
 * **Never more than the receiver can take.** Each link has a cursor that only moves forward while acknowledgements
 * come, with a bounded number of bytes in flight (see Outgoing). A replica sends a silent peer a little again, and asks
 * it where it stands; then it sends again only what the peer does not have. The cost of a batch is its own size. A busy
 * link sends at most once a window. Only to a peer that is far behind does it send segment after segment, one a turn,
 * so that requests of clients come between (see Pace).
 *
 * **Merging.** What a replica makes while it sends nothing and gets nothing can be one operation: nobody has seen the
 * parts, and the replica knew the same when it made each of them. So where the program can merge operations, the log
 * fills with time, and not with what clients do.
 *
 * **Lives.** A node that restarts with empty memory is a new origin, and asks every other for what it lacks. It has
 * *recovered* once each has answered this life, and it has all that they had (see Recovering, which says when all must
 * answer twice). From then on nobody counts on what a former life had, and this life has all that anybody counted on that
 * one to have. A node whose memory outlives it goes on as the same origin, in a life that follows the former one, and has
 * recovered if that one had (see Durable).
 *
 * **Stability.** An operation is causally stable once every node has it, and whatever is delivered *later* was made by
 * somebody who had it. (Baquero and Shoker, "Pure Operation-Based Replicated Data Types", 2017, §4.) The least position
 * that all have acknowledged says up to where that is so, if acknowledgements count only
 * - once all is here that their sender had made by then: what is still under way may have been made without knowledge
 *   of what the sender has got since;
 * - from a life that has recovered: by then all nodes have met it, hear its former lives no more, and have told it what
 *   they had heard of them. (Where no program waits for stability or recovery, a life counts from its first answer on;
 *   then positions say what everybody has, and no more.)
 *
 * The hub tells its leaves the stable position, and a leaf believes it once it has all that the hub had when it said
 * so: what was still to come to the hub is then still to come to the leaf. Replicas keep the frontiers of fewer copies
 * in the same way (see Frontiers). Position 0 counts too in a log that was begun from a snapshot: what comes before it
 * is what the snapshot's sender had forgotten, so it was stable there. Whoever has all of this log has all that the
 * sender had by then, so what is still to come was made by somebody who had what is stable.
 *
 * **Forgetting.** Stable operations leave the log. A node that lacks them, because it restarted or came late, gets a
 * snapshot: the program's state, and the operations that are not stable, so that it can hand those on like anybody (see
 * Snapshots). So a replica keeps what is not stable, and one number for each life that there has ever been.
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
  /** The replica begins now. */
  | { readonly _tag: "Start" }
  | { readonly _tag: "Publish"; readonly operation: A }
  | { readonly _tag: "Gossip"; readonly from: NodeId; readonly message: Gossip<A> }
  | { readonly _tag: "Fetch"; readonly from: NodeId; readonly message: Fetch }
  | { readonly _tag: "Chunk"; readonly from: NodeId; readonly message: Chunk<A, S> }
  /** Ask the hub, and tell it these operations with the question. The numbers of questions rise. */
  | { readonly _tag: "Ask"; readonly number: number; readonly operations: ReadonlyArray<A> }
  /** The program waits until this life has heard from every peer. */
  | { readonly _tag: "Recover" }
  | { readonly _tag: "Wake" }

export interface Output<A, S> {
  /** What has happened, in order. The program has to hear of it before anything is sent. */
  readonly events: ReadonlyArray<Event<A>>
  readonly sends: ReadonlyArray<Send<A, S>>
  /** By when the replica has to be woken. */
  readonly wakeAt: number
  /** The message was one that no peer can have sent. */
  readonly isRefused: boolean
}

export interface Replica<A, S> {
  /** `now` is in ms, and never falls. */
  readonly step: (input: Input<A, S>, now: number) => Output<A, S>
  /** The program's state and what the log still has, as they are now. The caller reads all of it at once. */
  readonly snapshot: () => Iterable<Part<A, S>>
  /** How many operations the log has in memory, for tests and measurements. */
  readonly kept: () => number
}

/** What a replica does of its own accord. */
interface Agenda {
  /** When it first speaks; when it has waited long enough for others to speak; when it next looks around. */
  speakAt: number
  listenedAt: number
  lookAt: number
  /** When it has last asked to be woken. */
  wakeAt: number
}

/** A node that is woken so many ms too late was busy, or stood still, and does not hold that time against others. */
const tooLate = 100

const isHeardByAll = <A, S>({ hubs }: State<A, S>): boolean => hubs.shape === "mesh" || hubs.isHub()

/** Asks those peers what they have that `which` chooses. */
const askAbout = <A, S>(state: State<A, S>, which: (peer: NodeId) => boolean): void => {
  for (const peer of peersOf(state)) if (which(peer)) Question.ask(linkTo(state, peer).question, "vector")
}

const start = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  const { now, options: { memory, settings, shape } } = state
  if (memory !== undefined) {
    Snapshots.resume(state, memory)
    Copies.update(state) // a node without peers waits for nobody
  }
  agenda.speakAt = now + settings.silence
  agenda.listenedAt = now
    + (shape === "mesh" ? Math.max(settings.roundTrip, settings.acknowledgeWithin) : settings.roundTrip)
  agenda.lookAt = now + settings.probeEvery
  recoverAlone(state)
}

/** A node without peers has recovered at once. */
const recoverAlone = <A, S>(state: State<A, S>): void => {
  if (Recovering.check(state.recovering, state.log.vector)) state.events.push({ _tag: "Recovered", formerLives: 0 })
}

/**
 * A node that starts may have had a life before, so it asks what others have: its hub, or, if it is the hub, the next
 * node; or every node, if its program waits until it has recovered.
 */
const speak = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  agenda.speakAt = Infinity
  state.isServing = true
  const [first] = peersOf(state)
  askAbout(state, (peer) => peer === first || state.recovering.isWanted)
}

/** Some time after its start the node asks all peers that it should have heard from by now, and has not. */
const listened = <A, S>(state: State<A, S>, agenda: Agenda): void => {
  agenda.listenedAt = Infinity
  if (isHeardByAll(state)) askAbout(state, (peer) => state.links.get(peer)?.life === undefined)
}

/**
 * While something is wrong, asks a random node; and asks any node that has been silent for long while all wait for its
 * acknowledgement.
 */
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

/** A node that was woken late gives others the time that it has missed. */
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

/** Asks the hub, if this node is neither the hub nor in a mesh: there nobody has more than this node does. */
const ask = <A, S>(state: State<A, S>, number: number, operations: ReadonlyArray<A>): void => {
  const { freshness, hubs, now, options: { settings } } = state
  const hub = hubs.current()
  const needsAnswer = hub !== undefined && !hubs.isHub() && freshness.freshAt + settings.maxAge <= now
  if (needsAnswer) Freshness.wait(freshness, number, now)
  else state.events.push({ _tag: "Refreshed", question: number })
  if (operations.length > 0) publish(state, operations)
  else if (needsAnswer) attendTo(state, linkTo(state, hub))
}

/** Tells the program which questions wait no longer. */
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

/** Does what the input calls for. False if it is a message that no peer can have sent. */
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
