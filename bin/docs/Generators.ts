/**
 * All that can be generated into a document.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Commands from "./Commands.ts"
import * as Pictures from "./Pictures.ts"
import * as Reference from "./Reference.ts"
import type { Generators } from "./Regions.ts"
import * as Results from "./Results.ts"
import * as Tables from "./Tables.ts"

/** Blocks in `sh` are commands, which are run; see test/ReadMe.test.ts. */
const languages: Readonly<Record<string, string>> = { sh: "shell", mjs: "js", conf: "text" }

/** A file without its header, so that what a document shows is what is compiled and tested. */
const code = (root: string) => (path: string): string => {
  const name = path.slice(path.lastIndexOf("/") + 1)
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase()
  const text = readFileSync(join(root, path), "utf8").replace(/^\/\*\*[^]*?\*\/\n/, "")
  return `\`\`\`${languages[extension] ?? extension}\n${text.trimEnd()}\n\`\`\``
}

export const generatorsIn = (root: string): Generators => ({
  ...Tables.generators,
  ...Results.generatorsIn(root),
  reference: (room = "") => Reference.generate(root)(room),
  code: (path = "") => code(root)(path),
  command: (name = "") => Commands.show(root)(name),
  picture: (name = "", folder) => Pictures.show(name, folder)
})
