// What the type checker of the playground knows: the declarations of Effect and of the language, and the modules of this
// project, as far as programs in the editor can import them.
import { readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { deflateRawSync } from "node:zlib"

const root = join(import.meta.dirname, "../..")

/** Where the files of a folder of the checker are. */
const folders = {
  "/effect/": "node_modules/effect/dist/",
  "/lib/": "node_modules/typescript/lib/",
  "/src/": "src/",
  "/site/": "bin/site/effect/"
}

const textOf = (/** @type {string} */ path) => {
  const [folder, there] = Object.entries(folders).find(([folder]) => path.startsWith(folder)) ?? ["", ""]
  try {
    const text = readFileSync(join(root, there, path.slice(folder.length)), "utf8")
    return path.endsWith(".d.ts") ? text.replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/# sourceMappingURL.*/g, "") : text
  } catch {
    return undefined // of Node, or of a package that programs do not see
  }
}

/** What a file refers to, as paths of the checker. */
const referred = (/** @type {string} */ path, /** @type {string} */ text) => [
  ...[...text.matchAll(/(?:from |import\(|import )"([^"]+)"/g)].flatMap(([, name = ""]) =>
    name.startsWith(".")
      ? [posix.join(path, "..", name).replace(/\.js$/, ".d.ts").replace(/^(\/effect\/.*[^d])\.ts$/, "$1.d.ts")]
      : name.startsWith("effect/")
      ? [`/${name}.d.ts`]
      : []
  ),
  ...[...text.matchAll(/<reference lib="([^"]+)"/g)].map(([, name]) => `/lib/lib.${name}.d.ts`)
]

/** The texts of these modules, by path, and of all that they refer to: deflated and in base64. */
export const types = (/** @type {ReadonlyArray<string>} */ modules) => {
  /** @type {Record<string, string>} */
  const texts = {}
  const add = (/** @type {string} */ path) => {
    if (path in texts) return
    const text = textOf(path)
    if (text === undefined) return
    texts[path] = text
    for (const other of referred(path, text)) add(other)
  }
  for (const name of modules) {
    if (name.startsWith("gossip-girl/")) add(`/src/${name.slice("gossip-girl/".length)}.ts`)
    else add(`/${name}.d.ts`)
  }
  for (const name of ["Config", "Schedule", "Schema"]) add(`/site/${name}.ts`)
  add("/lib/lib.es2023.d.ts")
  return deflateRawSync(JSON.stringify(texts), { level: 9 }).toString("base64")
}
