/**
 * The programs that can be simulated, each with the services of its own that it runs over.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Echo } from "../programs/Echo.ts"
import { UniqueIds } from "../programs/UniqueIds.ts"
import { IdGenerator } from "../services/IdGenerator.ts"
import { Timestamps } from "../services/Timestamps.ts"
import type { Program } from "./SimulatedNode.ts"

const central = Layer.provide(IdGenerator.layerCentral, Timestamps.layer)

/** The first program of a workload is its default. */
export const Programs = {
  echo: { echo: Echo },
  "unique-ids": {
    flake: Effect.provide(UniqueIds, IdGenerator.layerFlake),
    random: Effect.provide(UniqueIds, IdGenerator.layerRandom),
    central: Effect.provide(UniqueIds, central)
  }
} as const satisfies Record<string, Record<string, Program>>
