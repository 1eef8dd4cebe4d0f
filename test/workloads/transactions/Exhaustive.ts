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

/** Who comes before whom. */
type Pairs = ReadonlyArray<readonly [number, number]>

type Transaction = ReturnType<typeof Transactions.fromHistory>[number]

/** What transactions wrote and read; each is known by its place. */
const effectsOf = (transactions: ReadonlyArray<Transaction>) => {
  const ids = transactions.map((_, i) => i)
  const writes = transactions.map(({ operations }) =>
    operations.flatMap(({ f, key, value }, i): ReadonlyArray<Write> => {
      const isIntermediate = operations.slice(i + 1).some((later) => later.f === "write" && later.key === key)
      return f === "read" ? [] : [{ key, value, isIntermediate }]
    })
  )
  const isWriter = (id: number, key: Json): boolean => writes[id]!.some((write) => write.key === key)
  const writerOf = (key: Json, value: Json) => {
    const writer = ids.find((id) => writes[id]!.some((write) => write.key === key && write.value === value))!
    return { writer, ...writes[writer]!.find((write) => write.key === key && write.value === value)! }
  }
  const lastOf = (value: Json): Json => Array.isArray(value) ? value.at(-1) ?? null : value

  /** The first read of each key that the transaction has not written before; of what is intermediate, nobody wrote it. */
  const readsOf = ({ operations }: Transaction): ReadonlyArray<Read & { readonly isIntermediate: boolean }> => {
    const touched = new Set<Json>()
    return operations.flatMap(({ f, key, value }) => {
      const isFirst = f === "read" && !touched.has(key)
      touched.add(key)
      if (!isFirst) return []
      if (lastOf(value) === null) return [{ key, writer: undefined, isIntermediate: false }]
      const { isIntermediate, writer } = writerOf(key, lastOf(value))
      return [{ key, writer: isIntermediate ? undefined : writer, isIntermediate }]
    })
  }
  const reads = transactions.map(readsOf)
  const readsFrom = ids.flatMap((id) =>
    reads[id]!.flatMap(({ writer }): Pairs => writer === undefined || writer === id ? [] : [[writer, id]])
  )
  return { ids, writes, isWriter, writerOf, reads, readsFrom }
}

type Effects = ReturnType<typeof effectsOf>

/** What the versions at the end say; undefined if one of them is intermediate. */
const finalOrder = (
  { ids, isWriter, writerOf }: Effects,
  final: Transaction["operations"],
  lists: boolean
): Pairs | undefined => {
  const pairs: Array<readonly [number, number]> = []
  for (const { key, value } of final) {
    if (lists) {
      const order = (Array.isArray(value) ? value : []).map((element: Json) => writerOf(key, element).writer)
      order.forEach((writer, i) => {
        if (i > 0 && order[i - 1] !== writer) pairs.push([order[i - 1]!, writer])
      })
    } else if (value !== null) {
      const { isIntermediate, writer } = writerOf(key, value)
      if (isIntermediate) return undefined
      for (const id of ids) if (id !== writer && isWriter(id, key)) pairs.push([id, writer])
    }
  }
  return pairs
}

/** Those of which one was over before the other began, within a session or anywhere. */
const inTime = (transactions: ReadonlyArray<Transaction>, within: "session" | "anywhere"): Pairs =>
  transactions.flatMap((one, a) =>
    transactions.flatMap((other, b): Pairs => {
      const isBefore = within === "session"
        ? one.session === other.session && a < b
        : one.completion!.index < other.invoke.index
      return isBefore ? [[a, b]] : []
    })
  )

/** All that follow from these. */
const closure = (ids: ReadonlyArray<number>, pairs: Pairs): ReadonlySet<string> => {
  const found = new Set<string>()
  const follow = (from: number, at: number): void => {
    for (const [a, b] of pairs) {
      if (a !== at || found.has(`${from} ${b}`)) continue
      found.add(`${from} ${b}`)
      follow(from, b)
    }
  }
  for (const id of ids) follow(id, id)
  return found
}

/** Whether what the first wrote of a key is visible to the second, in an order. */
type Visibility = (isBefore: (a: number, b: number) => boolean) => (a: number, b: number, key: Json) => boolean

const isOf = (model: ConsistencyModel, part: string): boolean => model.includes(part)

/** Those that come first for some other reason than that they were read from. */
const given = (model: ConsistencyModel, transactions: ReadonlyArray<Transaction>): Pairs =>
  model === "causal" || isOf(model, "strong-session")
    ? inTime(transactions, "session")
    : isOf(model, "strong") || model === "strict-serializable"
    ? inTime(transactions, "anywhere")
    : []

const visibility = (model: ConsistencyModel, effects: Effects, first: Pairs): Visibility => {
  const { ids, isWriter, readsFrom, writes } = effects
  const isRead = (a: number, b: number): boolean => readsFrom.some(([from, to]) => from === a && to === b)
  const isFirst = (a: number, b: number): boolean => first.some(([from, to]) => from === a && to === b)
  const conflict = (a: number, b: number): boolean => writes[a]!.some(({ key }) => isWriter(b, key))
  if (isOf(model, "committed")) return () => () => false
  if (model === "parallel-snapshot-isolation" || model === "consistent-view") {
    return (isBefore) => {
      const conflicts = ids.flatMap((a) =>
        ids.flatMap((b): Pairs => a !== b && isBefore(a, b) && conflict(a, b) ? [[a, b]] : [])
      )
      const causes = closure(ids, [...readsFrom, ...conflicts])
      return (a, b) => causes.has(`${a} ${b}`)
    }
  }
  if (isOf(model, "snapshot-isolation")) {
    return (isBefore) => (a, b) =>
      ids.some((via) =>
        (via === a || isBefore(a, via))
        && (isRead(via, b) || isFirst(via, b) || (isBefore(via, b) && conflict(via, b)))
      )
  }
  switch (model) {
    case "cursor-stability":
      return (isBefore) => (a, b, key) => isBefore(a, b) && isWriter(b, key)
    case "read-atomic":
      return () => isRead
    case "update-atomic":
      return (isBefore) => (a, b) => isRead(a, b) || (isBefore(a, b) && conflict(a, b))
    case "causal": {
      const causes = closure(ids, [...readsFrom, ...first])
      return () => (a, b) => causes.has(`${a} ${b}`)
    }
    default:
      return (isBefore) => isBefore
  }
}

export const isValid = (history: History, model: ConsistencyModel, lists: boolean): boolean => {
  const all = Transactions.fromHistory(history, "durable")
  const transactions = all.filter(({ isFinal }) => !isFinal)
  const effects = effectsOf(transactions)
  const { ids, isWriter, reads, readsFrom } = effects
  const isDirty = isOf(model, "uncommitted")
  if (!isDirty && reads.flat().some(({ isIntermediate }) => isIntermediate)) return false

  const final = all.filter(({ isFinal }) => isFinal).flatMap(({ operations }) => operations)
  const last = finalOrder(effects, final, lists)
  if (last === undefined) return false
  const first = given(model, transactions)
  const overwrites = ([from, to]: readonly [number, number]): boolean =>
    reads[to]!.some(({ key, writer }) => writer === from && isWriter(to, key))
  const before = [...isDirty ? readsFrom.filter(overwrites) : readsFrom, ...last, ...first]
  const visible = visibility(model, effects, first)

  return permutations(ids).some((order) => {
    const isBefore = (a: number, b: number): boolean => order.indexOf(a) < order.indexOf(b)
    if (!before.every(([a, b]) => isBefore(a, b))) return false
    const isVisible = visible(isBefore)
    return ids.every((reader) =>
      reads[reader]!.every(({ key, writer }) =>
        ids.every((other) =>
          other === reader || other === writer || !isWriter(other, key) || !isVisible(other, reader, key)
          || (writer !== undefined && isBefore(other, writer))
        )
      )
    )
  })
}
