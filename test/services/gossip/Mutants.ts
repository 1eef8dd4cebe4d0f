/**
 * Gossip that is wrong on purpose.
 */
import type * as Gossips from "../../../src/services/gossip/Gossip.ts"
import { type GossipModule, gossipModules } from "../../wrong/GossipModules.ts"
import * as Patched from "../../wrong/Patched.ts"
import type * as Cluster from "./Cluster.ts"

export type Patch = Patched.Patch<GossipModule>

/** A module of the replica, with one passage replaced. */
export const patch = (module: string, find: string, replace: string): Patch => ({
  module: `services/gossip/replica/${module}` as GossipModule, // Patched fails if there is none
  find,
  replace
})

/**
 * Bounds so small that a few operations are many messages: streams, windows that are full, and snapshots of many parts
 * happen all the time. Nothing is wrong with that.
 */
export const tiny: ReadonlyArray<Patch> = [
  patch("Sending", "{ operations: 1000, bytes: 32_768 }", "{ operations: 8, bytes: 64 }"),
  patch("Sending", "{ operations: 100, bytes: 2048 }", "{ operations: 2, bytes: 8 }"),
  patch("Sending", "{ operations: 6000, bytes: 262_144 }", "{ operations: 100, bytes: 512 }"),
  patch("SnapshotSender", "const partBytes = 32_768", "const partBytes = 100")
]

type Layers = Record<Cluster.Shape | "pull" | "acknowledged" | "locked", Cluster.GossipLayer>

/** Loads Gossip with these patches, and with none if there are none, side by side with the one that is in use. */
export const load = async (patches: ReadonlyArray<Patch>): Promise<Layers> => {
  const gossip = (await Patched.load(gossipModules, patches)).at(-1)
  const { Gossip } = gossip as unknown as typeof Gossips // that is the module
  return {
    star: Gossip.layerStar,
    mesh: Gossip.layerMesh,
    pull: Gossip.layerPull,
    acknowledged: Gossip.layerAcknowledged,
    locked: Gossip.layerLocked
  }
}
