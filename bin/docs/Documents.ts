/**
 * The documents of the project: README.md, all Markdown below docs, and its pictures.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Curve from "./Curve.ts"
import * as Figures from "./Figures.ts"
import * as Pictures from "./Pictures.ts"
import * as Regions from "./Regions.ts"

export interface Document {
  /** Its path from the root. */
  readonly name: string
  readonly text: string
  /** The same with all of its regions generated anew. */
  readonly current: string
}

/** The names of those that are written in Markdown. */
const written = (root: string): ReadonlyArray<string> => {
  const below = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  return ["README.md", ...below.filter((name) => name.endsWith(".md")).map((name) => join("docs", name))]
}

/** The text of all that is written in Markdown, by name. */
export const texts = (root: string): ReadonlyArray<readonly [name: string, text: string]> =>
  written(root).map((name) => [name, readFileSync(join(root, name), "utf8")])

const pictures = (root: string): ReadonlyArray<Document> =>
  [...Pictures.all(), ["curve", Curve.draw(Figures.simulatedIn(root).shapes)] as const].map(([picture, current]) => {
    const name = join("docs", "pictures", `${picture}.svg`)
    const path = join(root, name)
    return { name, text: existsSync(path) ? readFileSync(path, "utf8") : "", current }
  })

export const generate = async (
  root: string,
  generators: Regions.Generators
): Promise<ReadonlyArray<Document>> => [
  ...await Promise.all(
    texts(root).map(async ([name, text]) => ({ name, text, current: await Regions.update(text, generators) }))
  ),
  ...pictures(root)
]
