/**
 * Flags that Maelstrom has and scripts carry: those that name nodes, and those that mean nothing to processes on this
 * machine, which are taken and named once.
 */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"

const idle = "Taken as Maelstrom does; means nothing here"

const idleSwitch = (name: string) => Flag.Boolean(name).pipe(Flag.withDescription(idle), Flag.withDefault(false))

const optional = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withDescription(description),
    Flag.withMetavar(metavar),
    Flag.atMost(1),
    Flag.map(([value]) => value)
  )

export const nodes = {
  nodes: optional("nodes", "names", "Names of nodes, separated by commas: there are as many nodes as names"),
  node: Flag.String("node").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("Name of one node; may be given many times"),
    Flag.withMetavar("name"),
    Flag.atLeast(0)
  ),
  nodesFile: optional("nodes-file", "file", "Names of nodes, one a line")
}

export const ignored = {
  "no-ssh": idleSwitch("no-ssh"),
  "strict-host-key-checking": idleSwitch("strict-host-key-checking"),
  "leave-db-running": idleSwitch("leave-db-running"),
  "logging-json": idleSwitch("logging-json"),
  username: optional("username", "name", idle),
  password: optional("password", "text", idle),
  "ssh-private-key": optional("ssh-private-key", "file", idle)
}

interface Nodes {
  readonly nodes: string | undefined
  readonly node: ReadonlyArray<string>
  readonly nodesFile: string | undefined
}

const split = (text: string, separator: string): ReadonlyArray<string> =>
  text.split(separator).map((name) => name.trim()).filter((name) => name !== "")

/** How many nodes are named, if any are: those of the file, of the list, and one by one, as in Jepsen. */
export const nodeCount = Effect.fnUntraced(function*({ node, nodes, nodesFile }: Nodes) {
  const fileSystem = yield* FileSystem.FileSystem
  const inFile = nodesFile === undefined
    ? ""
    : yield* fileSystem.readFileString(nodesFile).pipe(
      Effect.catchTag("PlatformError", () => Usage.wrong(`--nodes-file ${nodesFile} cannot be read.`))
    )
  const names = [...split(inFile, "\n"), ...split(nodes ?? "", ","), ...node]
  const isNamed = nodes !== undefined || nodesFile !== undefined || node.length > 0
  if (!isNamed) return undefined
  if (names.length === 0) return yield* Usage.wrong("--nodes names none.")
  const usual = names.map((_, i) => `n${i}`)
  if (usual.some((name) => !names.includes(name))) {
    yield* Output.err(`gossip-girl: the ${names.length} nodes are called ${usual.join(", ")} here.\n`)
  }
  return names.length
})

/** Says which flags are given that mean nothing. */
export const warn = (given: { readonly [flag: string]: boolean | string | undefined }): Effect.Effect<void> => {
  const names = Object.entries(given).flatMap(([flag, value]) =>
    value === undefined || value === false ? [] : [`--${flag}`]
  )
  const mean = names.length === 1 ? "means" : "mean"
  return names.length === 0
    ? Effect.void
    : Output.err(`gossip-girl: ${names.join(", ")} ${mean} nothing here, where nodes are processes on this machine.\n`)
}
