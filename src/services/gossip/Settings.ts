/**
 * How patient nodes are that gossip: one setting for each way to spread operations.
 */
import * as Config from "effect/Config"
import { millis } from "../Variable.ts"

/** All in milliseconds. */
export interface Settings {
  /** How often a busy leaf sends to the hub, at the most; in a mesh, any node to any other. */
  readonly leafWindow: number
  /** How often the hub sends to a busy leaf, at the most; it acknowledges within this time too. */
  readonly hubWindow: number
  /** How long the hub waits for a leaf to ask before it sends it what is new, if leaves ask before they read. */
  readonly hubWait: number
  /** How long anyone but the hub waits for something that an acknowledgement can ride on, if nobody waits for it. */
  readonly acknowledgeWithin: number
  /** After how long without an answer a message counts as lost, besides the time that its receiver may take. */
  readonly roundTrip: number
  /** How long a gap may stay open before it is asked for. */
  readonly gap: number
  /** The longest time between two attempts to reach a node that is silent, and between two random questions. */
  readonly probeEvery: number
  /** How long a node that starts says nothing, so that all others are there when it does. */
  readonly silence: number
  /** How long what a leaf has made waits for company before the hub is told, and how old a copy may be that is read. */
  readonly leafWait: number
  readonly maxAge: number
  /** How long before a push of the hub a leaf's message is to come; 0 if leaves do not heed the hub's pushes. */
  readonly lockMargin: number
  readonly asks: Asks
}

/** What a leaf asks the hub about: nothing, reads, or reads and what it publishes. */
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
/** Cycles: the hub pushes to all leaves at once, and what leaves say comes just before it does. */
const inCycles = { ...defaults, acknowledgeWithin: 3000, lockMargin: 5 }
export const locked = settings({ ...inCycles, hubWindow: 380 })
/** Cycles so long that messages are few and news takes a second. */
export const thrifty = settings({ ...inCycles, leafWindow: 700, hubWindow: 1600 })
export const mesh = settings({ ...defaults, leafWindow: 10, hubWindow: 10, acknowledgeWithin: 3000 })
/** Leaves tell the hub at once, and ask it before they read; whoever does not read is told after two seconds. */
const pulling = { ...defaults, leafWindow: 10, hubWait: 1800, acknowledgeWithin: 3000, asks: "reads" as const }
export const pull = settings(pulling)
/** The same, but what is published is acknowledged when the hub has it. */
export const acknowledged = settings({ ...pulling, asks: "everything" })
/** Pull with bounded staleness: leaves gather what they tell the hub, and read again a copy that was fresh just now. */
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
