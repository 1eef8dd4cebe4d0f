/**
 * All that a replica knows, and what it has to say to the world at the end of a step. Each part belongs to the module
 * that works on it.
 */
import type { NodeId } from "../../../schema/Address.ts"
import * as Protocol from "../../../schema/ReplicaProtocol.ts"
import type { Origin, VersionVector } from "../../../schema/VersionVector.ts"
import type { Settings } from "../Settings.ts"
import * as Freshness from "./Freshness.ts"
import * as Frontiers from "./Frontiers.ts"
import * as Hubs from "./Hubs.ts"
import * as Link from "./Link.ts"
import * as Log from "./Log.ts"
import * as Pace from "./Pace.ts"
import * as Recovering from "./Recovering.ts"
import * as SnapshotReceiver from "./SnapshotReceiver.ts"
import * as SnapshotSender from "./SnapshotSender.ts"

/** A state that is on its way from another replica, part by part, beside the one in use. */
export interface Restoring<S> {
  readonly add: (part: S) => void
  /** The state is whole: it takes the place of the one in use. */
  readonly install: () => void
}

/** Operations of one origin, one after the other; if they are merged, all of them are one with the operation before. */
export interface Run<A> {
  readonly origin: Origin
  readonly ops: ReadonlyArray<A>
  readonly isMerged?: true
}

/** What one life leaves to the next: a state, what was delivered after it, and whether the life had recovered. */
export interface Memory<A, S> {
  readonly snapshot: SnapshotReceiver.Assembly<A, S> | undefined
  readonly runs: ReadonlyArray<Run<A>>
  readonly isRecovered: boolean
}

export interface Options<A, S> {
  readonly shape: Hubs.Shape
  readonly settings: Settings
  readonly self: NodeId
  /** Every node of the cluster, this one included, in the same order at every node. */
  readonly members: ReadonlyArray<NodeId>
  readonly life: Protocol.Life
  /** What earlier lives of the same origin have left. */
  readonly memory?: Memory<A, S>
  /** A random number from 0 to 1, another one at each call. */
  readonly random: () => number
  /** How many bytes an operation, or a part of a state, takes as JSON. */
  readonly sizeOf: (operation: A) => number
  readonly sizeOfState: (part: S) => number
  /** The program's state as it is now, in parts that are read later. */
  readonly snapshot: () => Iterable<S>
  readonly restore: () => Restoring<S>
  /**
   * One operation instead of two that this node has made one after the other; undefined if there is none, or it would
   * be too large.
   */
  readonly merge?: ((earlier: A, later: A) => A | undefined) | undefined
  /** The program waits for the frontiers of so many copies; that of all nodes is the stable one. */
  readonly copies: ReadonlyArray<number>
}

/** What has happened, in order; the program is told before anything is sent. */
export type Event<A> =
  | { readonly _tag: "Delivered"; readonly entry: Log.Entry<A> }
  | { readonly _tag: "Advanced"; readonly advance: Frontiers.Advance<A> }
  | { readonly _tag: "Restored"; readonly install: () => void }
  | { readonly _tag: "Recovered"; readonly formerLives: number }
  /** This question is answered, or the node waits for its answer no longer. */
  | { readonly _tag: "Refreshed"; readonly question: number }

export type Send<A, S> =
  | { readonly _tag: "Gossip"; readonly to: NodeId; readonly message: Protocol.Gossip<A> }
  | { readonly _tag: "Fetch"; readonly to: NodeId; readonly message: Protocol.Fetch }
  | { readonly _tag: "Chunk"; readonly to: NodeId; readonly message: Protocol.Chunk<A, S> }

export interface State<A, S> {
  readonly options: Options<A, S>
  readonly me: Origin
  readonly log: Log.Log<A>
  readonly links: Map<NodeId, Link.Link<A>>
  readonly hubs: Hubs.Hubs
  readonly pace: Pace.Pace
  readonly frontiers: ReadonlyArray<Frontiers.Frontier>
  /**
   * Whether this node knows that some frontiers go further than it has moved them: it moves them on at the next turn.
   */
  isBehind: boolean
  /** Whether the program waits for any frontier. */
  readonly areAwaited: boolean
  readonly recovering: Recovering.Recovering
  readonly freshness: Freshness.Freshness
  readonly donor: SnapshotSender.SnapshotSender<A, S>
  readonly heir: SnapshotReceiver.SnapshotReceiver<A, S>
  /** In ms. */
  now: number
  /** False while the node still waits for the others to start: until then it says nothing. */
  isServing: boolean
  /** The position of the last operation, if this node made it and has sent nothing since: nobody else knows of it. */
  untold: number | undefined
  /** Until when this node asks random others: they may have what was on its way through a node that is gone. */
  restlessUntil: number
  /** The links that hold segments whose turn has not come. */
  readonly holding: Set<Link.Link<A>>
  events: Array<Event<A>>
  sends: Array<Send<A, S>>
}

export const make = <A, S>(options: Options<A, S>): State<A, S> => {
  const { copies, life, members, self, settings, shape, sizeOf } = options
  const hubs = Hubs.make(shape, self, members)
  const all = members.length
  return {
    options,
    me: Protocol.originOf(self, life),
    log: Log.make(sizeOf),
    links: new Map(),
    hubs,
    pace: Pace.make(settings, hubs, copies.length > 0),
    frontiers: [
      Frontiers.make(all, copies.includes(all)),
      ...copies.filter((count) => count !== all).map((count) => Frontiers.make(count, true))
    ],
    isBehind: false,
    areAwaited: copies.length > 0,
    recovering: Recovering.make(members.filter((id) => id !== self), copies.length > 0),
    freshness: Freshness.make(),
    donor: SnapshotSender.make(),
    heir: SnapshotReceiver.make(),
    now: 0,
    isServing: false,
    untold: undefined,
    restlessUntil: -Infinity,
    holding: new Set(),
    events: [],
    sends: []
  }
}

/** The link to a peer; makes it when it is first needed. */
export const linkTo = <A, S>({ links }: State<A, S>, peer: NodeId): Link.Link<A> => {
  const known = links.get(peer)
  if (known !== undefined) return known
  const link = Link.make<A>(peer)
  links.set(peer, link)
  return link
}

export const peersOf = <A, S>({ options: { members, self } }: State<A, S>): ReadonlyArray<NodeId> =>
  members.filter((id) => id !== self)

export const owe = <A, S>({ now }: State<A, S>, { talk }: Link.Link<A>, within: number): void => {
  talk.oweBy = Math.min(talk.oweBy, now + within)
}

/** Whether this node sends the peer what others publish, without being asked. */
export const leads = <A, S>({ hubs }: State<A, S>, link: Link.Link<A>): boolean =>
  hubs.shape === "star" && (link.isChild || hubs.isHub())

export const ownCount = <A, S>({ log, me }: State<A, S>): number => log.vector.get(me) ?? 0

/** The frontier of all nodes. */
export const stable = <A, S>({ frontiers }: State<A, S>): VersionVector => frontiers[0]!.vector

/** Delivers the next operation of this origin. */
export const deliver = <A, S>({ events, log }: State<A, S>, origin: Origin, operation: A): Log.Entry<A> => {
  const entry = log.append(origin, operation)
  events.push({ _tag: "Delivered", entry })
  return entry
}

/**
 * Merges this operation with the last one, if nobody else knows of that and the program can merge them; says whether it
 * has.
 */
export const mergeWithUntold = <A, S>(state: State<A, S>, operation: A): boolean => {
  const { events, log, me, options: { merge }, untold } = state
  if (merge === undefined || untold === undefined || untold !== log.end() - 1 || untold < log.first()) return false
  if (!log.amend((last) => merge(last, operation))) return false
  events.push({ _tag: "Delivered", entry: { origin: me, sequence: ownCount(state), operation } })
  return true
}
