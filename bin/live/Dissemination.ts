import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Gossip } from "../../src/services/gossip/Gossip.ts"

const layers = {
  star: Gossip.layerStar,
  thrifty: Gossip.layerThrifty,
  mesh: Gossip.layerMesh,
  relaxed: Gossip.layerRelaxed
}

/**
 * Maelstrom starts all nodes at the same time, and never again reads from one that writes to a node that is not there yet.
 */
const patientAtFirst = ConfigProvider.fromUnknown({ GOSSIP_SILENCE: "100 millis" })

/** Environment variable `GOSSIP_DISSEMINATION`: star, thrifty, mesh or relaxed. */
const layerOr = (fallback: keyof typeof layers) =>
  Config.Literals(["star", "thrifty", "mesh", "relaxed"], "GOSSIP_DISSEMINATION").pipe(
    Config.withDefault(fallback),
    Effect.map((name) => layers[name]),
    Layer.unwrap,
    Layer.provide(ConfigProvider.layerAdd(patientAtFirst))
  )

export const layerGossip = layerOr("star")
/** For what is read seldom enough that a second does not matter. */
export const layerGossipRelaxed = layerOr("relaxed")
