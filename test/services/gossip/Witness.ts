/**
 * Who sees all that happens in a cluster, and says what must not have happened.
 *
 * What happened before what is taken from what really happened: which life of which node had been given which operations
 * when it published one. Nothing is taken from the vectors that the nodes keep, except to check them.
 */
import type { NodeId } from "../../../src/schema/Address.ts"
import * as Vector from "../../../src/schema/VersionVector.ts"
import type { Entry } from "../../../src/services/gossip/Gossip.ts"
import type * as Violations from "../Violation.ts"

export const properties = [
  "exactly once",
  "origin's order",
  "causal order",
  "nothing invented",
  "nothing forgotten",
  "convergence",
  "stable too early",
  "stable backwards",
  "stable at last",
  "crash"
] as const
export type Property = (typeof properties)[number]

export type Violation = Violations.Violation<Property>

/** One life of a node, and what it was given, in order. */
export interface Life {
  readonly node: NodeId
  readonly name: string
  /** First as operations, or in a snapshot; each once. */
  readonly delivered: Array<number>
  /** What its program has made of, now: since its last snapshot. */
  state: Set<number>
  /** How many snapshots it has begun anew from. */
  restored: number
  readonly published: Array<number>
  stable: Vector.VersionVector
  /** It has heard from everybody. Nobody asks, unless nodes ask for the stable frontier. */
  recovered: boolean
  killed: boolean
}

export interface Published {
  readonly life: Life
  readonly time: number
  /** How much had been delivered to that life: all of this happened before. */
  readonly after: number
  /** It is that life's first, second … */
  readonly nth: number
  readonly origin: Vector.Origin
  readonly sequence: number
  /** What had been delivered to that life by then, if it was recovered. */
  readonly knowing: Vector.VersionVector | undefined
}

/** Somebody read at this life. */
export interface Reading {
  readonly life: Life
  readonly begun: number
  /** What the first node, which is the hub, had by then. */
  readonly hubHad: ReadonlyArray<number>
  /** What was seen, and when; undefined while the read waits. */
  seen: { readonly time: number; readonly operations: ReadonlySet<number> } | undefined
}

/** Somebody told this life to publish an operation. */
export interface Commit {
  readonly operation: number
  readonly begun: number
  /** When it was acknowledged, in ms. */
  ended: number | undefined
}

/** What has been seen so far. */
export interface Witness {
  readonly now: () => number
  readonly lives: Array<Life>
  readonly published: Map<number, Published>
  readonly readings: Array<Reading>
  readonly commits: Array<Commit>
  readonly violations: Array<Violation>
  /** What each node has had, in any of its lives. */
  readonly had: ReadonlyMap<NodeId, Map<Vector.Origin, number>>
  /** When something was last delivered to anybody. */
  lastDelivery: number
  readonly violate: (property: Property, text: string) => void
}

/** Of one kind of violation, that many are put down. */
const enough = 5

export const make = (ids: ReadonlyArray<NodeId>, now: () => number): Witness => {
  const violations: Array<Violation> = []
  const counts = new Map<Property, number>()
  return {
    now,
    lives: [],
    published: new Map(),
    readings: [],
    commits: [],
    violations,
    had: new Map(ids.map((id) => [id, new Map()])),
    lastDelivery: 0,
    violate: (property, text) => {
      const count = (counts.get(property) ?? 0) + 1
      counts.set(property, count)
      if (count <= enough) violations.push({ property, text: `${text}, at ${now().toFixed(0)} ms` })
    }
  }
}

/** Another life of the node begins. */
export const begin = ({ lives }: Witness, node: NodeId): Life => {
  const number = lives.filter((life) => life.node === node).length
  const life: Life = {
    node,
    name: `${node}/${number}`,
    delivered: [],
    state: new Set(),
    restored: 0,
    published: [],
    stable: new Map(),
    recovered: false,
    killed: false
  }
  lives.push(life)
  return life
}

/** What is known of one life to judge what it is given next. */
export interface Watch {
  readonly life: Life
  /** What it was told to publish. */
  readonly submitted: Set<number>
  /** What it was given, in any of its states. */
  readonly given: Set<number>
  /** Of each life: which of its operations comes next, and how much of what it had when it made the last one was given. */
  readonly nextOf: Map<Life, number>
  readonly seenOf: Map<Life, number>
  readonly own: Map<Vector.Origin, number>
}

export const watch = (life: Life): Watch => ({
  life,
  submitted: new Set(),
  given: new Set(),
  nextOf: new Map(),
  seenOf: new Map(),
  own: new Map()
})

const publish = ({ now, published }: Witness, { life, own }: Watch, { operation, origin, sequence }: Entry<number>) => {
  const known: Published = {
    life,
    time: now(),
    after: life.delivered.length,
    nth: life.published.length,
    origin,
    sequence,
    knowing: life.recovered ? new Map(own) : undefined
  }
  published.set(operation, known)
  life.published.push(operation)
  return known
}

/** An operation comes after all that its life had made before, and had been given. */
const checkOrder = ({ violate }: Witness, watch: Watch, operation: number, known: Published): void => {
  const { given, life, nextOf, seenOf } = watch
  const expected = nextOf.get(known.life) ?? 0
  if (expected !== known.nth) {
    violate("origin's order", `${life.name} got ${known.life.name}'s number ${known.nth}, not ${expected}`)
  }
  nextOf.set(known.life, known.nth + 1)
  for (let i = seenOf.get(known.life) ?? 0; i < known.after; i++) {
    const cause = known.life.delivered[i]!
    if (!given.has(cause)) violate("causal order", `${life.name} got ${operation} before its cause ${cause}`)
    seenOf.set(known.life, i + 1)
  }
  if (known.knowing !== undefined && !Vector.covers(known.knowing, life.stable)) {
    violate("stable too early", `${life.name} got ${operation}, made without knowing what ${life.name} took for stable`)
  }
}

/** The life is given an operation. */
export const deliver = (witness: Witness, watch: Watch, entry: Entry<number>): void => {
  const { had, now, published, violate } = witness
  const { given, life, own, submitted } = watch
  const { operation, origin, sequence } = entry
  witness.lastDelivery = now()
  const known = published.get(operation) ?? (submitted.has(operation) ? publish(witness, watch, entry) : undefined)
  if (known === undefined) return violate("nothing invented", `${life.name} was given ${operation}`)
  if (life.state.has(operation)) violate("exactly once", `${life.name} was given ${operation} again`)
  life.state.add(operation)
  if (given.has(operation)) return // it had it before it began anew
  if (known.origin !== origin || known.sequence !== sequence) {
    const text = `${known.origin}#${known.sequence} came to ${life.name} as ${origin}#${sequence}`
    violate("nothing invented", text)
  }
  checkOrder(witness, watch, operation, known)
  given.add(operation)
  life.delivered.push(operation)
  for (const counts of [own, had.get(life.node)!]) counts.set(origin, Math.max(sequence, counts.get(origin) ?? 0))
}

/** The life is told that this is stable. */
export const stabilise = ({ had, violate }: Witness, { life, own }: Watch, stable: Vector.VersionVector): void => {
  for (const [origin, count] of stable) {
    const before = life.stable.get(origin) ?? 0
    if (count < before) violate("stable backwards", `${life.name}: ${origin} from ${before} to ${count}`)
    if (count <= before) continue
    for (const [id, everHad] of had) {
      const has = everHad.get(origin) ?? 0
      if (has >= count) continue
      violate("stable too early", `${life.name} takes ${origin}#${count} for stable, but ${id} had only ${has}`)
    }
    const has = own.get(origin) ?? 0
    if (has < count) {
      violate("stable too early", `${life.name} takes ${origin}#${count} for stable, and has itself ${has}`)
    }
  }
  for (const origin of life.stable.keys()) {
    if (!stable.has(origin)) violate("stable backwards", `${life.name}: ${origin} is forgotten`)
  }
  life.stable = new Map(stable)
}

/** The life begins anew with these operations, of which its program knows that so much is stable. */
export const restore = (
  witness: Witness,
  watch: Watch,
  operations: ReadonlyArray<number>,
  stable: Vector.VersionVector | undefined
): void => {
  const { published, violate } = witness
  const { life } = watch
  life.state = new Set()
  life.restored++
  for (const operation of operations) {
    const known = published.get(operation)
    if (known === undefined) violate("nothing invented", `${life.name} was given ${operation}`)
    else deliver(witness, watch, { operation, origin: known.origin, sequence: known.sequence })
  }
  if (stable !== undefined) stabilise(witness, watch, stable)
}

export const survivors = ({ lives }: Witness): ReadonlyArray<Life> => lives.filter(({ killed }) => !killed)

/** Looks whether all that any survivor has is what every survivor has; and the same of what is stable. */
export const checkConvergence = (witness: Witness, within: { readonly stable: boolean }): void => {
  const { had, published, violate } = witness
  const all = survivors(witness)
  if (all.length !== had.size) violate("crash", `${all.length} of ${had.size} nodes live`)
  const anywhere = new Set(all.flatMap(({ delivered }) => delivered))
  for (const { delivered, name, stable, state: has } of all) {
    const forgotten = delivered.filter((operation) => !has.has(operation))
    if (forgotten.length > 0) violate("nothing forgotten", `${name} has forgotten ${forgotten}`)
    const missing = [...anywhere].filter((operation) => !has.has(operation))
    if (missing.length > 0) {
      const [first] = missing
      const { life } = published.get(first!)!
      const who = all.filter(({ delivered }) => delivered.includes(first!)).map(({ name }) => name)
      violate(
        "convergence",
        `${name} lacks ${missing.length} of ${anywhere.size}, such as ${first} of ${life.name}, had by ${who}`
      )
    }
    if (!within.stable) continue
    const unstable = [...anywhere].filter((operation) => {
      const { origin, sequence } = published.get(operation)!
      return (stable.get(origin) ?? 0) < sequence
    })
    if (unstable.length === 0) continue
    violate("stable at last", `${name} does not know that ${unstable.length} of ${anywhere.size} are stable`)
  }
}
