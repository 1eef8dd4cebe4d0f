/**
 * Random transactions on a pool of keys, drawn as Elle draws them for Maelstrom.
 *
 * At any time `keyCount` keys are in use, each twice as likely as the one before it in the pool. A transaction is 1 to
 * `maxTxnLength` operations, as many reads as writes on average. What is written to a key is 1, 2, 3 …, so that every
 * value of a key is written once. After `maxWritesPerKey` writes a fresh key takes its place in the pool. (Elle's newest
 * generator draws the number of writes for each key anew, at most that many.)
 */
import type { Json } from "../../schema/Json.ts"
import type { History } from "../history/History.ts"
import type { SeededRandom } from "../SeededRandom.ts"
import * as Setting from "../Setting.ts"

/** They have Maelstrom's values if nothing else is said. */
export const settings = {
  keyCount: Setting.whole(1, 1000, {
    help: "Keys of transactions and logs that are in use at a time",
    label: "keys in use",
    usual: 10
  }),
  maxTxnLength: Setting.whole(1, 1000, {
    help: "Operations of a transaction, at the most",
    label: "operations of a transaction",
    usual: 4
  }),
  maxWritesPerKey: Setting.whole(1, 1e6, {
    help: "Writes of transactions to a key, or sends, until another takes its place",
    label: "writes to a key",
    usual: 16
  })
}

export interface Settings {
  readonly keyCount: number
  readonly maxTxnLength: number
  readonly maxWritesPerKey: number
}

interface PoolEntry {
  key: number
  writes: number
}

export const make = <A>(
  random: SeededRandom,
  settings: Settings,
  operations: { readonly read: (key: number) => A; readonly write: (key: number, value: number) => A }
): () => ReadonlyArray<A> => {
  const { keyCount, maxTxnLength, maxWritesPerKey } = settings
  const pool = Array.from({ length: keyCount }, (_, key): PoolEntry => ({ key, writes: 0 }))
  let nextKey = keyCount

  /** The last key has one half of all chances, the one before it a quarter, and so on. */
  const pick = (): PoolEntry => {
    let index = keyCount - 1
    while (index > 0 && !random.chance(1 / (2 - 2 ** -index))) index--
    return pool[index]!
  }

  const operation = (): A => {
    const writes = random.chance(0.5)
    const entry = pick()
    if (!writes) return operations.read(entry.key)
    if (entry.writes === maxWritesPerKey) {
      entry.key = nextKey++
      entry.writes = 0
    }
    return operations.write(entry.key, ++entry.writes)
  }

  return () => Array.from({ length: 1 + random.below(maxTxnLength) }, operation)
}

/** How many keys a transaction reads at the end, at the most. */
const keysPerRead = 32

/** Every key that was ever in use, in portions that one transaction can read. */
export const portions = (history: History): ReadonlyArray<ReadonlyArray<Json>> => {
  const keys = new Set<Json>()
  for (const { type, value } of history) {
    if (type !== "invoke" || !Array.isArray(value)) continue
    for (const operation of value) if (Array.isArray(operation)) keys.add(operation[1]!)
  }
  const all = [...keys]
  return Array.from(
    { length: Math.ceil(all.length / keysPerRead) },
    (_, i) => all.slice(i * keysPerRead, (i + 1) * keysPerRead)
  )
}
