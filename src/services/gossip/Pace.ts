/**
 * When a node sends, and how long it waits. A link that has been idle sends at once, a busy one at most once a window
 * (Nagle, RFC 896). All times are in ms.
 */
import type * as Hubs from "./Hubs.ts"
import type { Link } from "./Link.ts"
import type { Settings } from "./Settings.ts"

export interface Pace {
  /** When this node may next push to the peer. */
  readonly pushAt: (link: Link<unknown>) => number
  /** It has pushed at this time. */
  readonly pushed: (link: Link<unknown>, time: number) => void
  /** How long the peer may wait for an acknowledgement. */
  readonly acknowledgeWithin: (link: Link<unknown>) => number
  /** How long a leaf may take to confirm a frontier. */
  readonly confirmWithin: number
  /** When what was sent to the peer counts as lost. */
  readonly expiry: (link: Link<unknown>) => number
  /** For how long a node is restless after something has gone wrong; so long it remembers lives that are over, too. */
  readonly unrest: number
}

/** Where somebody waits for frontiers, acknowledgements are awaited. */
export const make = (settings: Settings, hubs: Hubs.Hubs, areAwaited: boolean): Pace => {
  const window = areAwaited ? settings.leafWindow : settings.acknowledgeWithin
  const confirmWithin = hubs.shape === "mesh" ? window : settings.acknowledgeWithin
  /** The hub pushes to all at once: news is as old everywhere. */
  let round = -Infinity

  return {
    pushAt: (link) => {
      if (!hubs.leads(link)) return link.lastPush + settings.leafWindow
      return link.lastPush < round ? round : round + settings.hubWindow
    },
    pushed: (link, time) => {
      link.lastPush = time
      if (hubs.leads(link) && time >= round + settings.hubWindow) round = time
    },
    acknowledgeWithin: (link) => hubs.leads(link) ? settings.hubWindow : window,
    confirmWithin,
    expiry: ({ awaitingSince, peer, retries }) => {
      if (awaitingSince === undefined) return Infinity
      const answerWithin = settings.roundTrip + (peer === hubs.current() ? settings.hubWindow : confirmWithin)
      return awaitingSince + Math.max(answerWithin, Math.min(settings.probeEvery, 2 ** retries * 500))
    },
    unrest: 2 * settings.probeEvery
  }
}
