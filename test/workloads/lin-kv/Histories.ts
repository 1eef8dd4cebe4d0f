/**
 * Histories of one register, right and wrong, from a seed.
 */
import type { Problem } from "../../../src/workloads/lin-kv/Linearizability.ts"
import type { Action, Operation } from "../../../src/workloads/lin-kv/RegisterOperation.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"

export interface Options {
  readonly operations: number
  readonly clients: number
  /** How many values there are; without, each is written once. */
  readonly values?: number
  /** How many of the operations read, and how many write; the others are `cas`. */
  readonly reads: number
  readonly writes: number
  /** How many are of unknown outcome, and how many may have happened before they ended, or not. */
  readonly unknown?: number
  readonly doubtful?: number
  /** How many `cas` ask for the value that is there. */
  readonly hits?: number
  /** How many reads see something else. */
  readonly wrong?: number
}

interface Running {
  readonly index: number
  readonly action: Action
  happened: boolean
}

/** A register that does one thing at a time, and clients that ask it at random moments. */
export const make = (seed: number, options: Options): Problem => {
  const { clients, doubtful = 0, hits = 0, unknown = 0, values = Infinity, wrong = 0 } = options
  const random = SeededRandom.make(seed)
  const operations: Array<{ -readonly [K in keyof Operation]: Operation[K] }> = []
  const running: Array<Running | undefined> = Array.from({ length: clients }, () => undefined)
  /** Of unknown outcome, and not yet done. */
  const late: Array<Action> = []
  let time = 0
  let register = 0
  let written = 0

  const fresh = (): number => values === Infinity ? ++written : 1 + random.below(values)
  const known = (): number => random.below(1 + (values === Infinity ? written : values))
  const intend = (): Action => {
    const kind = random.nextDoubleUnsafe()
    if (kind < options.reads) return { type: "read", value: 0 }
    if (kind < options.reads + options.writes) return { type: "write", value: fresh() }
    return { type: "cas", from: random.chance(hits) ? register : known(), to: fresh() }
  }
  const happen = (action: Action): Action => {
    if (action.type === "read") return { type: "read", value: random.chance(wrong) ? known() : register }
    if (action.type === "cas" && action.from !== register) return { type: "differ", value: action.from }
    if (action.type === "write") register = action.value
    if (action.type === "cas") register = action.to
    return action
  }
  const begin = (): Running => {
    const action = intend()
    operations.push({ action, begin: time++, end: Infinity, certain: true })
    return { index: operations.length - 1, action, happened: false }
  }
  /** Whether the client is free. */
  const proceed = (one: Running): boolean => {
    const operation = operations[one.index]!
    if (!one.happened) {
      one.happened = true
      if (!random.chance(unknown)) {
        operation.action = happen(one.action)
        return false
      }
      operation.certain = false
      if (random.chance(1 / 3)) happen(one.action)
      else if (random.chance(0.5)) late.push(one.action)
      return true
    }
    operation.end = time++
    if (random.chance(doubtful)) operation.certain = false
    return true
  }

  while (operations.length < options.operations || running.some((one) => one !== undefined)) {
    if (late.length > 0 && random.chance(0.02)) happen(late.splice(random.below(late.length), 1)[0]!)
    const client = random.below(clients)
    const one = running[client]
    if (one !== undefined) running[client] = proceed(one) ? undefined : one
    else if (operations.length < options.operations) running[client] = begin()
  }
  return { operations, valueCount: 2 + (values === Infinity ? written : values) }
}

/** Small ones of every kind, half of them with reads that see something else. */
export const varied = (seed: number, most: number): Problem => {
  const random = SeededRandom.make(seed).fork("options")
  const reads = random.nextDoubleUnsafe()
  return make(seed, {
    operations: 1 + random.below(most),
    clients: 1 + random.below(5),
    ...random.chance(0.8) && { values: 1 + random.below(4) },
    reads,
    writes: random.nextDoubleUnsafe() * (1 - reads),
    unknown: random.chance(0.5) ? 0.2 : 0,
    doubtful: random.chance(0.3) ? 0.2 : 0,
    hits: random.pick([0, 0.5, 1]),
    wrong: random.chance(0.5) ? 0.3 : 0
  })
}
