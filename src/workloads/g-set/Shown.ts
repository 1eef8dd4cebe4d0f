/**
 * What each node has shown in its life, and what then vanishes: a read lacks a value that was in a read of the same node
 * that had ended before this one began. It is found the first time that the node lacks the value in that life.
 *
 * As a rule nothing vanishes, and then a read costs a look at each of its own values: it has all that was shown if it has
 * as many. Four bytes and a reference for each value and node.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Lives } from "../history/Lives.ts"
import type { Completed } from "../history/Operations.ts"
import type { Sighting, Value } from "./Values.ts"

/** What a node has shown in one life. */
interface Life {
  readonly number: number
  /** Values, in the order in which the node first showed them. */
  readonly values: Array<Value>
  /** By the id of a value: one more than the index of the end of the first read that has it, or `vanished`; else 0. */
  since: Int32Array
}

const vanished = 2 ** 31 - 1

export interface Shown {
  /**
   * What vanishes in this read, which has these values, so many of them distinct, each with the read's mark. The node has
   * shown them from now on.
   */
  readonly next: (read: Completed, values: ReadonlyArray<Value>, distinct: number, mark: number) => Array<Sighting>
}

const show = (life: Life, values: ReadonlyArray<Value>, { completion: { index } }: Completed): void => {
  for (const value of values) {
    if (value.id >= life.since.length) {
      const { since } = life
      life.since = new Int32Array(2 * value.id + 64)
      life.since.set(since)
    }
    if (life.since[value.id] !== 0) continue
    life.since[value.id] = index + 1
    life.values.push(value)
  }
}

export const make = (lives: Lives): Shown => {
  const current = new Map<NodeId, Life>()
  const next: Shown["next"] = (read, values, distinct, mark) => {
    const { completion, invoke } = read
    const { node } = invoke
    if (node === undefined || !lives.isOne(read)) return []
    const number = lives.at(node, completion)
    let life = current.get(node)
    if (life?.number !== number) current.set(node, life = { number, values: [], since: new Int32Array(64) })
    show(life, values, read)
    if (distinct === life.values.length) return []
    const { since } = life
    const gone = life.values.filter(({ id, mark: last }) => last !== mark && since[id]! <= invoke.index)
    return gone.map((value) => {
      const first = since[value.id]! - 1
      since[value.id] = vanished
      return { value: value.json, read, against: [first] }
    })
  }
  return { next }
}
