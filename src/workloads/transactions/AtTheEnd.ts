/**
 * What is demanded of the reads at the end, when the network has healed and come to rest: that each is answered, and that
 * all of them agree. No model of consistency says so, and Maelstrom does not look.
 */
import type { Json } from "../../schema/Json.ts"
import type * as Story from "./Story.ts"
import { identity, type Transaction } from "./Transactions.ts"

export interface Ending {
  readonly found: ReadonlyArray<Story.Found>
  /** What each key held at the end, and a transaction that read it; only keys on whose value all reads agree. */
  readonly values: ReadonlyArray<{ readonly key: Json; readonly value: Json; readonly reader: number }>
}

/** A key, and one who read it for each of the values that were read. */
interface Answers {
  readonly key: Json
  readonly byValue: Map<Json, { readonly by: number; readonly value: Json }>
}

/** **No final read**: a read at the end that was not answered. */
const unanswered = ({ completion, id }: Transaction): Story.Found => ({
  anomaly: "no-final-read",
  who: [id],
  facts: () => [
    { fact: "was not answered", by: id, ...completion?.error !== undefined && { failure: completion.error } }
  ]
})

/** **Divergence**: reads of the same key differ. */
const divergence = ({ byValue, key }: Answers): Story.Found => ({
  anomaly: "divergence",
  who: [...byValue.values()].map(({ by }) => by),
  facts: () => [{ fact: "ended", key, answers: [...byValue.values()] }]
})

/** @param empty what a key holds that nobody wrote. `null` means the same. */
export const make = (transactions: ReadonlyArray<Transaction>, empty: Json): Ending => {
  const final = transactions.filter(({ isFinal }) => isFinal)
  const answers = new Map<Json, Answers>()
  for (const { id, operations, outcome } of final) {
    if (outcome !== "ok") continue
    for (const { key, value: read } of operations) {
      const value = read ?? empty
      const known = answers.get(identity(key)) ?? { key, byValue: new Map() }
      answers.set(identity(key), known)
      if (!known.byValue.has(identity(value))) known.byValue.set(identity(value), { by: id, value })
    }
  }
  const all = [...answers.values()]
  return {
    found: [
      ...final.filter(({ outcome }) => outcome !== "ok").map(unanswered),
      ...all.filter(({ byValue }) => byValue.size > 1).map(divergence)
    ],
    values: all.flatMap(({ byValue, key }) =>
      byValue.size === 1 ? [...byValue.values()].map(({ by: reader, value }) => ({ key, value, reader })) : []
    )
  }
}
