/**
 * How much heap a node uses after many operations, with three real nodes, after a garbage collection.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { Line, Settings } from "./Backlog.ts"
import { loads } from "./Loads.ts"
import { median } from "./Rows.ts"
import { ids, make } from "./Trio.ts"

const MB = 1e6

/** The heap of the largest of three nodes after so many operations, and after five times as many. */
const grown = async (makeLoad: (typeof loads)[number], operations: number): Promise<readonly [number, number]> => {
  const load = makeLoad()
  const trio = make(load)
  await Promise.all(ids.map(trio.start))
  const heap = async (): Promise<number> => {
    await sleep(5000) // until nodes have forgotten what is stable
    return Math.max(...(await Promise.all(ids.map(trio.usage))).map(({ heap }) => heap))
  }
  await trio.load({ count: operations, request: load.request, onReply: load.replied })
  const small = await heap()
  await trio.load({ count: 4 * operations, request: (i) => load.request(i + operations), onReply: load.replied })
  const large = await heap()
  await trio.stop()
  return [small / MB, large / MB]
}

/** Programs whose state does not grow with the operations, so their heap must not either. */
const bounded = ["txn-rw-register", "g-counter"]

export const memory = async (settings: Settings): Promise<ReadonlyArray<Line>> => {
  const lines: Array<Line> = []
  const count = (n: number): string => n.toLocaleString("en")
  for (const makeLoad of loads) {
    const { program } = makeLoad()
    if (settings.programs?.includes(program) === false) continue
    const runs: Array<readonly [number, number]> = []
    for (let i = 0; i < settings.repetitions; i++) {
      runs.push(await grown(makeLoad, settings.operations))
      console.error(`memory ${program}`, JSON.stringify(runs.at(-1)))
    }
    const line = (what: string, values: ReadonlyArray<number>, goal?: number): void =>
      void lines.push({ name: `${program}, memory`, what, best: Math.min(...values), median: median(values), goal })
    line(`MB of heap after ${count(settings.operations)}`, runs.map(([small]) => small))
    line(`MB of heap after ${count(5 * settings.operations)}`, runs.map(([, large]) => large))
    line(
      "× that after a fifth",
      runs.map(([small, large]) => large / small),
      bounded.includes(program) ? 1.2 : undefined
    )
  }
  return lines
}
