/**
 * The documents of the project: README.md, and all Markdown below docs.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Regions from "./Regions.ts"

export interface Document {
  /** Its path from the root. */
  readonly name: string
  readonly text: string
  /** The same with all of its regions generated anew. */
  readonly current: string
}

export const generate = (root: string, generators: Regions.Generators): Promise<ReadonlyArray<Document>> => {
  const below = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  const names = ["README.md", ...below.filter((name) => name.endsWith(".md")).map((name) => join("docs", name))]
  return Promise.all(names.map(async (name) => {
    const text = readFileSync(join(root, name), "utf8")
    return { name, text, current: await Regions.update(text, generators) }
  }))
}
