/**
 * The options of a run, each declared once: see Setting. Those that Maelstrom has too have its names and its defaults, and
 * on a command line its units. Times are in ms, unless their names say otherwise.
 *
 * The search for a smaller run tries them in this order: what makes the next runs cheaper comes first.
 */
import * as Schema from "effect/Schema"
import { Json } from "../schema/Json.ts"
import * as Rules from "../workloads/finding/Rules.ts"
import * as Setting from "../workloads/Setting.ts"
import * as Nemesis from "./faults/Nemesis.ts"
import { Script } from "./faults/Script.ts"
import * as Latency from "./network/Latency.ts"
import * as Sequential from "./services/Sequential.ts"

/** Far below 2^53, so that there is always a next one. */
export const maxSeed = 1e15

const only = (things: string) =>
  Schema.optionalKey(Setting.numbers({
    help: `Of the ${things} that are drawn, let only these come to pass, by number from 0`,
    label: `only ${things}`,
    usualText: "all"
  }))

const trial = {
  nodeCount: Setting.whole(1, 1000, {
    help: "Number of nodes",
    label: "nodes",
    usual: 5,
    simpler: Setting.towards(1)
  }),
  timeLimit: Setting.someSeconds({
    help: "How long clients work, in seconds",
    label: "clients work for",
    usual: 60_000,
    simpler: Setting.towards(1000, 1000)
  }),
  recovery: Setting.seconds({
    help:
      "How long the cluster gets to recover before the final operations, and what is refused of those asked again, in seconds",
    label: "then recovery",
    usual: 10_000
  }),
  nemesis: Setting.listOf(Nemesis.faults, {
    help: `Faults, separated by commas: ${Nemesis.faults.join(", ")}`,
    label: "faults",
    usual: [],
    simpler: Setting.fewer
  }, { list: "some or none", metavar: "faults" }),
  nemesisInterval: Setting.someSeconds({
    help: "Mean time until a fault ends, and until the next one, in seconds",
    label: "mean time of a fault",
    usual: 10_000,
    simpler: "usual"
  }),
  loss: Setting.fraction({
    help: "Probability that a message between servers is lost, from 0 to 1",
    usual: 0,
    simpler: "usual"
  }),
  duplicates: Setting.fraction({
    help: "Probability that a message between servers arrives twice, from 0 to 1",
    usual: 0,
    simpler: "usual"
  }),
  latency: Schema.Struct({
    mean: Setting.ms({
      help: "Mean time that a message between servers takes, in ms",
      flag: "latency",
      usual: 0,
      simpler: "usual"
    }),
    dist: Setting.oneOf(Latency.distributions, {
      help: "Distribution of these times",
      label: "distribution of latencies",
      flag: "latency-dist",
      usual: "constant",
      simpler: "usual"
    })
  }),
  /** In bytes a millisecond. */
  bandwidth: Setting.cost("kB/s", {
    help: "What each link between two servers carries each way, in kB a second; 0 is no limit",
    label: "bandwidth of a link",
    usual: 0,
    simpler: "usual"
  }),
  /** How many clients work at a time. */
  concurrency: Setting.perNode({
    help: "Clients that work at a time; 2n means two for each node",
    label: "clients",
    usual: 5,
    usualText: "1n",
    simpler: Setting.towards(1)
  }),
  rate: Setting.perSecond("operations", {
    help: "Operations a second, of all clients together",
    usual: 5,
    simpler: Setting.towards(1)
  }),
  availability: Setting.fraction({
    help: "Fraction of operations that must be ok, from 0 to 1; total is 1",
    label: "availability demanded",
    usual: 0
  }, { total: 1 }),
  seqKv: Setting.oneOf(Sequential.names, {
    help: "Which of the states that it may show seq-kv shows; any is Maelstrom's way",
    label: "states of seq-kv",
    usual: "any"
  }),
  onlyOperations: only("operations"),
  onlyFaults: only("faults"),
  seed: Setting.whole(0, maxSeed, {
    help: "Seed of all chance: the same seed gives the same run",
    usual: 0
  })
}

const simulated = {
  cost: Schema.Struct({
    messageMicros: Setting.cost("µs", {
      help: "How long a node is busy with each message that it receives or sends, in µs",
      flag: "message-cost",
      usual: 0,
      simpler: "usual"
    }),
    byteNanos: Setting.cost("ns", {
      help: "How long a node is busy with each byte of these messages, in ns",
      flag: "byte-cost",
      usual: 0,
      simpler: "usual"
    })
  }),
  scheduling: Setting.oneOf(["fifo", "random"], {
    help: "Order of tasks that are due at the same instant",
    usual: "fifo",
    simpler: "usual"
  })
}

/** Of a run of anybody's nodes: the verdict is Maelstrom's, unless it is asked for more. */
export const Trial = Schema.Struct({ ...trial, rules: Rules.setting("maelstrom") })

/** Of a run in the simulated world. */
export const Simulated = Schema.Struct({ ...trial, rules: Rules.setting("strict"), ...simulated })

/** The options of a run as the store keeps them. */
export const Options = Schema.Struct({
  ...trial,
  rules: Rules.setting("strict"),
  /** What was set of the workload: values of its own settings. */
  settings: Schema.optionalKey(Schema.Record(Schema.String, Json)),
  cost: Schema.optionalKey(simulated.cost),
  scheduling: Schema.optionalKey(simulated.scheduling),
  /** Faults and operations made by hand. */
  script: Schema.optionalKey(Script),
  /** The environment variables of simulated nodes. */
  config: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
export interface Options extends Schema.Schema.Type<typeof Options> {}

/** The texts of flags, by the flags' names; a flag that is not given has none. */
export type Texts = Readonly<Record<string, string | undefined>>

const readInto = <O extends object>(
  usual: O,
  fields: ReadonlyArray<Setting.Field>,
  textOf: (field: Setting.Field) => string | undefined,
  nodeCount: number
): O =>
  fields.reduce((options, field) => {
    const text = textOf(field)
    return text === undefined ? options : Setting.set(options, field, field.read(text, nodeCount))
  }, usual)

/** All options of the struct: those that flags give, and the usual values of all others. */
export const fromTexts = <S extends Schema.Codec<{ readonly nodeCount: number }, unknown>>(
  struct: S,
  texts: Texts
): S["Type"] => {
  const fields = Setting.fieldsOf(struct)
  const usual = Setting.usualOf(struct)
  const textOf = (field: Setting.Field) =>
    texts[field.flag] ?? (field.usual === undefined ? undefined : field.usualText)
  const { nodeCount } = readInto(usual, fields.filter(({ flag }) => flag === "node-count"), textOf, NaN)
  return readInto(usual, fields, textOf, nodeCount)
}

/** The settings that flags give, and no others. */
export const settingsFromTexts = (
  struct: Schema.Constraint,
  texts: Texts,
  nodeCount: number
): NonNullable<Options["settings"]> => readInto({}, Setting.fieldsOf(struct), ({ flag }) => texts[flag], nodeCount)

/** The texts of those options that are not as usual, in the order in which they are declared. */
export const toTexts = (
  struct: Schema.Constraint,
  options: object,
  nodeCount: number
): ReadonlyArray<readonly [field: Setting.Field, text: string]> =>
  Setting.fieldsOf(struct).flatMap((field) => {
    const value = Setting.get(options, field)
    const text = value === undefined ? field.usualText : field.write(value, nodeCount)
    return text === field.usualText ? [] : [[field, text] as const]
  })

/**
 * The same options with another value for one of them. What the options count for each node, such as clients, keeps its
 * number for each node.
 */
export const change = <O extends Options>(
  struct: Schema.Constraint,
  options: O,
  field: Setting.Field,
  value: unknown
): O => {
  const changed = Setting.set(options, field, value)
  return Setting.fieldsOf(struct).filter(({ form, flag }) => form.isPerNode === true && flag !== field.flag).reduce(
    (all, other) => {
      const text = other.write(Setting.get(options, other), options.nodeCount)
      return Setting.set(all, other, other.read(text, changed.nodeCount))
    },
    changed
  )
}
