import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Gossip } from "../../src/services/Gossip.ts"

const layers = { star: Gossip.layerStar, thrifty: Gossip.layerThrifty, mesh: Gossip.layerMesh }

/** Environment variable `GOSSIP_DISSEMINATION`: star (the default), thrifty or mesh. */
const dissemination = Config.Literals(["star", "thrifty", "mesh"], "GOSSIP_DISSEMINATION").pipe(
  Config.withDefault("star")
)

export const layerGossip = Layer.unwrap(Effect.map(dissemination, (name) => layers[name]))
