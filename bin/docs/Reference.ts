/**
 * All that the package exports: what each module says of itself, and a short example of it from examples/reference, which is
 * compiled against the package (see test/bin/Package.test.ts).
 */
import * as Arr from "effect/Array"
import { readFileSync } from "node:fs"
import { join } from "node:path"

interface Module {
  /** As in `gossip-girl/services/Node`, without the package. */
  readonly name: string
  readonly source: string
  readonly example: string
}

const modulesIn = (root: string): ReadonlyArray<Module> => {
  const { exports }: { readonly exports: Record<string, string> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8")
  )
  return Object.entries(exports).filter(([name]) => name !== "./package.json").map(([name, file]) => ({
    name: name.slice("./".length),
    source: file.replace("./lib/", "").replace(/js$/, "ts"),
    example: `examples/reference/${name.slice("./".length)}.ts`
  }))
}

const roomOf = ({ name }: Module): string => name.includes("/") ? name.slice(0, name.indexOf("/")) : ""

/** The first paragraph of the first comment for readers. */
const summary = (text: string): string => {
  const [, comment = ""] = /\/\*\*([^]*?)\*\//.exec(text) ?? []
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\*? ?/, "").trim())
  const paragraph = lines.join("\n").trim().split("\n\n", 1)[0]!
  return paragraph.replaceAll("\n", " ").replaceAll(/\{@link (.*?)\}/g, "`$1`")
    .replaceAll(/(?<!\*)\*(\w+)\*(?!\*)/g, "_$1_") // as the formatter writes it
}

const section = (root: string) => (module: Module): string => {
  const text = (path: string): string => readFileSync(join(root, path), "utf8")
  return [
    `### gossip-girl/${module.name}`,
    `${summary(text(module.source))} ([source](../${module.source}))`,
    `\`\`\`ts\n${text(module.example).trimEnd()}\n\`\`\``
  ].join("\n\n")
}

/** A section for each module of a room; `top` is for those that are in none. */
export const generate = (root: string) => (room: string): string => {
  const rooms = Arr.groupBy(modulesIn(root), roomOf)
  const modules = rooms[room === "top" ? "" : room]
  if (modules === undefined) throw new Error(`there is no room ${room}: there is ${Object.keys(rooms).join(", ")}`)
  return modules.map(section(root)).join("\n\n")
}
