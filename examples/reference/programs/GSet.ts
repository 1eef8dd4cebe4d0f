import * as Effect from "effect/Effect"
import { GSet } from "gossip-girl/programs/GSet"
import { Gossip } from "gossip-girl/services/Gossip"

export const program = Effect.provide(GSet, Gossip.layerStar)
