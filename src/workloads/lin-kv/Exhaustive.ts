/**
 * Whether a history of one register is linearizable, by all configurations that it can be in at a time.
 *
 * - **Algorithm.** From event to event: an operation that begins may happen from now on, and when it ends it must have
 *   happened. Just then, in each configuration in which it has not, all open operations are tried in front of it (Lowe,
 *   "Testing for linearizability", 2017, §5: what happened before, with nobody noticing, can as well happen now).
 *   An observer happens as soon as it can, since it changes nothing.
 * - **Guarantee.** Exact: what it says is so. It says `undecided` when more than {@link most} configurations are reached
 *   in one step, or more operations are open than a configuration has bits. Those of unknown outcome stay open.
 * - **Cost.** Half a microsecond for an operation, as long as few are open. A configuration is two numbers: the value, and
 *   a bit for each open operation that has happened. It is dropped when another one is as good.
 */
import type { Judgement, Problem } from "./Problem.ts"
import { type Action, essence, type Operation } from "./RegisterOperation.ts"

/** How many configurations one step may reach. */
const most = 128

/** Bits of the open operations, by what it means that one has happened. */
interface Kinds {
  /** Mutators that must happen: it is another configuration. */
  sure: number
  /** Mutators that need not: it is better if they have not, since they still may. */
  optional: number
  /** It is better if they have. */
  observers: number
}

/** A set of configurations. */
class Configurations {
  size = 0
  readonly values = new Int32Array(most)
  readonly done = new Int32Array(most)
  readonly kinds: Kinds

  constructor(kinds: Kinds) {
    this.kinds = kinds
  }

  /** Whether nothing is lost if the second is dropped where the first is. Their values are the same. */
  private isAsGood(one: number, other: number): boolean {
    const { observers, optional, sure } = this.kinds
    return (((one ^ other) & sure) | (one & ~other & optional) | (other & ~one & observers)) === 0
  }

  /** False, if there is no room for it. */
  add(value: number, done: number): boolean {
    const { size, values } = this
    for (let at = 0; at < size; at++) {
      if (values[at] === value && this.isAsGood(this.done[at]!, done)) return true
    }
    if (size === most) return false
    values[size] = value
    this.done[size] = done
    this.size++
    return true
  }
}

/** The open operations. */
class Open implements Kinds {
  sure = 0
  optional = 0
  observers = 0
  /** Those that find a value: of each value, the bits of reads; of each, the bits of those that find another; and of all these. */
  private readonly finds: Int32Array
  private readonly differs: Int32Array
  private allDiffer = 0
  /** The mutators: their bits, what they find (-1: anything), and what they leave. */
  mutators = 0
  readonly bits = new Int32Array(32)
  readonly from = new Int32Array(32)
  readonly to = new Int32Array(32)

  constructor(valueCount: number) {
    this.finds = new Int32Array(valueCount)
    this.differs = new Int32Array(valueCount)
  }

  /** A bit that none of them has; 0 if there is none. */
  freeBit(): number {
    const free = ~(this.sure | this.optional | this.observers)
    return free & -free
  }

  /** The observers that happen at a value. */
  observersAt(value: number): number {
    return this.finds[value]! | (this.allDiffer & ~this.differs[value]!)
  }

  begin(bit: number, action: Action, certain: boolean): void {
    if (action.type === "read") {
      this.observers |= bit
      this.finds[action.value]! |= bit
    } else if (action.type === "differ") {
      this.observers |= bit
      this.allDiffer |= bit
      this.differs[action.value]! |= bit
    } else {
      if (certain) this.sure |= bit
      else this.optional |= bit
      this.bits[this.mutators] = bit
      this.from[this.mutators] = action.type === "cas" ? action.from : -1
      this.to[this.mutators++] = action.type === "cas" ? action.to : action.value
    }
  }

  end(bit: number, action: Action): void {
    if (action.type === "read") this.finds[action.value]! &= ~bit
    if (action.type === "differ") this.differs[action.value]! &= ~bit
    this.allDiffer &= ~bit
    this.observers &= ~bit
    this.optional &= ~bit
    this.sure &= ~bit
    for (let at = 0; at < this.mutators; at++) {
      if (this.bits[at] !== bit) continue
      this.mutators--
      this.bits[at] = this.bits[this.mutators]!
      this.from[at] = this.from[this.mutators]!
      this.to[at] = this.to[this.mutators]!
    }
  }
}

/** All that is possible after an end, into `after`. `seen` is what was possible before. False, if that is too much. */
const step = (open: Open, bit: number, isOptional: boolean, seen: Configurations, after: Configurations): boolean => {
  after.size = 0
  const isObserver = (open.observers & bit) !== 0
  for (let at = 0; at < seen.size; at++) {
    const value = seen.values[at]!
    const done = seen.done[at]!
    if ((done & bit) !== 0) {
      if (!after.add(value, done & ~bit)) return false
      continue
    }
    if (isOptional && !after.add(value, done)) return false
    for (let other = 0; other < open.mutators; other++) {
      const otherBit = open.bits[other]!
      const from = open.from[other]!
      if ((done & otherBit) !== 0 || (from !== -1 && from !== value)) continue
      const to = open.to[other]!
      const then = done | otherBit | open.observersAt(to)
      const isLast = otherBit === bit || (isObserver && (then & bit) !== 0)
      if (!(isLast ? after.add(to, then & ~bit) : seen.add(to, then))) return false
    }
  }
  return true
}

/** The indices of operations in the order of their beginnings and ends; `~index` is an end. */
const timeline = (operations: ReadonlyArray<Operation>): Int32Array => {
  const size = operations.length
  const ends = new Float64Array(size)
  let ended = 0
  for (let index = 0; index < size; index++) {
    const { end } = operations[index]!
    if (end !== Infinity) ends[ended++] = end * size + index
  }
  const sorted = ends.subarray(0, ended).toSorted()
  const events = new Int32Array(size + ended)
  let begun = 0
  for (let at = 0, over = 0; at < events.length; at++) {
    const end = over < ended ? Math.floor(sorted[over]! / size) : Infinity
    events[at] = begun < size && operations[begun]!.begin < end ? begun++ : ~(sorted[over++]! % size)
  }
  return events
}

export const judge = ({ initial = [0], operations, valueCount }: Problem): Judgement => {
  const open = new Open(valueCount)
  let possible = new Configurations(open)
  let after = new Configurations(open)
  for (const value of initial) if (!possible.add(value, 0)) return { type: "undecided" }
  const bits = new Int32Array(operations.length)
  const actions = operations.map(essence)
  for (const event of timeline(operations)) {
    const index = event < 0 ? ~event : event
    const action = actions[index]
    if (action === undefined) continue
    if (event >= 0) {
      const bit = open.freeBit()
      if (bit === 0) return { type: "undecided" }
      bits[index] = bit
      open.begin(bit, action, operations[index]!.certain)
      for (let at = 0; at < possible.size; at++) possible.done[at]! |= open.observersAt(possible.values[at]!) & bit
      continue
    }
    const bit = bits[index]!
    if (!step(open, bit, !operations[index]!.certain, possible, after)) return { type: "undecided" }
    if (after.size === 0) return { type: "broken", at: index }
    open.end(bit, action)
    const before = possible
    possible = after
    after = before
  }
  return { type: "linearizable" }
}
