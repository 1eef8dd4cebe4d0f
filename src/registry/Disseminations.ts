/**
 * Programs over Gossip, which can spread operations in several ways.
 */
import type * as Effect from "effect/Effect"
import { Gossip } from "../services/gossip/Gossip.ts"
import * as Entry from "./Entry.ts"

const layers = {
  star: Gossip.layerStar,
  mesh: Gossip.layerMesh,
  thrifty: Gossip.layerThrifty,
  relaxed: Gossip.layerRelaxed,
  locked: Gossip.layerLocked
}

export type Dissemination = keyof typeof layers

/** The environment variable of their executables. */
export const variable = "GOSSIP_DISSEMINATION"

/** For programs that read through Gossip. */
const fresh = { pull: Gossip.layerPull, acknowledged: Gossip.layerAcknowledged, bounded: Gossip.layerBounded }

export type Freshness = keyof typeof fresh

/** The program over each of them, `first` the default. */
export const overGossip = <E>(
  program: Effect.Effect<void, E, Gossip | Entry.Base>,
  first: Dissemination
): Readonly<Record<Dissemination, Entry.Program>> =>
  Entry.overAnyOf(variable, program, { [first]: layers[first], ...layers })

/** The same for a program that reads through Gossip: over those, too, that make a copy fresh before it is read. */
export const overFreshGossip = <E>(
  program: Effect.Effect<void, E, Gossip | Entry.Base>,
  first: Dissemination
): Readonly<Record<Dissemination | Freshness, Entry.Program>> =>
  Entry.overAnyOf(variable, program, { [first]: layers[first], ...layers, ...fresh })
