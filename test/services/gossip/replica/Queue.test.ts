import { assert, describe, it } from "@effect/vitest"
import * as Queue from "../../../../src/services/gossip/replica/Queue.ts"
import * as SeededRandom from "../../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../../Seeds.ts"

describe("Queue", () => {
  it("is an array whose front is gone, and whose positions stay", () => {
    for (const seed of seeds(20)) {
      const random = SeededRandom.make(seed)
      const start = random.below(5)
      const queue = Queue.make<number>(start)
      const all: Array<number> = Array.from({ length: start }, () => -1)
      let first = start
      for (let i = 0; i < 500; i++) {
        if (random.chance(0.7)) {
          queue.push(i)
          all.push(i)
        } else {
          const to = first + random.below(all.length - first + 20)
          queue.dropTo(to)
          first = Math.max(first, Math.min(to, all.length))
        }
        assert.strictEqual(queue.first(), first)
        assert.strictEqual(queue.end(), all.length)
        const position = random.below(all.length + 3)
        assert.strictEqual(queue.at(position), position < first ? undefined : all[position], `seed ${seed}`)
      }
    }
  })
})
