/**
 * The flags of the commands. Those that Maelstrom has too have its names, its units and its defaults.
 */
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Registry from "../../src/registry/Registry.ts"
import * as Nemesis from "../../src/simulator/faults/Nemesis.ts"
import * as Latency from "../../src/simulator/network/Latency.ts"
import * as Sequential from "../../src/simulator/services/Sequential.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import type * as Trials from "../../src/simulator/Trial.ts"
import * as Topology from "../../src/workloads/broadcast/Topology.ts"
import * as ConsistencyModel from "../../src/workloads/transactions/ConsistencyModel.ts"
import * as Generator from "../../src/workloads/transactions/Generator.ts"
import type { Settings, Workload } from "../../src/workloads/Workload.ts"
import * as Usage from "./Usage.ts"

interface Range {
  readonly text: string
  readonly has: (value: number) => boolean
}

export const whole = (min: number, max: number): Range => ({
  text: `a whole number from ${min} to ${max}`,
  has: (value) => Number.isSafeInteger(value) && value >= min && value <= max
})
const positive: Range = { text: "a number above 0", has: (value) => value > 0 && value < Infinity }
const notNegative: Range = { text: "a number of at least 0", has: (value) => value >= 0 && value < Infinity }
const fraction: Range = { text: "a number from 0 to 1", has: (value) => value >= 0 && value <= 1 }

/** `words` are values that have a name. */
export const number = (name: string, { has, text }: Range, words: Readonly<Record<string, number>> = {}) =>
  Flag.String(name).pipe(Flag.filterMap(
    (value) => Option.some(words[value] ?? (value.trim() === "" ? NaN : Number(value))).pipe(Option.filter(has)),
    () => [...Object.keys(words), text].join(" or ")
  ))

/** Says what a flag is for, what its value is, and which it has when it is not given. */
export const describe =
  <const B>(description: string, value: string, defaultValue: B, defaultText: string | number = String(defaultValue)) =>
  <A>(flag: Flag.Flag<A>): Flag.Flag<A | B> =>
    flag.pipe(
      Flag.withDescription(`${description} (default: ${defaultText})`),
      Flag.withMetavar(value),
      Flag.atMost(1), // else the first of many would win, silently
      Flag.map(([value = defaultValue]) => value)
    )

/** Far below 2^53, so that there is always a next one. */
export const maxSeed = 1e15

export const seed = number("seed", whole(0, maxSeed)).pipe(
  describe("Seed of all chance: the same seed gives the same run", "number", 0)
)

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the results as one JSON document, with times in ms"),
  Flag.withDefault(false)
)

/** Which of the things that are drawn come to pass: all if it is not given. */
const only = (name: string, things: string) =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => {
        const numbers = text === "none" ? [] : text.split(",").map((n) => n.trim() === "" ? NaN : Number(n))
        return numbers.every((n) => Number.isSafeInteger(n) && n >= 0) ? Option.some(numbers) : Option.none()
      },
      () => "none or whole numbers from 0, separated by commas"
    ),
    describe(
      `Of the ${things} that are drawn, let only these come to pass, by number from 0`,
      "numbers",
      undefined,
      "all"
    )
  )

/** With these values the flags below need not be given. */
const defaults = {
  nodeCount: 5,
  concurrency: "1n",
  rate: 5,
  timeLimit: 60,
  recovery: 10,
  latency: 0,
  latencyDist: "constant",
  nemesis: [],
  nemesisInterval: 10,
  availability: 0,
  topology: "grid",
  seqKv: "any",
  loss: 0,
  duplicates: 0,
  durable: false,
  scheduling: "fifo"
} as const

/** What clients, network and nemesis do, in whichever world. */
export const trial = {
  workload: Flag.Literals("workload", Registry.workloadNames).pipe(
    Flag.withAlias("w"),
    Flag.withDescription("What clients ask of the nodes; required"),
    Flag.withMetavar("name"),
    Flag.between(1, 1),
    Flag.map(([workload]) => workload!)
  ),
  nodeCount: number("node-count", whole(1, 1000)).pipe(describe("Number of nodes", "number", defaults.nodeCount)),
  concurrency: Flag.String("concurrency").pipe(
    Flag.filter((text) => /^[1-9]\d{0,3}n?$/.test(text), () => "a whole number from 1 to 9999, with or without an n"),
    describe("Clients that work at a time; 2n means two for each node", "number", defaults.concurrency)
  ),
  rate: number("rate", notNegative).pipe(
    describe("Operations a second, of all clients together", "number", defaults.rate)
  ),
  timeLimit: number("time-limit", positive).pipe(
    describe("How long clients work, in seconds", "seconds", defaults.timeLimit)
  ),
  recovery: number("recovery", notNegative).pipe(
    describe(
      "How long the cluster gets to recover before the final operations, in seconds",
      "seconds",
      defaults.recovery
    )
  ),
  latency: number("latency", notNegative).pipe(
    describe("Mean time that a message between servers takes, in ms", "ms", defaults.latency)
  ),
  latencyDist: Flag.Literals("latency-dist", Latency.distributions).pipe(
    describe("Distribution of these times", "name", defaults.latencyDist)
  ),
  nemesis: Flag.String("nemesis").pipe(
    Flag.mapEffect((text) => {
      const names = new Set(text.split(",").map((name) => name.trim()))
      const areNone = names.delete("none")
      if (areNone && names.size > 0) return Usage.wrong("--nemesis none goes with no fault.")
      return Effect.forEach(names, (name) => {
        const fault = Nemesis.faults.find((known) => known === name)
        return fault === undefined
          ? Usage.unknown("nemesis", name, ["none", ...Nemesis.faults])
          : Effect.succeed(fault)
      })
    }),
    describe(`Faults, separated by commas: ${Nemesis.faults.join(", ")}`, "faults", defaults.nemesis, "none")
  ),
  nemesisInterval: number("nemesis-interval", positive).pipe(
    describe("Mean time until a fault ends, and until the next one, in seconds", "seconds", defaults.nemesisInterval)
  ),
  availability: number("availability", fraction, { total: 1 }).pipe(
    describe("Fraction of operations that must be ok, from 0 to 1; total is 1", "fraction", defaults.availability)
  ),
  topology: Flag.Literals("topology", Topology.names).pipe(
    describe("Neighbours that broadcast suggests to nodes; no effect on other workloads", "name", defaults.topology)
  ),
  seqKv: Flag.Literals("seq-kv", Sequential.names).pipe(
    describe("Which of the states that it may show seq-kv shows; any is Maelstrom's way", "name", defaults.seqKv)
  ),
  loss: number("loss", fraction).pipe(
    describe("Probability that a message between servers is lost, from 0 to 1", "fraction", defaults.loss)
  ),
  duplicates: number("duplicates", fraction).pipe(
    describe("Probability that a message between servers arrives twice, from 0 to 1", "fraction", defaults.duplicates)
  ),
  keyCount: number("key-count", whole(1, 1000)).pipe(
    describe(
      "Keys of transactions and logs that are in use at a time",
      "number",
      undefined,
      Generator.defaults.keyCount
    )
  ),
  maxTxnLength: number("max-txn-length", whole(1, 1000)).pipe(
    describe("Operations of a transaction, at the most", "number", undefined, Generator.defaults.maxTxnLength)
  ),
  maxWritesPerKey: number("max-writes-per-key", whole(1, 1e6)).pipe(
    describe(
      "Writes of transactions to a key, or sends, until another takes its place",
      "number",
      undefined,
      Generator.defaults.maxWritesPerKey
    )
  ),
  consistencyModels: Flag.String("consistency-models").pipe(
    Flag.mapEffect((text) =>
      Effect.forEach(new Set(text.split(",").map((name) => name.trim())), (name) => {
        const model = ConsistencyModel.names.find((known) => known === name)
        return model === undefined
          ? Usage.unknown("consistency-models", name, ConsistencyModel.names)
          : Effect.succeed(model)
      })
    ),
    describe(
      `What transactions must not break, separated by commas: ${ConsistencyModel.names.join(", ")}`,
      "names",
      undefined,
      "causal for txn-rw-register, strict-serializable for txn-list-append"
    )
  ),
  durable: Flag.Boolean("durable").pipe(
    Flag.withDescription("Nodes promise that what they acknowledge outlives them: a kill excuses no loss"),
    Flag.withDefault(false)
  ),
  onlyOperations: only("only-operations", "operations"),
  onlyFaults: only("only-faults", "faults")
}

/** What is simulated. */
export const world = {
  ...trial,
  program: Flag.String("program").pipe(
    describe(
      `What nodes run: ${Registry.workloadNames.map((w) => `${w}: ${Registry.programNames(w).join(", ")}`).join("; ")}`,
      "name",
      undefined,
      "the first of the workload"
    )
  ),
  scheduling: Flag.Literals("scheduling", ["fifo", "random"]).pipe(
    describe("Order of tasks that are due at the same instant", "name", defaults.scheduling)
  )
}

export type Trial = Command.Command.Config.Infer<typeof trial>
export type World = Command.Command.Config.Infer<typeof world>

/** What is set of the workload, and nothing else. */
const settings = (flags: Trial): Pick<Trials.Options, "settings"> => {
  const settings: Settings = {
    ...flags.keyCount !== undefined && { keyCount: flags.keyCount },
    ...flags.maxTxnLength !== undefined && { maxTxnLength: flags.maxTxnLength },
    ...flags.maxWritesPerKey !== undefined && { maxWritesPerKey: flags.maxWritesPerKey },
    ...flags.consistencyModels && { consistencyModels: [...flags.consistencyModels] },
    ...flags.durable && { durable: true }
  }
  return Object.keys(settings).length > 0 ? { settings } : {}
}

/** All that a run needs but its nodes, in the units of the bench. */
export const trialOptions = (flags: Trial, workload: Workload, seed: number): Trials.Options => ({
  workload,
  seed,
  nodeCount: flags.nodeCount,
  concurrency: Number.parseInt(flags.concurrency) * (flags.concurrency.endsWith("n") ? flags.nodeCount : 1),
  rate: flags.rate,
  timeLimit: flags.timeLimit * 1000,
  recovery: flags.recovery * 1000,
  latency: { mean: flags.latency, dist: flags.latencyDist },
  nemesis: flags.nemesis,
  nemesisInterval: flags.nemesisInterval * 1000,
  availability: flags.availability,
  topology: flags.topology,
  seqKv: flags.seqKv,
  loss: flags.loss,
  duplicates: flags.duplicates,
  ...settings(flags),
  ...flags.onlyOperations && { onlyOperations: flags.onlyOperations },
  ...flags.onlyFaults && { onlyFaults: flags.onlyFaults }
})

/** All that a simulated run needs. */
export const options = (world: World, { program, workload }: Registry.Subject, seed: number): Simulation.Options => ({
  ...Simulation.defaults,
  ...trialOptions(world, workload, seed),
  program,
  scheduling: world.scheduling
})

/** The flags of such a run with these options instead. */
export const withOptions = (world: World, options: Simulation.Options): World => ({
  ...world,
  nodeCount: options.nodeCount,
  concurrency: options.concurrency === options.nodeCount ? defaults.concurrency : String(options.concurrency),
  rate: options.rate,
  timeLimit: options.timeLimit / 1000,
  recovery: options.recovery / 1000,
  latency: options.latency.mean,
  latencyDist: options.latency.dist,
  nemesis: [...options.nemesis],
  nemesisInterval: options.nemesisInterval / 1000,
  availability: options.availability,
  topology: options.topology,
  seqKv: options.seqKv,
  loss: options.loss,
  duplicates: options.duplicates,
  scheduling: options.scheduling,
  onlyOperations: options.onlyOperations && [...options.onlyOperations],
  onlyFaults: options.onlyFaults && [...options.onlyFaults]
})

/** The flags that say what these do: all but those that have their defaults. */
export const text = (world: Trial): string => {
  const usual = new Map<string, unknown>(Object.entries(defaults))
  return Object.entries(world)
    .filter(([key, value]) => value !== undefined && String(value) !== String(usual.get(key)))
    .map(([key, value]) =>
      [
        `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        ...value === true ? [] : [String(value) || "none"]
      ].join(" ")
    )
    .join(" ")
}
