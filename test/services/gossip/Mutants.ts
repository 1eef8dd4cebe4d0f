/**
 * Gossip that is wrong on purpose.
 */
import type * as Gossips from "../../../src/services/gossip/Gossip.ts"
import * as Patched from "../../wrong/Patched.ts"
import type * as Cluster from "./Cluster.ts"

/** One that imports another comes after it. */
const modules = ["CausalLog", "Link", "Gossip"] as const

export type Patch = Patched.Patch<(typeof modules)[number]>

const path = (module: Patch["module"]): string => `services/gossip/${module}`

const paths = (patches: ReadonlyArray<Patch>): ReadonlyArray<Patched.Patch> =>
  patches.map((patch) => ({ ...patch, module: path(patch.module) }))

/** The source with the patches applied, each of which fits exactly once. */
export const patched = (module: Patch["module"], patches: ReadonlyArray<Patch>): string =>
  Patched.text(path(module), paths(patches))

type Layers = Record<Cluster.Shape, Cluster.GossipLayer>

/** Loads Gossip with these patches, and with none if there are none, side by side with the one that is in use. */
export const load = async (patches: ReadonlyArray<Patch>): Promise<Layers> => {
  const gossip = (await Patched.load(modules.map(path), paths(patches))).at(-1)
  const { Gossip } = gossip as unknown as typeof Gossips // that is the module
  return { star: Gossip.layerStar, mesh: Gossip.layerMesh }
}
