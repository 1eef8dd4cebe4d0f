/**
 * Time as the bench sees it. In a simulation it is virtual and jumps from event to event; in front of real processes it
 * is the time of day. Network, clients and nemesis know nothing else of time, so they serve both.
 */
export interface Timeline {
  /** Milliseconds since the run began. */
  readonly now: () => number
  /** Runs `event` in so many milliseconds; the answer takes that back. */
  readonly after: (delay: number, event: () => void) => () => void
}
