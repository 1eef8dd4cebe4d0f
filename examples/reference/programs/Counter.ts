import * as Effect from "effect/Effect"
import { GCounter, PnCounter } from "gossip-girl/programs/Counter"
import { Gossip } from "gossip-girl/services/Gossip"

export const growOnly = Effect.provide(GCounter, Gossip.layerRelaxed)
export const anyDirection = Effect.provide(PnCounter, Gossip.layerRelaxed)
