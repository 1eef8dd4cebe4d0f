/**
 * `gossip-girl test --nats`: the nodes that are judged run on NATS, each with a bus of its own.
 */
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Registry from "../../src/registry/Registry.ts"
import type * as Options from "../../src/simulator/Options.ts"
import type { OnLine } from "../nats/NatsTraffic.ts"
import * as Flags from "./Flags.ts"
import * as Nats from "./Nats.ts"
import type * as OwnWorkload from "./OwnWorkload.ts"
import * as Usage from "./Usage.ts"

/** In the place of a URL. */
const own = "three"

export const flags = {
  nats: Flag.String("nats").pipe(
    Flags.describe(
      `Run nodes of this project on NATS in the place of --bin: on these servers, or on ${own} that are started for the run`,
      "url",
      undefined,
      "-"
    )
  ),
  program: Flag.String("program").pipe(
    Flags.describe("With --nats: what nodes run", "name", undefined, "the first of the workload")
  ),
  killServers: Flag.Boolean("kill-servers").pipe(
    Flag.withDescription(`With --nats ${own}: kill one of the servers at a time, at the intervals of the nemesis`),
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

/** What cannot be done on NATS, or without. */
export const check = Effect.fnUntraced(function*(given: Given, nemesis: ReadonlyArray<string>) {
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
  if (killServers && nats !== own) return yield* Usage.wrong(`--kill-servers goes with --nats ${own}.`)
  const cut = nemesis.find((fault) => fault === "partition" || fault === "one-way")
  if (cut !== undefined) {
    return yield* Usage.wrong(`--nemesis ${cut} does not go with --nats: no link joins two nodes there.`)
  }
  return undefined
})

/** The servers of a test, which end with the scope if they are its own. */
export const servers = ({ nats = own }: Given) =>
  Effect.gen(function*() {
    if (nats !== own) return { urls: nats, own: undefined }
    const { start } = yield* Effect.promise(() => import("../nats/NatsServers.ts"))
    const started = yield* start
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
  { nemesisInterval, timeLimit }: Pick<Options.Options, "nemesisInterval" | "timeLimit">
) {
  if (!killServers || own === undefined) return () => {}
  const { torment } = yield* Effect.promise(() => import("../nats/NatsServers.ts"))
  const [begin, end] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  yield* Deferred.await(begin).pipe(
    Effect.andThen(Effect.raceFirst(torment(own, nemesisInterval), Deferred.await(end))),
    Effect.forkScoped
  )
  return (elapsed: number): void => {
    if (elapsed > 0) Deferred.doneUnsafe(begin, Effect.void)
    if (elapsed >= timeLimit) Deferred.doneUnsafe(end, Effect.void)
  }
})

export interface Cluster {
  /** The arguments of a node. */
  readonly args: ReadonlyArray<string>
  /** Is to be told how many ms of the run are over. */
  readonly tell: (elapsed: number) => void
  /** Is to be given what counts lines that nodes send each other. */
  readonly onBegin: (note: OnLine) => void
}

/** The cluster of one run, with a name of its own. */
export const cluster = Effect.fnUntraced(function*(
  given: Given,
  servers: Servers,
  options: Pick<Options.Options, "nemesisInterval" | "timeLimit">
) {
  const { listen } = yield* Effect.promise(() => import("../nats/NatsTraffic.ts"))
  const { program, workload: { text } } = given
  const name = `test-${(yield* Clock.currentTimeMillis).toString(36)}`
  let note: OnLine = () => {}
  yield* listen(servers.urls, name, (...line) => note(...line)).pipe(Nats.unavailable)
  const which = program === undefined ? [] : ["--program", program]
  return {
    args: ["up", text, ...which, "--stdio", "--nats", servers.urls, "--cluster", name],
    tell: yield* faults(given, servers, options),
    onBegin: (given) => {
      note = given
    }
  } satisfies Cluster as Cluster
})
