/**
 * What is demanded of the reads at the end, when the network has healed and come to rest: that each is answered, and that
 * all of them agree. No model of consistency says so, and Maelstrom does not look.
 */
import type { Json } from "../../schema/Json.ts"
import type { Finding } from "./Causality.ts"
import { identity, type Transaction } from "./Transactions.ts"

export interface Ending {
  readonly findings: ReadonlyArray<Finding>
  /** What each key held at the end, of those on which all agree, and one who read it. */
  readonly values: ReadonlyArray<{ readonly key: Json; readonly value: Json; readonly reader: number }>
}

interface Answer {
  readonly value: Json
  readonly transaction: Transaction
}

/** @param empty what a key holds that nobody wrote. `null` means the same. */
export const make = (transactions: ReadonlyArray<Transaction>, empty: Json): Ending => {
  const findings: Array<Finding> = []
  const answers = new Map<Json, { readonly key: Json; readonly value: Json; readonly answers: Map<Json, Answer> }>()
  for (const transaction of transactions) {
    const { completion, id, isFinal, operations, outcome } = transaction
    if (!isFinal) continue
    if (outcome !== "ok") {
      findings.push({
        anomaly: "no-final-read",
        tell: ({ at }) => [{
          clause: "unanswered",
          at: at(id),
          ...completion?.error !== undefined && { failure: completion.error }
        }]
      })
      continue
    }
    for (const { key, value: read } of operations) {
      const value = read ?? empty
      let known = answers.get(identity(key))
      if (known === undefined) answers.set(identity(key), known = { key, value, answers: new Map() })
      if (!known.answers.has(identity(value))) known.answers.set(identity(value), { value, transaction })
    }
  }
  const values: Array<Ending["values"][number]> = []
  for (const { answers: different, key, value } of answers.values()) {
    const [first] = different.values()
    if (different.size === 1 && first !== undefined) {
      values.push({ key, value, reader: first.transaction.id })
      continue
    }
    findings.push({
      anomaly: "divergence",
      tell: ({ at }) => [{
        clause: "diverged",
        key,
        values: [...different.values()].map(({ transaction, value }) => ({ value, at: at(transaction.id) }))
      }]
    })
  }
  return { findings, values }
}
