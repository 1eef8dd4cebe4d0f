/**
 * `gossip-girl test --nats`: the nodes that are judged run on NATS, each with a bus of its own.
 *
 * Where links shall be cut, each node has a server to itself, as if both were a host: it knows no other server, and what is
 * cut is the link between two servers.
 */
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Registry from "../../src/registry/Registry.ts"
import type { Address, NodeId } from "../../src/schema/Address.ts"
import type * as Options from "../../src/simulator/Options.ts"
import type * as RealCluster from "../../src/simulator/processes/RealCluster.ts"
import * as Trial from "../../src/simulator/Trial.ts"
import type * as Links from "../nats/Links.ts"
import type * as NatsServers from "../nats/NatsServers.ts"
import * as Flags from "./Flags.ts"
import * as Nats from "./Nats.ts"
import * as Output from "./Output.ts"
import type * as OwnWorkload from "./OwnWorkload.ts"
import * as Usage from "./Usage.ts"

/** In the place of a URL. */
const own = "three"
const mostHosts = 3

export const flags = {
  nats: Flag.String("nats").pipe(
    Flags.describe(
      `Run nodes of this project on NATS in the place of --bin: on these servers, or on ${own} that are started for the run; `
        + "with --nemesis partition or one-way each node has one of the three to itself",
      "url",
      undefined,
      "-"
    )
  ),
  program: Flag.String("program").pipe(
    Flags.describe("With --nats: what nodes run", "name", undefined, "the first of the workload")
  ),
  killServers: Flag.Boolean("kill-servers").pipe(
    Flag.withDescription(
      `With --nats ${own}: kill one server at a time, and the next one when each server has all of the bucket again`
    ),
    Flag.withDefault(false)
  )
}

/** The flags that do the same once more. */
export const replay = ({ killServers, nats, program }: Given): string =>
  [
    `--nats ${nats ?? own}`,
    ...program === undefined ? [] : [`--program ${program}`],
    ...killServers ? ["--kill-servers"] : []
  ].join(" ")

interface Given {
  readonly workload: OwnWorkload.Asked
  readonly nats: string | undefined
  readonly program: string | undefined
  readonly killServers: boolean
}

type Run = Pick<Options.Options, "nemesis" | "nemesisInterval" | "nodeCount" | "timeLimit">

const cutOf = ({ nemesis }: Pick<Run, "nemesis">) =>
  nemesis.find((fault) => fault === "partition" || fault === "one-way")

/** What cannot be done on NATS, or without. */
export const check = Effect.fnUntraced(function*(given: Given, options: Run) {
  const { killServers, nats, program, workload: { name, text } } = given
  if (nats === undefined) {
    return program !== undefined || killServers
      ? yield* Usage.wrong(`--${killServers ? "kill-servers" : "program"} goes with --nats.`)
      : undefined
  }
  if (name === undefined) return yield* Usage.wrong(`--nats runs programs of this project, and none answers ${text}.`)
  if (Registry.find(name, program) === undefined) {
    return yield* Usage.unknown("program", program ?? "", Registry.programNames(name))
  }
  const cut = cutOf(options)
  if (nats !== own && (killServers || cut !== undefined)) {
    const flag = killServers ? "--kill-servers" : `--nemesis ${cut}`
    return yield* Usage.wrong(`${flag} goes with --nats ${own}: it befalls servers that are started for the run.`)
  }
  if (cut !== undefined && options.nodeCount > mostHosts) {
    const why = `each node has one of ${mostHosts} servers to itself`
    return yield* Usage.wrong(`--nemesis ${cut} with --nats takes at most ${mostHosts} nodes: ${why}.`)
  }
  return undefined
})

/** The servers of a test, which end with the scope if they are its own. */
export const servers = ({ nats = own }: Given, options: Run) =>
  Effect.gen(function*() {
    if (nats !== own) return { urls: nats, own: undefined }
    const { start, startApart } = yield* Effect.promise(() => import("../nats/NatsServers.ts"))
    const started = yield* cutOf(options) === undefined ? start : startApart
    if (cutOf(options) !== undefined) yield* Output.err(`Links are cut ${started.links.way}.\n`)
    return { urls: started.urls.join(","), own: started }
  }).pipe(Nats.unavailable)
export type Servers = Effect.Success<ReturnType<typeof servers>>

/**
 * What befalls the servers while clients work, which ends with the scope. The answer is to be told how many ms of the run
 * are over: nodes start before that, with the servers in peace, since what says who they are is not sent twice.
 */
const faults = Effect.fnUntraced(function*(
  { killServers }: Given,
  { own }: Servers,
  { nemesisInterval, timeLimit }: Run,
  well: Effect.Effect<void>,
  onFault: Parameters<typeof NatsServers.torment>[3]
) {
  if (!killServers || own === undefined) return () => {}
  const { torment } = yield* Effect.promise(() => import("../nats/NatsServers.ts"))
  const [begin, end] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  yield* Deferred.await(begin).pipe(
    Effect.andThen(Effect.raceFirst(torment(own, nemesisInterval, well, onFault), Deferred.await(end))),
    Effect.forkScoped
  )
  return (elapsed: number): void => {
    if (elapsed > 0) Deferred.doneUnsafe(begin, Effect.void)
    if (elapsed >= timeLimit) Deferred.doneUnsafe(end, Effect.void)
  }
})

/** Which node has which server to itself, and what a cut of the network means for these. */
const hosts = Effect.fnUntraced(function*({ links, urls }: NatsServers.NatsServers, { nodeCount }: Run) {
  const ids = Trial.nodeIds(nodeCount)
  yield* Effect.addFinalizer(() => Effect.sync(() => links.cut(() => false)))
  return {
    urlOf: (node: NodeId): string => urls[ids.indexOf(node)]!, // there are not more nodes than servers
    on: (node: NodeId, command: Links.Command): Links.Command => links.on(ids.indexOf(node), command),
    all: ids.map((id, i) => ({ url: urls[i]!, isFor: (dest: Address) => dest === id })),
    onCut: (isCut: (from: Address, to: Address) => boolean) => {
      links.cut((from, to) => ids[from] !== undefined && ids[to] !== undefined && isCut(ids[from], ids[to]))
    }
  }
})

export interface Cluster extends Pick<RealCluster.Options, "onBegin" | "onCut"> {
  /** The arguments of a node. */
  readonly args: ReadonlyArray<string>
  /** The command of one node, where each has a server to itself. */
  readonly commandOf?: (node: NodeId, file: string) => Links.Command
  /** Is to be told how many ms of the run are over. */
  readonly tell: (elapsed: number) => void
}

/** The cluster of one run, with a name of its own. */
export const cluster = Effect.fnUntraced(function*(given: Given, servers: Servers, options: Run) {
  const { listen } = yield* Effect.promise(() => import("../nats/NatsTraffic.ts"))
  const { program, workload: { text } } = given
  const name = `test-${(yield* Clock.currentTimeMillis).toString(36)}`
  const apart = servers.own === undefined || cutOf(options) === undefined
    ? undefined
    : yield* hosts(servers.own, options)
  let trial: Parameters<NonNullable<RealCluster.Options["onBegin"]>>[0] | undefined
  const listeners = yield* Effect.forEach(
    apart?.all ?? [{ url: servers.urls, isFor: () => true }],
    ({ isFor, url }) => listen(url, name, isFor, (...line) => trial?.note(...line))
  ).pipe(Nats.unavailable)
  const which = program === undefined ? [] : ["--program", program]
  const argsAt = (url: string) => ["up", text, ...which, "--stdio", "--nats", url, "--cluster", name]
  return {
    args: argsAt(servers.urls),
    tell: yield* faults(
      given,
      servers,
      options,
      Effect.raceAll(listeners.map(({ untilWhole }) => untilWhole)),
      (fault, server) => trial?.recordFault(fault, [server])
    ),
    ...apart && {
      onCut: apart.onCut,
      commandOf: (node, file) => apart.on(node, { file, args: argsAt(apart.urlOf(node)) })
    },
    onBegin: (given) => {
      trial = given
    }
  } satisfies Cluster as Cluster
})
