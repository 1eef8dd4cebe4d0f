/**
 * How long nodes that gossip wait for what: one set of times for each way to spread operations (see the layers of
 * Gossip).
 */
import * as Config from "effect/Config"
import { millis } from "../Variable.ts"

/** All in milliseconds. */
export interface Settings {
  /** The least time between two messages of a leaf to the hub; in a mesh, of any node to any other. */
  readonly leafWindow: number
  /** The least time between two messages of the hub to a leaf; the hub acknowledges within this time too. */
  readonly hubWindow: number
  /** Where leaves ask before they read: how long the hub waits for a leaf to ask before it sends what is new. */
  readonly hubWait: number
  /** How long a node other than the hub may hold an acknowledgement back, so that it goes with another message. */
  readonly acknowledgeWithin: number
  /**
   * After how long without an answer a message counts as lost. The time for which the receiver may hold the answer back
   * comes on top.
   */
  readonly roundTrip: number
  /** How long a node waits for what is missing between two messages before it asks for that. */
  readonly gap: number
  /** The longest time between two attempts to reach a silent node, and between two questions to random nodes. */
  readonly probeEvery: number
  /** How long a node that starts says nothing, so that all others have started when it speaks. */
  readonly silence: number
  /** How long a leaf gathers what it makes before it tells the hub. */
  readonly leafWait: number
  /** How old a copy may be that a node reads without asking the hub. */
  readonly maxAge: number
  /**
   * How long before a push of the hub a leaf's message is to come; 0 if leaves do not time their messages by pushes.
   */
  readonly lockMargin: number
  readonly asks: Asks
}

/** What waits until the hub has answered a question: nothing, reads, or reads and what is published; see Rounds. */
export type Asks = "never" | "reads" | "everything"

/** Environment variables such as `GOSSIP_HUB_WINDOW="200 millis"`. */
const settings = (defaults: Settings): Config.Config<Settings> =>
  Config.all({
    leafWindow: millis("GOSSIP_LEAF_WINDOW", defaults.leafWindow),
    hubWindow: millis("GOSSIP_HUB_WINDOW", defaults.hubWindow),
    hubWait: millis("GOSSIP_HUB_WAIT", defaults.hubWait),
    acknowledgeWithin: millis("GOSSIP_ACKNOWLEDGE_WITHIN", defaults.acknowledgeWithin),
    roundTrip: millis("GOSSIP_ROUND_TRIP", defaults.roundTrip),
    gap: millis("GOSSIP_GAP", defaults.gap),
    probeEvery: millis("GOSSIP_PROBE_EVERY", defaults.probeEvery),
    silence: millis("GOSSIP_SILENCE", defaults.silence),
    leafWait: millis("GOSSIP_LEAF_WAIT", defaults.leafWait),
    maxAge: millis("GOSSIP_MAX_AGE", defaults.maxAge),
    lockMargin: millis("GOSSIP_LOCK_MARGIN", defaults.lockMargin),
    asks: Config.succeed(defaults.asks)
  })

const defaults = {
  leafWindow: 50,
  hubWindow: 200,
  hubWait: 0,
  acknowledgeWithin: 1500,
  roundTrip: 1000,
  gap: 400,
  probeEvery: 1000,
  silence: 0,
  leafWait: 0,
  maxAge: 0,
  lockMargin: 0,
  asks: "never" as const
}
export const star = settings(defaults)
/** The hub pushes to all leaves once a cycle, and what a leaf sends comes just before the next push. */
const inCycles = { ...defaults, acknowledgeWithin: 3000, lockMargin: 5 }
export const locked = settings({ ...inCycles, hubWindow: 380 })
/** Cycles so long that messages are few, and news takes a second. */
export const thrifty = settings({ ...inCycles, leafWindow: 700, hubWindow: 1600 })
export const mesh = settings({ ...defaults, leafWindow: 10, hubWindow: 10, acknowledgeWithin: 3000 })
/**
 * Leaves tell the hub at once, and ask it before they read. The hub tells a leaf that does not read after two seconds.
 */
const pulling = { ...defaults, leafWindow: 10, hubWait: 1800, acknowledgeWithin: 3000, asks: "reads" as const }
export const pull = settings(pulling)
/** Pull, and a program acknowledges what it publishes when the hub has it. */
export const acknowledged = settings({ ...pulling, asks: "everything" })
/**
 * Pull with bounded staleness: a leaf gathers what it tells the hub, and reads its copy if that was fresh a moment ago.
 */
export const bounded = settings({ ...pulling, leafWait: 110, maxAge: 100 })
/** News within a second and two hops, for few messages. */
export const relaxedStar = settings({ ...defaults, leafWindow: 475, hubWindow: 475 })
export const relaxedMesh = settings({
  ...defaults,
  leafWindow: 970,
  hubWindow: 970,
  acknowledgeWithin: 3000,
  probeEvery: 1500
})
