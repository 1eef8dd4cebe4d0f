import { assert, describe, it } from "@effect/vitest"
import type { Entry } from "../../../src/schema/LinKvLogProtocol.ts"
import { chunkSize, type LogCopy, make } from "../../../src/services/log/LogCopy.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"

type Op = string

/** A log of entries of three writers, each of which numbers its own. */
const logOf = (random: SeededRandom.SeededRandom, length: number): ReadonlyArray<Entry<Op>> => {
  const last = new Map<string, number>()
  return Array.from({ length }, (_, position) => {
    const writer = random.pick(["a", "b", "c"])
    const number = (last.get(writer) ?? 0) + 1
    last.set(writer, number)
    return [writer, number, `${position}`]
  })
}

const copyOf = (): { readonly copy: LogCopy<Op>; readonly executed: Array<Entry<Op>> } => {
  const executed: Array<Entry<Op>> = []
  return { copy: make<Op>((entry) => executed.push(entry)), executed }
}

const chunks = (segment: { readonly entries: ReadonlyArray<unknown> }): number => segment.entries.length / chunkSize

describe("LogCopy", () => {
  it("executes each entry once, in order, from segments that overlap as they like", () => {
    for (const seed of seeds(20)) {
      const random = SeededRandom.make(seed)
      const log = logOf(random, random.below(300))
      const { copy, executed } = copyOf()
      while (copy.length() < log.length) {
        const start = random.below(copy.length() + 1)
        copy.take({ start, entries: log.slice(start, start + random.below(3 * chunkSize)) })
        assert.deepStrictEqual(executed, log.slice(0, copy.length()), `seed ${seed}`)
      }
    }
  })

  it("knows the root from the log alone, however it came to have it", () => {
    for (const seed of seeds(20)) {
      const random = SeededRandom.make(seed)
      const log = logOf(random, random.below(300))
      const { copy: atOnce } = copyOf()
      atOnce.take({ start: 0, entries: log })
      const { copy } = copyOf()
      while (copy.length() < log.length) {
        const next = log.slice(copy.length(), copy.length() + 1 + random.below(chunkSize))
        const expected = copy.rootWith(next)
        copy.take({ start: copy.length(), entries: next })
        assert.deepStrictEqual(copy.root(), expected, `seed ${seed}`)
        const { entries, start } = copy.root()
        assert.strictEqual(start % chunkSize, 0)
        assert.deepStrictEqual(entries, log.slice(start, copy.length()))
        assert.isBelow(chunks(copy.root()), 2)
        assert.isTrue(chunks(copy.root()) >= 1 || start === 0)
      }
      assert.deepStrictEqual(copy.root(), atOnce.root(), `seed ${seed}`)
    }
  })

  it("an append of a chunk at the most never takes the root past entries that are in no chunk yet", () => {
    for (let length = 0; length < 5 * chunkSize; length++) {
      for (const count of [1, chunkSize - 1, chunkSize]) {
        const log = logOf(SeededRandom.make(0), length + count)
        const { copy } = copyOf()
        copy.take({ start: 0, entries: log.slice(0, length) })
        const [before, after] = [copy.root(), copy.rootWith(log.slice(length))]
        assert.isAtMost(after.start - before.start, chunkSize) // so what is left out is the first chunk of the root before
        if (after.start > before.start) assert.isAtLeast(chunks(before), 1)
      }
    }
  })

  it("tells what is missing of entries, each once", () => {
    const { copy } = copyOf()
    copy.take({ start: 0, entries: [["a", 1, "x"], ["b", 1, "y"], ["a", 2, "z"]] })
    const mine: ReadonlyArray<Entry<Op>> = [["a", 2, "z"], ["a", 3, "u"], ["b", 1, "y"], ["a", 3, "u"], ["c", 1, "v"]]
    assert.deepStrictEqual(copy.missing(mine), [["a", 3, "u"], ["c", 1, "v"]])
  })

  it("since a position: what the root has of it", () => {
    const log = logOf(SeededRandom.make(0), 100)
    const { copy } = copyOf()
    copy.take({ start: 0, entries: log })
    assert.deepStrictEqual(copy.since(90), { start: 90, entries: log.slice(90) })
    assert.deepStrictEqual(copy.since(0), copy.root())
    assert.deepStrictEqual(copy.since(100), { start: 100, entries: [] })
  })
})
