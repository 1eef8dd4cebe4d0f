/**
 * `gossip-girl up`: nodes on NATS, all of them on this machine or one of many.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import * as Registry from "../../src/registry/Registry.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Flags from "./Flags.ts"
import * as Nats from "./Nats.ts"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"

const flags = {
  workload: Argument.Literals("workload", Registry.workloadNames).pipe(
    Argument.withDescription("What nodes answer")
  ),
  program: Flag.String("program").pipe(
    Flags.describe("What nodes run; see simulate --help", "name", undefined, "the first of the workload")
  ),
  nodes: Flags.number("nodes", Setting.whole(1, 100, { help: "How many nodes to start here", usual: 3 })),
  node: Flag.String("node").pipe(
    Flags.describe("Be this one node of a cluster that spans machines", "name", undefined, "all nodes are here")
  ),
  of: Flag.String("of").pipe(
    Flags.describe("All nodes of that cluster, in the same order at each", "names", undefined, "-")
  ),
  stdio: Flag.Boolean("stdio").pipe(
    Flag.withDescription("Be a node of a bench, as for test --bin: it says who this node is, and its clients ask"),
    Flag.withDefault(false)
  ),
  disk: Flag.String("disk").pipe(
    Flags.describe(
      "Where nodes keep journals",
      "directory",
      undefined,
      "DISK_FOLDER; of --node gossip-girl-disks, else a temporary one"
    )
  ),
  ...Nats.flags
}

type Given = Command.Command.Config.Infer<typeof flags>

const isName = (name: string): boolean => /^[a-zA-Z]\w*$/.test(name) && !/^c/i.test(name)

/** The names of all nodes; they must be names, and this node one of them. */
const membersFor = (node: string, of: string | undefined) => {
  const ids = (of ?? node).split(",").map((id) => id.trim())
  const stranger = ids.find((id) => !isName(id))
  if (stranger !== undefined) {
    return Usage.wrong(`--of: ${JSON.stringify(stranger)} is no name of a node: letters and digits, the first no c.`)
  }
  if (new Set(ids).size < ids.length) return Usage.wrong("--of names a node twice.")
  return ids.includes(node) ? Effect.succeed(ids) : Usage.wrong(`--of does not name ${node}.`)
}

const handler = Effect.fnUntraced(function*(given: Given) {
  const { disk = process.env["DISK_FOLDER"], node, nodes, of, workload } = given
  const subject = Registry.find(workload, given.program)
  if (subject === undefined) {
    return yield* Usage.unknown("program", given.program ?? "", Registry.programNames(workload))
  }
  if (node === undefined && of !== undefined) return yield* Usage.wrong("--of goes with --node.")
  const cluster = Nats.clusterOf(given.cluster)
  const url = Nats.urlOf(given.nats)
  if (given.stdio) {
    const { runForBench } = yield* Effect.promise(() => import("../nats/NatsNode.ts"))
    const settings = { url: url ?? Nats.usualUrl, cluster, disk: disk ?? join("gossip-girl-disks", cluster) }
    return yield* inWords(runForBench(subject.program, settings))
  }
  if (node === undefined) {
    const { up } = yield* Effect.promise(() => import("../nats/NatsUp.ts"))
    const ids = Array.from({ length: nodes }, (_, i) => `n${i + 1}`)
    return yield* Nats.unavailable(up({ workload, program: subject.programName, ids, url, cluster, disk }))
  }
  const ids = yield* membersFor(node, of)
  const { run } = yield* Effect.promise(() => import("../nats/NatsNode.ts"))
  const at = url ?? Nats.usualUrl
  const settings = { url: at, cluster, id: node, ids, disk: disk ?? join("gossip-girl-disks", cluster) }
  const work = `${workload} (${subject.programName}) as cluster ${cluster} on ${at}`
  return yield* inWords(run(subject.program, settings, {
    waits: (what) => Output.err(`${node} waits for ${what}.\n`),
    runs: Output.err(`${node} of ${ids.join(", ")} runs ${work}.\n`)
  }))
})

/** What servers, settings and disks are at fault for is said in a line; what a program is at fault for is a defect. */
const inWords = <A, R>(running: Effect.Effect<A, unknown, R>) =>
  running.pipe(Effect.catch((error) =>
    Effect.promise(() => import("../nats/NatsNode.ts")).pipe(
      Effect.flatMap(({ explain }) => {
        const message = explain(error)
        return message === undefined ? Effect.die(error) : Effect.fail(new Nats.Unavailable({ message }))
      })
    )
  ))

export const upCommand = Command.make("up", flags, handler).pipe(
  Command.withDescription("Run nodes on NATS: a cluster on this machine, or one node of a cluster that spans machines"),
  Command.withExamples([
    { command: `${Usage.self} up broadcast`, description: "Three nodes, on a server that is found or started" },
    {
      command: `${Usage.self} up lin-kv --nats nats://nats:4222 --node n1 --of n1,n2,n3`,
      description: "One node of three, each on a machine of its own"
    }
  ])
)
