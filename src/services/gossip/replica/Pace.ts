/**
 * When a replica sends to a peer, and how long it waits for an answer. An idle link sends at once, and a busy one at
 * most once a window (Nagle, RFC 896). Only to a peer that is far behind does the replica send as much as may be in
 * flight, one segment a turn, so that requests of clients come between. All times are in ms.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Settings } from "../Settings.ts"
import type * as Hubs from "./Hubs.ts"
import * as Lock from "./Lock.ts"

/** When a link was used last, and by when it is to be used. */
export interface Talk {
  lastHeard: number
  lastPush: number
  /** Since when the peer lacks something that this node has not sent it. */
  lackingSince: number | undefined
  readonly lock: Lock.Lock
  /** Since when this node waits for an answer, and how often it has asked again. */
  awaitingSince: number | undefined
  retries: number
  /** By when this node has to send the peer an acknowledgement, or news of frontiers. */
  oweBy: number
}

export const quiet = (): Talk => ({
  lastHeard: -Infinity,
  lastPush: -Infinity,
  lackingSince: undefined,
  lock: Lock.make(),
  awaitingSince: undefined,
  retries: 0,
  oweBy: Infinity
})

/** The part of a link that its pace depends on. */
interface Paced {
  readonly peer: NodeId
  readonly talk: Talk
}

/** How long one turn lasts, when a peer is far behind. */
export const turn = 1

export interface Pace {
  /** When this node may next push to the peer. `leads`: this node is the peer's hub. */
  readonly pushAt: (link: Paced, leads: boolean) => number
  /** This node has pushed to the peer at this time. */
  readonly pushed: (link: Paced, leads: boolean, time: number) => void
  /** When this node may next send a segment to a peer that is far behind; and that it has sent one. */
  readonly segmentAt: () => number
  readonly sentSegment: (time: number) => void
  /** How long this node may hold back an acknowledgement for the peer. */
  readonly acknowledgeWithin: (leads: boolean) => number
  /** How long a leaf may hold back that it knows a frontier. */
  readonly confirmWithin: number
  /** When this node has waited for too long for the peer's answer. */
  readonly expiry: (link: Paced) => number
  /**
   * For how long a node is restless after something has gone wrong: it asks random others, and remembers which lives
   * are over.
   */
  readonly unrest: number
}

/** `areAwaited`: the program waits for frontiers, so peers acknowledge sooner. */
export const make = (settings: Settings, hubs: Hubs.Hubs, areAwaited: boolean): Pace => {
  const window = areAwaited ? settings.leafWindow : settings.acknowledgeWithin
  const confirmWithin = hubs.shape === "mesh" ? window : settings.acknowledgeWithin
  const hubAcknowledgesWithin = settings.hubWait + settings.hubWindow
  /** When the present cycle began: the hub pushes to all leaves in it, so that news is as old everywhere. */
  let cycleBeganAt = -Infinity
  let lastSegment = -Infinity

  return {
    pushAt: ({ talk }, leads) => {
      const { lackingSince = -Infinity, lastPush } = talk
      if (!leads) {
        const locked = settings.lockMargin > 0 ? Lock.sendAt(talk.lock, lackingSince, settings.hubWindow) : lackingSince
        return Math.max(locked + settings.leafWait, lastPush + settings.leafWindow)
      }
      const isInCycle = lastPush < cycleBeganAt && (settings.lockMargin === 0 || lackingSince <= cycleBeganAt)
      return Math.max(lackingSince + settings.hubWait, isInCycle ? cycleBeganAt : cycleBeganAt + settings.hubWindow)
    },
    pushed: ({ talk }, leads, time) => {
      talk.lastPush = time
      if (leads && time >= cycleBeganAt + settings.hubWindow) cycleBeganAt = time
    },
    segmentAt: () => lastSegment + turn,
    sentSegment: (time) => {
      lastSegment = time
    },
    acknowledgeWithin: (leads) => leads ? hubAcknowledgesWithin : window,
    confirmWithin,
    expiry: ({ peer, talk: { awaitingSince, retries } }) => {
      if (awaitingSince === undefined) return Infinity
      const answerWithin = settings.roundTrip + (peer === hubs.current() ? hubAcknowledgesWithin : confirmWithin)
      return awaitingSince + Math.max(answerWithin, Math.min(settings.probeEvery, 2 ** retries * 500))
    },
    unrest: 2 * settings.probeEvery
  }
}
