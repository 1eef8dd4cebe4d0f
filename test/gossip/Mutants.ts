/**
 * Gossip that is wrong on purpose: its source with one passage replaced. Everything but the patched modules is the very
 * same as in the harness, so a mutant differs from what is tested elsewhere by that passage alone.
 */
import * as esbuild from "esbuild"
import * as fs from "node:fs"
import * as vm from "node:vm"
import type * as Gossips from "../../src/services/Gossip.ts"
import type * as Cluster from "./Cluster.ts"

const services = new URL("../../src/services/", import.meta.url)

/** The modules that can be patched; one that imports another comes after it. */
const modules = ["CausalLog", "Gossip"] as const

export interface Patch {
  readonly module: (typeof modules)[number]
  readonly find: string
  readonly replace: string
}

/** The source with the patches applied, each of which fits exactly once. */
export const patched = (module: Patch["module"], patches: ReadonlyArray<Patch>): string => {
  let text = fs.readFileSync(new URL(`${module}.ts`, services), "utf8")
  for (const patch of patches) {
    if (patch.module !== module) continue
    const { length } = text.split(patch.find)
    if (length !== 2) throw new Error(`found ${length - 1} times in ${module}.ts, not once: ${patch.find}`)
    text = text.replace(patch.find, () => patch.replace)
  }
  return text
}

type Layers = Record<Cluster.Shape, Cluster.GossipLayer>

/** Loads Gossip with these patches, and with none if there are none, side by side with the one that is in use. */
export const load = async (patches: ReadonlyArray<Patch>): Promise<Layers> => {
  const loaded = new Map<string, Record<string, unknown>>()
  for (const module of modules) {
    const { code } = esbuild.transformSync(patched(module, patches), { loader: "ts", format: "cjs", target: "node20" })
    for (const [, specifier] of code.matchAll(/require\("(.+?)"\)/g)) {
      if (loaded.has(specifier!)) continue
      const from = specifier!.startsWith(".") ? new URL(specifier!, services).href : specifier!
      loaded.set(specifier!, await import(/* @vite-ignore */ from))
    }
    const self: { exports: Record<string, unknown> } = { exports: {} }
    const wrapper = vm.compileFunction(code, ["require", "module", "exports"], { filename: `patched ${module}.ts` })
    wrapper((specifier: string) => loaded.get(specifier), self, self.exports)
    loaded.set(`./${module}.ts`, self.exports)
  }
  const { Gossip } = loaded.get("./Gossip.ts") as unknown as typeof Gossips
  return { star: Gossip.layerStar, mesh: Gossip.layerMesh }
}
