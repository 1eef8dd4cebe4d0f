/**
 * Gossip that is wrong on purpose.
 */
import type * as Gossips from "../../../src/services/gossip/Gossip.ts"
import { type GossipModule, gossipModules } from "../../wrong/GossipModules.ts"
import * as Patched from "../../wrong/Patched.ts"
import type * as Cluster from "./Cluster.ts"

export type Patch = Patched.Patch<GossipModule>

type Layers = Record<Cluster.Shape | "pull" | "acknowledged", Cluster.GossipLayer>

/** Loads Gossip with these patches, and with none if there are none, side by side with the one that is in use. */
export const load = async (patches: ReadonlyArray<Patch>): Promise<Layers> => {
  const gossip = (await Patched.load(gossipModules, patches)).at(-1)
  const { Gossip } = gossip as unknown as typeof Gossips // that is the module
  return {
    star: Gossip.layerStar,
    mesh: Gossip.layerMesh,
    pull: Gossip.layerPull,
    acknowledged: Gossip.layerAcknowledged
  }
}
