import { assert, describe, it } from "@effect/vitest"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { NodeId } from "../../../src/schema/Address.ts"
import type { Json } from "../../../src/schema/Json.ts"
import * as History from "../../../src/workloads/history/History.ts"
import * as Recorder from "../../../src/workloads/history/Recorder.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds as seedsOf } from "../../Seeds.ts"

const node = (process: number): NodeId => NodeId.make(`n${process % 2}`)

/** Reads of these lists, one after the other, at two nodes; and the same events written down plainly. */
const both = (lists: ReadonlyArray<readonly [process: number, list: ReadonlyArray<Json>]>) => {
  let now = 0
  const { history, record } = Recorder.make(() => now)
  const plain: Array<History.Event> = []
  const add = (event: Omit<History.Event, "index" | "time">): void => {
    now++
    plain.push({ index: plain.length, time: now, ...event })
    record(event)
  }
  for (const [process, list] of lists) {
    add({ process, type: "invoke", f: "read", value: null, node: node(process) })
    add({ process, type: "ok", f: "read", value: list })
  }
  return { history, plain }
}

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** What is in use, in bytes. */
const heap = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

const upTo = (count: number): ReadonlyArray<Json> => Array.from({ length: count }, (_, i) => i)

describe("Recorder", () => {
  it("gives each event its index and time", () => {
    const { history, record } = Recorder.make(() => 1.23456)
    record({ process: "nemesis", type: "info", f: "start-kill", value: ["n1"] })
    record({ process: 0, type: "ok", f: "read", value: upTo(100) }) // nobody had asked
    assert.deepStrictEqual(history, [
      { index: 0, time: 1.235, process: "nemesis", type: "info", f: "start-kill", value: ["n1"] },
      { index: 1, time: 1.235, process: 0, type: "ok", f: "read", value: upTo(100) }
    ])
  })

  it("gives back every list that it was given, whatever they have in common", () => {
    for (const seed of seedsOf(60)) {
      const random = SeededRandom.make(seed)
      let list = upTo(random.below(60))
      const { history, plain } = both(Array.from({ length: 40 }, () => {
        const grown = [...list, ...random.pick([[], [list.length], ["a", { a: 1 }, [2]], upTo(40)])]
        const next = random.pick([grown, grown, grown, list.slice(0, random.below(80)), random.shuffle(list)])
        if (random.chance(0.8)) list = next
        return [random.below(4), next] as const
      }))
      assert.deepStrictEqual(history, plain, `seed ${seed}`)
      assert.strictEqual(History.toText(history), History.toText(plain), `seed ${seed}`)
      assert.deepStrictEqual(history.map((event) => ({ ...event })), plain, `seed ${seed}`)
    }
  })

  it("changes no list that it was given, nor one that it has given", () => {
    const lists = [40, 50, 60].map(upTo)
    const { history } = both(lists.map((list) => [0, list]))
    const before = history[3]!.value
    assert.deepStrictEqual(lists, [40, 50, 60].map(upTo))
    assert.deepStrictEqual(before, upTo(50))
  })

  it("keeps of each list what is new in it", () => {
    const before = heap()
    const { history, record } = Recorder.make(() => 0.5)
    for (let i = 0; i < 2000; i++) {
      record({ process: i, type: "invoke", f: "read", value: null, node: node(i) })
      record({ process: i, type: "ok", f: "read", value: upTo(1000 + i) })
    }
    assert.isBelow((heap() - before) / 2000, 1000, "bytes an operation, where a list has 8000 to 24,000")
    assert.deepStrictEqual(history.at(-1)!.value, upTo(2999))
  })
})
