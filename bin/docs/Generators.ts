/**
 * All that can be generated into a document.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Commands from "./Commands.ts"
import * as Pictures from "./Pictures.ts"
import type { Generators } from "./Regions.ts"
import * as Tables from "./Tables.ts"

/** A file without its header, so that what a document shows is what is compiled and tested. */
const code = (root: string) => (path: string): string => {
  const language = path.slice(path.lastIndexOf(".") + 1)
  const text = readFileSync(join(root, path), "utf8").replace(/^\/\*\*[^]*?\*\/\n/, "")
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}

export const generatorsIn = (root: string): Generators => ({
  ...Tables.generators,
  code: (path = "") => code(root)(path),
  command: (name = "") => Commands.show(root)(name),
  picture: (name = "", folder) => Pictures.show(name, folder)
})
