import * as Layer from "effect/Layer"
import { UniqueIds } from "../../programs/UniqueIds.ts"
import { UniqueIdsProtocol } from "../../schema/UniqueIdsProtocol.ts"
import { IdGenerator } from "../../services/ids/IdGenerator.ts"
import { Timestamps } from "../../services/ids/Timestamps.ts"
import { UniqueIdsWorkload } from "../../workloads/unique-ids/UniqueIdsWorkload.ts"
import { type Entry, overAnyOf } from "../Entry.ts"

export const uniqueIds = () =>
  overAnyOf("ID_GENERATOR", UniqueIds, {
    flake: IdGenerator.layerFlake,
    random: IdGenerator.layerRandom,
    central: Layer.provide(IdGenerator.layerCentral, Timestamps.layer)
  })

export const entry = () =>
  ({
    protocol: UniqueIdsProtocol,
    workload: UniqueIdsWorkload,
    programs: uniqueIds(),
    challenges: [{
      id: "2",
      options: {
        nodeCount: 3,
        concurrency: 3,
        timeLimit: 30_000,
        rate: 1000,
        availability: 1,
        nemesis: ["partition"]
      }
    }],
    stricter: "clients whose request got no answer are gone for good"
  }) satisfies Entry
