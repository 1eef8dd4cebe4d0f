import * as Effect from "effect/Effect"
import { Kafka } from "gossip-girl/programs/Kafka"
import { Gossip } from "gossip-girl/services/Gossip"

export const program = Effect.provide(Kafka, Gossip.layerStar)
