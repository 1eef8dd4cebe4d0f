/**
 * When a replica sends, and how long it waits. A link that has been idle sends at once, a busy one at most once a window
 * (Nagle, RFC 896). Only who is far behind is sent as much as may be in flight, one segment a turn, so that what clients
 * ask comes between. All times are in ms.
 */
import type { NodeId } from "../../../schema/Address.ts"
import type { Settings } from "../Settings.ts"
import type * as Hubs from "./Hubs.ts"
import * as Lock from "./Lock.ts"

/** When a link has been used, and is to be used. */
export interface Talk {
  lastHeard: number
  lastPush: number
  /** Since when the peer has lacked something that it has not been sent. */
  lackingSince: number | undefined
  readonly lock: Lock.Lock
  /** Since when something that was sent awaits an answer, and how often it has been asked for. */
  awaitingSince: number | undefined
  retries: number
  /** When the peer gets an acknowledgement, or news of frontiers, at the latest. */
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

/** A link, as far as its pace goes. */
interface Paced {
  readonly peer: NodeId
  readonly talk: Talk
}

/** How long one turn ends before the next begins, when somebody is far behind. */
export const turn = 1

export interface Pace {
  /** When this node may next push to the peer; `leads` says that it is the peer's hub. */
  readonly pushAt: (link: Paced, leads: boolean) => number
  /** It has pushed at this time. */
  readonly pushed: (link: Paced, leads: boolean, time: number) => void
  /** When this node may next send a segment to somebody far behind; and that it has. */
  readonly segmentAt: () => number
  readonly sentSegment: (time: number) => void
  /** How long the peer may wait for an acknowledgement. */
  readonly acknowledgeWithin: (leads: boolean) => number
  /** How long a leaf may take to confirm a frontier. */
  readonly confirmWithin: number
  /** When what was sent to the peer has been awaited for too long. */
  readonly expiry: (link: Paced) => number
  /** For how long a node is restless after something has gone wrong; so long it remembers lives that are over, too. */
  readonly unrest: number
}

/** Where somebody waits for frontiers, acknowledgements are awaited. */
export const make = (settings: Settings, hubs: Hubs.Hubs, areAwaited: boolean): Pace => {
  const window = areAwaited ? settings.leafWindow : settings.acknowledgeWithin
  const confirmWithin = hubs.shape === "mesh" ? window : settings.acknowledgeWithin
  const hubAcknowledgesWithin = settings.hubWait + settings.hubWindow
  /** The hub pushes to all at once: news is as old everywhere. */
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
