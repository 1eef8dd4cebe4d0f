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
  relaxed: Gossip.layerRelaxed
}

export type Dissemination = keyof typeof layers

/** The environment variable of their executables. */
export const variable = "GOSSIP_DISSEMINATION"

/** The program over each of them, `first` the default. */
export const overGossip = <E>(
  program: Effect.Effect<void, E, Gossip | Entry.Base>,
  first: Dissemination
): Readonly<Record<Dissemination, Entry.Program>> =>
  Entry.overAnyOf(variable, program, { [first]: layers[first], ...layers })
