/**
 * Programs of transactions that are wrong on purpose, each with the anomaly by which it is found, and a seed from which on
 * to look for it. Most are mutants of the programs that are in use; some are what one would write first.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Lists from "../../src/programs/TxnListAppend.ts"
import * as Registers from "../../src/programs/TxnRwRegister.ts"
import * as Json from "../../src/schema/Json.ts"
import { type ListAppendOperation, TxnListAppendProtocol } from "../../src/schema/TxnProtocol.ts"
import { Origin } from "../../src/schema/VersionVector.ts"
import * as Gossips from "../../src/services/gossip/Gossip.ts"
import * as Key from "../../src/services/kv/Key.ts"
import * as Kv from "../../src/services/kv/Kv.ts"
import * as Updates from "../../src/services/kv/Updates.ts"
import * as LinKvLog from "../../src/services/log/LinKvLog.ts"
import { Node } from "../../src/services/node/Node.ts"
import type { Program } from "../../src/simulator/nodes/SimulatedNode.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import type { Anomaly } from "../../src/workloads/transactions/ConsistencyModel.ts"
import { TxnListAppendWorkload } from "../../src/workloads/transactions/TxnListAppendWorkload.ts"
import { TxnRwRegisterWorkload } from "../../src/workloads/transactions/TxnRwRegisterWorkload.ts"
import type { Workload } from "../../src/workloads/Workload.ts"
import { type GossipModule, gossipModules } from "./GossipModules.ts"
import * as Patched from "./Patched.ts"

export interface WrongNode {
  readonly name: string
  readonly anomaly: Anomaly
  readonly options: Simulation.Options
}

type Changes = Partial<Simulation.Options>

type Wrong = readonly [name: string, Anomaly, Promise<Program> | Program, changes?: Changes]

const usual = {
  ...Simulation.defaults,
  nodeCount: 3,
  concurrency: 6,
  rate: 100,
  timeLimit: 1500,
  recovery: 3000,
  latency: { mean: 20, dist: "exponential" }
} as const

const kills: Changes = {
  nemesis: ["kill"],
  nemesisInterval: 300,
  concurrency: 30,
  latency: { mean: 5, dist: "constant" }
}

// ---- registers

type RegisterPatch = Patched.Patch<GossipModule | "programs/TxnRwRegister">

/** The program that is in use, with these passages of it or of what it runs over replaced. */
export const register = async (
  patches: ReadonlyArray<RegisterPatch>,
  shape: "layerStar" | "layerMesh" = "layerStar"
): Promise<Program> => {
  const [gossip, program] = (await Patched.load([...gossipModules, "programs/TxnRwRegister"], patches)).slice(-2)
  const { Gossip } = gossip as unknown as typeof Gossips // these are the modules
  const { TxnRwRegister } = program as unknown as typeof Registers
  return Effect.provide(TxnRwRegister, Gossip[shape])
}

const inProgram = (find: string, replace: string): RegisterPatch => ({
  module: "programs/TxnRwRegister",
  find,
  replace
})

/** One more import, as the first of those that are alike. */
const withProtocolError = <Module extends string>(module: Module): Patched.Patch<Module> => ({
  module,
  find: "import * as Json from",
  replace: 'import * as ProtocolError from "../schema/ProtocolError.ts"\nimport * as Json from'
})

const publication = "publish({ stamp: clock + 1, writes })"

/** Everybody has nothing but what is published here. */
const silence = Layer.effect(
  Gossips.Gossip,
  Effect.map(Node, ({ id }) =>
    Gossips.Gossip.of({
      join: (_, { onDelivery }) =>
        Effect.sync(() => {
          let sequence = 0
          return {
            publish: (operation) =>
              Effect.sync(() => {
                const entry = { origin: Origin.make(`${id}.0`), sequence: ++sequence, operation }
                onDelivery(entry)
                return entry
              }),
            commit: () => Effect.void,
            read: (look) => Effect.sync(look),
            vector: new Map(),
            stable: new Map(),
            recovered: Effect.succeed(0),
            settle: Effect.void
          }
        })
    }))
)

/** A workload of few keys, and many of them in each transaction. */
const crowded: Changes = { workload: TxnRwRegisterWorkload.set({ keyCount: 3, maxTxnLength: 6 }) }

const registers: ReadonlyArray<Wrong> = [
  [
    "replicates each write by itself",
    "fractured-read",
    register([inProgram(
      publication,
      "Effect.forEach(writes, (write) => publish({ stamp: clock + 1, writes: [write] }))"
    )]),
    { ...crowded, seed: 1 }
  ],
  [
    "numbers the versions of each key",
    "fractured-read",
    register([
      inProgram(
        publication,
        `publish({
          stamp: 0,
          writes: writes.map(([key, value]) => [key, [(registers.get(Json.canonical(key))?.stamp ?? 0) + 1, value]])
        })`
      ),
      inProgram("const next = { value, stamp, origin }", "const next = { value: value[1], stamp: value[0], origin }")
    ]),
    { ...crowded, seed: 3 }
  ],
  [
    "publishes each write as it comes to it",
    "G1b",
    register([inProgram(
      "writes.set(name, [key, value])",
      "(writes.set(name, [key, value]), Effect.runSync(publish({ stamp: clock + 1, writes: [[key, value]] })))"
    )]),
    { seed: 2 }
  ],
  [
    "refuses what it has published",
    "G1a",
    register([
      withProtocolError("programs/TxnRwRegister"),
      inProgram(
        `Effect.as(${publication}, reply)`,
        `Effect.andThen(${publication}, writes.length > 2
        ? Effect.fail(new ProtocolError.TxnConflict({ text: "too much" }))
        : Effect.succeed(reply))`
      )
    ])
  ],
  [
    "acknowledges what it does not do",
    "read-your-writes",
    register([inProgram("writes.length === 0 ?", "writes.length !== 1 ?")])
  ],
  [
    "delivers the write sets of each node in order, but not in causal order",
    "causal-violation",
    register([{
      module: "services/gossip/replica/Incoming",
      find: "contents === undefined ? Math.max(0, Math.min(count, has - before)) : count",
      replace: "count"
    }], "layerMesh"),
    { seed: 1, latency: { mean: 100, dist: "exponential" } }
  ],
  [
    "reads now and then what it had a while ago",
    "monotonic-reads",
    register([
      inProgram("let clock = 0", "let clock = 0\n  let reads = 0\n  let former = new Map()"),
      inProgram(
        "registers.get(name)?.value ?? null",
        "(++reads % 50 === 1 && (former = new Map(registers)), reads % 10 === 0 ? former : registers).get(name)?.value ?? null"
      )
    ])
  ],
  ["keeps what comes last", "divergence", register([inProgram(" || isLater(next, present)", " || true")])],
  [
    "keeps either of two with the same stamp",
    "divergence",
    register([inProgram(" || (a.stamp === b.stamp && a.origin > b.origin)", "")]),
    { seed: 2 }
  ],
  [
    "does not count what it has recovered: its clock goes back when it starts again",
    "read-your-writes",
    register([
      inProgram("let clock = 0", "let clock = 0\n  let hasRecovered = false"),
      inProgram("recovery.guard(() => {", "recovery.guard(() => {\n          hasRecovered = true"),
      inProgram(
        "clock = Math.max(clock, operation.stamp)\n      for",
        "if (hasRecovered) clock = Math.max(clock, operation.stamp)\n      for"
      ),
      inProgram(
        "for (const { stamp } of registers.values())",
        "for (const { stamp } of hasRecovered ? registers.values() : [])"
      )
    ]),
    { ...kills, seed: 4 }
  ],
  [
    "stamps with the time of day",
    "read-your-writes",
    register([
      inProgram(
        "import * as Effect from",
        'import * as Clock from "effect/Clock"\nimport * as Effect from'
      ),
      inProgram(
        publication,
        "Effect.flatMap(Clock.currentTimeMillis, (time) => publish({ stamp: Math.floor(time), writes }))"
      )
    ]),
    { nemesis: ["clock"], nemesisInterval: 300 }
  ],
  ["reads always null", "lost-write", register([inProgram("registers.get(name)?.value ?? null", "null")])],
  [
    "does not read what the transaction wrote",
    "internal",
    register([
      inProgram("own === undefined ? registers.get(name)?.value ?? null : own[1]", "registers.get(name)?.value ?? null")
    ])
  ],
  [
    "reads what nobody wrote",
    "garbage-read",
    register([inProgram("registers.get(name)?.value ?? null", "registers.get(name)?.value ?? -1")])
  ],
  [
    "answers only reads",
    "garbled",
    register([inProgram("reply: { txn: reply } }", 'reply: { txn: reply.filter(([f]) => f === "r") } }')])
  ],
  ["does not replicate", "divergence", Effect.provide(Registers.TxnRwRegister, silence)]
]

// ---- lists

const listModules = [
  "services/log/LogStore",
  "services/log/Appender",
  "services/log/LinKvLog",
  "programs/TxnListAppend"
] as const
type ListPatch = Patched.Patch<(typeof listModules)[number]>

/** The program that is in use, with these passages of it or of its log replaced. */
const list = async (patches: ReadonlyArray<ListPatch>): Promise<Program> => {
  const [, , log, program] = await Patched.load(listModules, patches)
  const { layerLinKv } = log as unknown as typeof LinKvLog // these are the modules
  const { TxnListAppend } = program as unknown as typeof Lists
  return Effect.provide(TxnListAppend, Layer.provide(layerLinKv, Kv.LinKv.layer))
}

const inLists = (find: string, replace: string): ListPatch => ({ module: "programs/TxnListAppend", find, replace })

const appended = "log.append(appends, answer(txn))"

/** Anything that has the interface will do, will it not? */
const seqKvForLinKv = Layer.provide(Layer.effect(Kv.LinKv, Kv.SeqKv), Kv.SeqKv.layer)

/** Each node keeps its lists to itself. */
const local: Program = Effect.flatMap(Node, ({ serve }) => {
  const lists = new Map<string, ReadonlyArray<Json.Json>>()
  return serve(TxnListAppendProtocol, {
    txn: ({ txn }) =>
      Effect.sync(() => ({
        txn: txn.map((operation): ListAppendOperation => {
          const [f, key, element] = operation
          const name = Json.canonical(key)
          const list = lists.get(name) ?? []
          if (f === "r") return [f, key, list]
          lists.set(name, [...list, element])
          return operation
        })
      }))
  })
})

const List = Schema.Array(Json.Json)

/** Each list is a value of its own in lin-kv, and each operation is done by itself. */
const operationByOperation: Program = Effect.gen(function*() {
  const { serve } = yield* Node
  const { update } = yield* Kv.LinKv
  const listOf = (key: Json.Json) => Key.make(Json.canonical(key), Updates.Attributed(List))
  const execute = (operation: ListAppendOperation) => {
    const [f, key, element] = operation
    const changed = update(listOf(key), [], (list) => f === "append" ? [...list, element] : list)
    return Effect.map(changed, (list): ListAppendOperation => f === "append" ? operation : [f, key, list])
  }
  return yield* serve(TxnListAppendProtocol, {
    txn: ({ txn }) => Effect.map(Effect.forEach(txn, execute), (txn) => ({ txn }))
  })
}).pipe(Effect.provide(Kv.LinKv.layer))

const lists: ReadonlyArray<Wrong> = [
  [
    "moves the root without looking what it was",
    "incompatible-order",
    list([{
      module: "services/log/LogStore",
      find: "kv.cas(rootKey, before, after)",
      replace: "kv.write(rootKey, after)"
    }]),
    { nemesis: ["partition"], nemesisInterval: 500 }
  ],
  [
    "reads what it has",
    "G-single-realtime",
    list([inLists("log.read(answer(txn))", "Effect.sync(answer(txn))")])
  ],
  [
    "reads what it has, and then appends",
    "lost-update",
    list([inLists(
      appended,
      "Effect.suspend(() => { const early = answer(txn)(); return Effect.as(log.append(appends, () => early), early) })"
    )])
  ],
  [
    "appends what may be there already",
    "duplicate-elements",
    list([{
      module: "services/log/Appender",
      find: "const next = copy.missing(entries).slice(0, chunkSize)",
      replace: "const next = entries.slice(0, chunkSize)"
    }]),
    { seed: 3, nemesis: ["pause"], nemesisInterval: 500 }
  ],
  [
    "refuses what takes too long",
    "G1a",
    list([
      withProtocolError("programs/TxnListAppend"),
      inLists(
        appended,
        `Effect.timeoutOrElse(${appended}, {
          duration: "100 millis",
          orElse: () => Effect.fail(new ProtocolError.TxnConflict({ text: "try again" }))
        })`
      )
    ])
  ],
  [
    "keeps the log in seq-kv",
    "G-single-realtime",
    Effect.provide(Lists.TxnListAppend, Layer.provide(LinKvLog.layerLinKv, seqKvForLinKv))
  ],
  ["keeps the lists to itself", "incompatible-order", local],
  ["does one operation after the other", "internal", operationByOperation]
]

const all = async (of: ReadonlyArray<Wrong>, workload: Workload): Promise<ReadonlyArray<WrongNode>> =>
  Promise.all(of.map(async ([name, anomaly, program, changes]): Promise<WrongNode> => ({
    name: `${workload.name} ${name}`,
    anomaly,
    options: { ...usual, workload, program: await program, ...changes }
  })))

export const nodes: ReadonlyArray<WrongNode> = [
  ...await all(registers, TxnRwRegisterWorkload),
  ...await all(lists, TxnListAppendWorkload)
]
