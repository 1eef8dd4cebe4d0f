/**
 * `gossip-girl test --nats`: the nodes that are judged run on NATS, each with a bus of its own.
 */
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Registry from "../../src/registry/Registry.ts"
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

/** The arguments of a node on these servers; each run is a cluster of its own. */
export const argsFor = Effect.fnUntraced(function*({ program, workload }: Given, urls: string) {
  const cluster = `test-${(yield* Clock.currentTimeMillis).toString(36)}`
  return [
    "up",
    workload.text,
    ...program === undefined ? [] : ["--program", program],
    "--stdio",
    "--nats",
    urls,
    "--cluster",
    cluster
  ]
})

/** The servers of a test, which end with the scope if they are its own. `interval` is in ms. */
export const servers = ({ killServers, nats = own }: Given, interval: number) =>
  Effect.gen(function*() {
    if (nats !== own) return nats
    const { start, torment } = yield* Effect.promise(() => import("../nats/NatsServers.ts"))
    const all = yield* start
    if (killServers) yield* Effect.forkScoped(torment(all, interval))
    return all.urls.join(",")
  }).pipe(Nats.unavailable)
