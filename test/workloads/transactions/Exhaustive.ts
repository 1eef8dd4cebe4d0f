/**
 * Checkers of small histories that try every order of the transactions, straight from the definitions (Biswas and Enea,
 * "On the complexity of checking transactional consistency", 2019): there is an order, the arbitration, that extends
 * reads-from, such that whoever reads a key reads the last write in that order of those that are visible to it.
 *
 * Read committed is no more than that order, without what is intermediate; and read uncommitted is an order in which who
 * reads a version and overwrites it comes after its writer.
 *
 * What is read at the end is the last version. Of a history in which every transaction was ok, and agrees with itself.
 */
import type { Json } from "../../../src/schema/Json.ts"
import type { History } from "../../../src/workloads/history/History.ts"
import type { ConsistencyModel } from "../../../src/workloads/transactions/ConsistencyModel.ts"
import * as Transactions from "../../../src/workloads/transactions/Transactions.ts"

interface Write {
  readonly key: Json
  readonly value: Json
  readonly isIntermediate: boolean
}

interface Read {
  readonly key: Json
  /** Undefined: nobody. */
  readonly writer: number | undefined
}

const permutations = (items: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  items.length === 0
    ? [[]]
    : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]))

export const isValid = (history: History, model: ConsistencyModel, lists: boolean): boolean => {
  const all = Transactions.fromHistory(history, "durable")
  const final = all.filter(({ isFinal }) => isFinal).flatMap(({ operations }) => operations)
  const transactions = all.filter(({ isFinal }) => !isFinal)
  const ids = transactions.map((_, i) => i)

  const writes = transactions.map(({ operations }) =>
    operations.flatMap(({ f, key, value }, i): ReadonlyArray<Write> => {
      const isIntermediate = operations.slice(i + 1).some((later) => later.f === "write" && later.key === key)
      return f === "read" ? [] : [{ key, value, isIntermediate }]
    })
  )
  const writes_ = (id: number, key: Json): boolean => writes[id]!.some((write) => write.key === key)
  const writerOf = (key: Json, value: Json) => {
    const writer = ids.find((id) => writes[id]!.some((write) => write.key === key && write.value === value))!
    return { writer, ...writes[writer]!.find((write) => write.key === key && write.value === value)! }
  }
  const lastOf = (value: Json): Json => Array.isArray(value) ? value.at(-1) ?? null : value

  const reads: Array<Array<Read>> = []
  for (const { operations } of transactions) {
    const own: Array<Read> = []
    const touched = new Set<Json>()
    for (const { f, key, value } of operations) {
      if (f === "read" && !touched.has(key)) {
        if (lastOf(value) === null) {
          own.push({ key, writer: undefined })
        } else {
          const { isIntermediate, writer } = writerOf(key, lastOf(value))
          if (isIntermediate && model !== "read-uncommitted") return false
          own.push({ key, writer: isIntermediate ? undefined : writer })
        }
      }
      touched.add(key)
    }
    reads.push(own)
  }

  // Who must come before whom.
  const before: Array<readonly [number, number]> = []
  const readsFrom: Array<readonly [number, number]> = []
  for (const id of ids) {
    for (const { writer } of reads[id]!) if (writer !== undefined && writer !== id) readsFrom.push([writer, id])
  }
  before.push(
    ...readsFrom.filter(([from, to]) =>
      model !== "read-uncommitted" || reads[to]!.some(({ key, writer }) => writer === from && writes_(to, key))
    )
  )
  for (const { key, value } of final) {
    if (lists) {
      const order = (Array.isArray(value) ? value : []).map((element: Json) => writerOf(key, element).writer)
      order.forEach((writer, i) => {
        if (i > 0 && order[i - 1] !== writer) before.push([order[i - 1]!, writer])
      })
    } else if (value !== null) {
      const { isIntermediate, writer } = writerOf(key, value)
      if (isIntermediate) return false
      for (const id of ids) if (id !== writer && writes_(id, key)) before.push([id, writer])
    }
  }
  const sessions: Array<readonly [number, number]> = []
  const inTime: Array<readonly [number, number]> = []
  for (const a of ids) {
    for (const b of ids) {
      const [one, other] = [transactions[a]!, transactions[b]!]
      if (one.session === other.session && a < b) sessions.push([a, b])
      if (one.completion!.index < other.invoke.index) inTime.push([a, b])
    }
  }
  if (model === "causal") before.push(...sessions)
  if (model === "strict-serializable") before.push(...inTime)

  const causes = new Set<string>()
  const follow = (from: number, at: number): void => {
    for (const [a, b] of [...readsFrom, ...sessions]) {
      if (a !== at || causes.has(`${from} ${b}`)) continue
      causes.add(`${from} ${b}`)
      follow(from, b)
    }
  }
  for (const id of ids) follow(id, id)

  return permutations(ids).some((order) => {
    const place = (id: number): number => order.indexOf(id)
    const isBefore = (a: number, b: number): boolean => place(a) < place(b)
    const reads_ = (a: number, b: number): boolean => readsFrom.some(([from, to]) => from === a && to === b)
    const conflict = (a: number, b: number): boolean => writes[a]!.some(({ key }) => writes_(b, key))
    const isVisible = (a: number, b: number): boolean => {
      switch (model) {
        case "read-uncommitted":
        case "read-committed":
          return false
        case "read-atomic":
          return reads_(a, b)
        case "causal":
          return causes.has(`${a} ${b}`)
        case "snapshot-isolation":
          return ids.some((via) =>
            (via === a || isBefore(a, via)) && (reads_(via, b) || (isBefore(via, b) && conflict(via, b)))
          )
        default:
          return isBefore(a, b)
      }
    }
    return before.every(([a, b]) => isBefore(a, b))
      && ids.every((reader) =>
        reads[reader]!.every(({ key, writer }) =>
          ids.every((other) =>
            other === reader || other === writer || !writes_(other, key) || !isVisible(other, reader)
            || (writer !== undefined && isBefore(other, writer))
          )
        )
      )
  })
}
