/**
 * `gossip-girl new`: a project with a node, its test under partitions, and its executable.
 *
 * The package is in no registry, so the project gets it as a file: what runs now is packed into the project's folder.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { execFile } from "node:child_process"
import { basename, dirname, join, resolve } from "node:path"
import { promisify } from "node:util"
import manifest from "../../package.json" with { type: "json" }
import * as Output from "./Output.ts"
import * as Paths from "./Paths.ts"
import * as Usage from "./Usage.ts"

/** The package, seen from its dist. */
const root = join(import.meta.dirname, "..")

const tarball = `gossip-girl-${manifest.version}.tgz`

class CannotPack extends Data.TaggedError("CannotPack")<{ readonly message: string }> {}

/** Puts the package, as it is, into a folder. */
const pack = (folder: string) =>
  Effect.tryPromise({
    try: () => promisify(execFile)("npm", ["pack", "--ignore-scripts", "--pack-destination", folder, root]),
    catch: (error) => new CannotPack({ message: `npm pack fails: ${error instanceof Error ? error.message : error}` })
  })

/** The names of files of the template that a package cannot have. */
const renamed: Readonly<Record<string, string>> = { gitignore: ".gitignore" }

const copyTemplate = Effect.fnUntraced(function*(folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const template = join(root, "template")
  const values: Readonly<Record<string, string>> = { name: basename(folder), package: `file:${tarball}` }
  for (const path of yield* fileSystem.readDirectory(template, { recursive: true })) {
    const from = join(template, path)
    if ((yield* fileSystem.stat(from)).type === "Directory") continue
    const to = join(folder, dirname(path), renamed[basename(path)] ?? basename(path))
    const text = yield* fileSystem.readFileString(from)
    yield* fileSystem.makeDirectory(dirname(to), { recursive: true })
    yield* fileSystem.writeFileString(
      to,
      text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole)
    )
  }
})

/** Fails unless the folder can become a project: it is not there, or empty, and npm takes its name. */
const check = Effect.fnUntraced(function*(folder: string, given: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const name = basename(folder)
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) {
    return yield* Usage.wrong(
      `${JSON.stringify(name)} is no name of a project: it must be of small letters, digits, dots and dashes.`
    )
  }
  const there = yield* fileSystem.exists(folder)
  if (there && (yield* fileSystem.readDirectory(folder).pipe(Effect.orElseSucceed(() => ["a file"]))).length > 0) {
    return yield* Usage.wrong(`${given} is there already, and not empty.`)
  }
  yield* Paths.directory("folder", folder)
  if (!(yield* fileSystem.exists(join(root, "lib")))) {
    return yield* Usage.wrong("this checkout has no library yet: npm run library.")
  }
})

const handler = Effect.fnUntraced(function*({ folder: given }: { readonly folder: string }) {
  const folder = resolve(given)
  yield* check(folder, given)
  yield* copyTemplate(folder)
  yield* pack(folder)
  yield* Output.out([
    `${given} is a project with a node, its test and its executable. What to do next:`,
    "",
    `  cd ${given}`,
    "  npm install",
    "  npm test",
    "  npx gossip-girl test -w g-counter --bin dist/src/node.js --node-count 3 --rate 20 --time-limit 5",
    "",
    ""
  ].join("\n"))
})

export const newCommand = Command.make("new", {
  folder: Argument.String("folder").pipe(
    Argument.withDescription("Where the project is made; its last part is the name of the project")
  )
}, handler).pipe(
  Command.withDescription("Make a project: a node in TypeScript, its test under partitions, its executable"),
  Command.withExamples([{ command: `${Usage.self} new my-node`, description: "In a folder below this one" }])
)
