/**
 * Modules of this project that are wrong on purpose: their source with passages replaced. Everything that is not patched
 * is the very same as in use, so a mutant differs from what is tested elsewhere by those passages alone.
 */
import * as esbuild from "esbuild"
import * as fs from "node:fs"
import * as vm from "node:vm"

const source = new URL("../../src/", import.meta.url)

/** A module is a path in `src`, such as `services/gossip/Gossip`. */
export interface Patch<Module extends string = string> {
  readonly module: Module
  readonly find: string
  readonly replace: string
}

const url = (module: string): URL => new URL(`${module}.ts`, source)

/** The source with the patches applied, each of which fits exactly once. */
export const text = (module: string, patches: ReadonlyArray<Patch>): string => {
  let text = fs.readFileSync(url(module), "utf8")
  for (const patch of patches) {
    if (patch.module !== module) continue
    const { length } = text.split(patch.find)
    if (length !== 2) throw new Error(`found ${length - 1} times in ${module}.ts, not once: ${patch.find}`)
    text = text.replace(patch.find, () => patch.replace)
  }
  return text
}

/** By the text that it is made of. */
const compiled = new Map<string, string>()

/** As CommonJS. */
const compile = (text: string): string => {
  const code = compiled.get(text) ?? esbuild.transformSync(text, { loader: "ts", format: "cjs", target: "node20" }).code
  compiled.set(text, code)
  return code
}

/**
 * Loads these modules; one that imports another comes after it. Those that are patched, and those that import one of
 * these, are loaded side by side with those in use; where there are no patches all are. The answer is what each of them
 * exports.
 */
export const load = async (
  modules: ReadonlyArray<string>,
  patches: ReadonlyArray<Patch>
): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const loaded = new Map<string, Record<string, unknown>>()
  const aside = new Set<string>()
  for (const module of modules) {
    const { href } = url(module)
    const resolve = (specifier: string): string => specifier.startsWith(".") ? new URL(specifier, href).href : specifier
    const code = compile(text(module, patches))
    const imports = Array.from(code.matchAll(/require\("(.+?)"\)/g), ([, specifier]) => resolve(specifier!))
    const isPatched = patches.length === 0 || patches.some((patch) => patch.module === module)
    if (!isPatched && !imports.some((imported) => aside.has(imported))) {
      loaded.set(href, await import(/* @vite-ignore */ href))
      continue
    }
    for (const from of imports) {
      if (!loaded.has(from)) loaded.set(from, await import(/* @vite-ignore */ from))
    }
    const self: { exports: Record<string, unknown> } = { exports: {} }
    const wrapper = vm.compileFunction(code, ["require", "module", "exports"], { filename: `patched ${module}.ts` })
    wrapper((specifier: string) => loaded.get(resolve(specifier)), self, self.exports)
    loaded.set(href, self.exports)
    aside.add(href)
  }
  return modules.map((module) => loaded.get(url(module).href)!)
}
