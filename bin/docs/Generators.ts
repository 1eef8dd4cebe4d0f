/**
 * All that can be generated into a document.
 */
import * as Arr from "effect/Array"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Commands from "./Commands.ts"
import * as Pictures from "./Pictures.ts"
import type { Generators } from "./Regions.ts"
import * as Results from "./Results.ts"
import * as Tables from "./Tables.ts"

const inline = (text: string): string => `\`${text}\``

/** Blocks in `sh` are commands, which are run; see test/ReadMe.test.ts. */
const languages: Readonly<Record<string, string>> = { sh: "shell", mjs: "js" }

/** A file without its header, so that what a document shows is what is compiled and tested. */
const code = (root: string) => (path: string): string => {
  const extension = path.slice(path.lastIndexOf(".") + 1)
  const text = readFileSync(join(root, path), "utf8").replace(/^\/\*\*[^]*?\*\/\n/, "")
  return `\`\`\`${languages[extension] ?? extension}\n${text.trimEnd()}\n\`\`\``
}

/** The modules of the package, by room. */
const modules = (root: string) => (): string => {
  const { exports }: { readonly exports: Record<string, string> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8")
  )
  const names = Object.keys(exports).filter((name) => name !== "./package.json").map((name) => name.slice(2))
  const roomOf = (name: string): string => name.includes("/") ? name.slice(0, name.indexOf("/")) : ""
  const rooms = Arr.groupBy(names, roomOf)
  return Object.entries(rooms).map(([room, names]) =>
    `- ${inline(`gossip-girl/${room === "" ? "" : `${room}/`}`)}: ${
      names.map((name) => inline(name.slice(name.indexOf("/") + 1))).join(", ")
    }`
  ).join("\n")
}

export const generatorsIn = (root: string): Generators => ({
  ...Tables.generators,
  ...Results.generatorsIn(root),
  exports: modules(root),
  code: (path = "") => code(root)(path),
  command: (name = "") => Commands.show(root)(name),
  picture: (name = "", folder) => Pictures.show(name, folder)
})
