import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { IdGenerator } from "gossip-girl/services/IdGenerator"
import { Timestamps } from "gossip-girl/services/Timestamps"

const twoIds = Effect.gen(function*() {
  const ids = yield* IdGenerator
  return [yield* ids.next, yield* ids.next]
})

export const flake = Effect.provide(twoIds, IdGenerator.layerFlake) // in order of time
export const random = Effect.provide(twoIds, IdGenerator.layerRandom) // 128 bits
export const central = Effect.provide(twoIds, Layer.provide(IdGenerator.layerCentral, Timestamps.layer)) // from lin-tso
