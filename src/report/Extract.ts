/**
 * From a run to what its report draws.
 */
import { isList, type Json } from "../schema/Json.ts"
import type * as Journal from "../simulator/network/Journal.ts"
import type { Run } from "../simulator/Run.ts"
import type { Finding } from "../workloads/finding/Finding.ts"
import * as Rules from "../workloads/finding/Rules.ts"
import * as ExactNumbers from "../workloads/history/ExactNumbers.ts"
import type * as History from "../workloads/history/History.ts"
import * as Operations from "../workloads/history/Operations.ts"
import {
  type Evidence,
  fates,
  type Fault,
  type MessageRow,
  type OperationRow,
  outcomes,
  type ReportData,
  role
} from "./ReportData.ts"
import * as Failures from "./sentences/Failures.ts"
import * as Sentences from "./sentences/Sentences.ts"
import { sides } from "./SpaceTime.ts"

/** Above so many messages, bodies would make the page heavy. They are in the journal still. */
const mostBodies = 20_000

/** How many characters of a body are shown. */
const bodyLimit = 160

const shorten = (body: string): string => body.length > bodyLimit ? `${body.slice(0, bodyLimit)}…` : body

/** How many characters of a value are shown, and of a value that a finding is about. */
const usual = 90
const long = 6000

const text = (value: Json, limit: number): string => {
  // each item takes two characters at least, and nobody waits for what is cut off
  const json = ExactNumbers.text(isList(value) && value.length > limit ? value.slice(0, limit) : value)
  if (json.length <= limit) return json
  return isList(value) && limit === usual
    ? `${value.length} values, ${json.slice(0, limit - 30)}…`
    : `${json.slice(0, limit)}…`
}

/** The index of each name, in the order in which they first come up. */
const table = (first: ReadonlyArray<string> = []) => {
  const names = [...first]
  const indices = new Map(first.map((name, index) => [name, index]))
  return {
    names,
    indexOf: (name: string): number => {
      let index = indices.get(name)
      if (index === undefined) indices.set(name, index = names.push(name) - 1)
      return index
    }
  }
}

type Drops = NonNullable<Fault["drops"]>

const isObject = (value: unknown): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const names = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((name) => typeof name === "string") : []

const dropsOf = (value: Json): Drops =>
  isObject(value) && isObject(value["drops"])
    ? Object.fromEntries(Object.entries(value["drops"]).map(([node, from]) => [node, names(from)]))
    : {}

/**
 * The sides that a cut keeps apart, as `n3 | n0 n1 n2 n4`; where it keeps none apart, which node does not hear which.
 */
const cutInWords = (name: string, value: Json, drops: Drops, nodes: ReadonlyArray<string>): string => {
  const kind = isObject(value) && typeof value["kind"] === "string" && value["kind"] !== name
    ? `, ${value["kind"]}`
    : ""
  const list = (nodes: ReadonlyArray<string>): string =>
    nodes.length > 6 ? `${nodes.slice(0, 5).join(" ")} and ${nodes.length - 5} more` : nodes.join(" ")
  const inParts = (parts: ReadonlyArray<string>, separator: string): string =>
    `${name} ${[...parts.slice(0, 4), ...parts.length > 4 ? ["…"] : []].join(separator) || "of nothing"}${kind}`

  const sideOf = sides(nodes, drops)
  const apart = [...new Set(sideOf)].toSorted((a, b) => b - a)
  const isMutual = Object.entries(drops).every(([node, from]) => from.every((other) => drops[other]?.includes(node)))
  if (isMutual && apart.length > 1) {
    return inParts(apart.map((side) => list(nodes.filter((_, i) => sideOf[i] === side))), " | ")
  }
  const receivers = new Map<string, Array<string>>()
  for (const [node, from] of Object.entries(drops)) {
    const key = [...from].toSorted().join(" ")
    receivers.set(key, [...receivers.get(key) ?? [], node])
  }
  return inParts([...receivers].map(([from, nodes]) => `${list(nodes)} deaf to ${list(from.split(" "))}`), "; ")
}

const describe = (name: string, value: Json, all: ReadonlyArray<string>): Pick<Fault, "what" | "nodes" | "drops"> => {
  if (isObject(value) && "drops" in value) {
    const drops = dropsOf(value)
    return { what: cutInWords(name, value, drops, all), nodes: Object.keys(drops), drops }
  }
  const nodes = isObject(value) ? Object.keys(value) : names(value)
  return { what: `${name} ${nodes.length > 6 ? `${nodes.length} nodes` : nodes.join(" ")}`, nodes }
}

/**
 * `start-x` and `stop-x` of the nemesis, in pairs. One that names nodes ends what was begun with the same ones, another
 * all that is called so.
 */
const faultsOf = (history: History.History, all: ReadonlyArray<string>, duration: number): ReadonlyArray<Fault> => {
  const faults: Array<Fault> = []
  let open: Array<Pick<Fault, "name" | "start" | "what" | "nodes" | "drops">> = []
  const close = (end: number, isClosed: (fault: (typeof open)[number]) => boolean): void => {
    faults.push(...open.filter(isClosed).map((fault) => ({ ...fault, end })))
    open = open.filter((fault) => !isClosed(fault))
  }
  for (const { f, process, time, value } of history) {
    if (process !== "nemesis") continue
    const [, deed, name] = /^(start|stop)-(.*)$/.exec(f) ?? []
    if (name === undefined) continue
    const nodes = names(value).join(" ")
    close(time, (fault) => fault.name === name && (nodes === "" || fault.nodes.join(" ") === nodes))
    if (deed === "start") open.push({ name, start: time, ...describe(name, value, all) })
  }
  close(duration, () => true)
  return faults.toSorted((a, b) => a.start - b.start)
}

/** Types of messages: what servers say to each other first, then by how many there are. */
const byImportance = (messages: ReadonlyArray<Journal.Message>): ReadonlyArray<string> => {
  const weights = new Map<string, number>()
  for (const { dest, src, type } of messages) {
    const weight = role(src) === "client" || role(dest) === "client" ? 1 : messages.length
    weights.set(type, (weights.get(type) ?? 0) + weight)
  }
  return [...weights].toSorted(([, a], [, b]) => b - a).map(([type]) => type)
}

const round = (time: number): number => Math.round(time * 1000) / 1000

/** Findings in words, and the operations that their examples lead to. */
const tell = (found: ReadonlyArray<Finding>, { history, of }: Operations.Operations) => {
  const findings: Array<string> = []
  const evidence: Array<Evidence> = []
  for (const finding of found) {
    for (const [i, line] of Sentences.lines(finding).entries()) {
      const example = finding.examples[i]
      const events = example?.events.flatMap((index) => history[index] ?? []) ?? []
      const operations = [...new Set(events.flatMap((event) => of(event)?.id ?? []))]
      if (example !== undefined && operations.length > 0) {
        evidence.push({ finding: findings.length, about: Sentences.label(example), operations })
      }
      findings.push(line)
    }
  }
  return { findings, evidence }
}

export const extract = ({ history, messages: journal, options, results }: Run): ReportData => {
  const invoked = Operations.fold(history)
  const { messages, unrecorded } = journal ?? { messages: [], unrecorded: 0 }
  const duration = Math.max(
    1,
    history.at(-1)?.time ?? options.timeLimit,
    messages.reduce((latest, { ended, sent }) => Math.max(latest, ended ?? sent), 0)
  )
  const nodeIds = Array.from({ length: options.nodeCount }, (_, i) => `n${i}`)
  const addresses = table(nodeIds)
  const kinds = table()
  const types = table(byImportance(messages))

  const { beyond, counted } = Rules.split(results.rules, results.findings)
  const { evidence, findings } = tell([...counted, ...beyond], invoked)
  const accused = new Set(evidence.flatMap(({ operations }) => operations))

  const operations = invoked.all.map(({ completion, id, invoke }): OperationRow => {
    const limit = accused.has(id) ? long : usual
    const value = invoke.value === null ? "" : text(invoke.value, limit)
    const result = completion === undefined
      ? ""
      : completion.error !== undefined
      ? Failures.plain(completion.error)
      : (completion.value === null ? "" : text(completion.value, limit))
    return [
      invoke.time,
      round((completion?.time ?? duration) - invoke.time),
      addresses.indexOf(invoke.node ?? "?"),
      kinds.indexOf(invoke.f),
      outcomes.indexOf(completion === undefined || completion.type === "invoke" ? "open" : completion.type),
      Number(invoke.process),
      value,
      result === value ? "" : result
    ]
  })

  const rows = messages.map((message): MessageRow => {
    const { body, dest, ended, fate, id, in_reply_to = null, msg_id = null, sent, size, src, type } = message
    const row = [
      addresses.indexOf(src),
      addresses.indexOf(dest),
      types.indexOf(type),
      sent,
      ended === undefined ? null : round(ended - sent),
      fates.indexOf(fate),
      size,
      id,
      msg_id,
      in_reply_to
    ] as const
    return messages.length > mostBodies ? row : [...row, shorten(body)]
  })

  return {
    duration,
    timeLimit: options.timeLimit,
    nodes: addresses.names.filter((address) => nodeIds.includes(address)),
    findings,
    counted: counted.flatMap(Sentences.lines).length,
    evidence,
    kinds: kinds.names,
    operations,
    faults: faultsOf(history, nodeIds, duration),
    series: (results.workload.series ?? []).filter(({ points }) => points.length > 0),
    addresses: addresses.names,
    types: types.names,
    messages: rows,
    unrecorded,
    hasJournal: journal !== undefined
  }
}
