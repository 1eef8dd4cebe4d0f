import * as Effect from "effect/Effect"
import { run } from "gossip-girl/Live"
import { Broadcast } from "gossip-girl/programs/Broadcast"
import { Gossip } from "gossip-girl/services/Gossip"

run(Effect.provide(Broadcast, Gossip.layerStar))
