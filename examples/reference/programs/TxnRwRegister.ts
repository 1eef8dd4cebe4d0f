import * as Effect from "effect/Effect"
import { TxnRwRegister } from "gossip-girl/programs/TxnRwRegister"
import { Gossip } from "gossip-girl/services/Gossip"

export const program = Effect.provide(TxnRwRegister, Gossip.layerStar)
