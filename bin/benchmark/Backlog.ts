/**
 * What a node that was cut off or killed costs the others and itself until it has everything again: with three real
 * nodes, and clients that go on asking all of them.
 */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { type Load, loads, manyRegisters } from "./Loads.ts"
import { median } from "./Rows.ts"
import { type Id, ids, make, type Trio } from "./Trio.ts"

export interface Settings {
  readonly operations: number
  /** For how long the node is cut off at least, in s. */
  readonly cut: number
  readonly repetitions: number
  /** The programs to measure; undefined for all. */
  readonly programs: ReadonlyArray<string> | undefined
  /** The folder into which nodes write profiles, if they do. */
  readonly profile: string | undefined
}

/** What one run has measured. */
interface Figures {
  /** In s: until all nodes have everything. */
  readonly agreed: number
  /** In ms: the longest that a client waited meanwhile. */
  readonly slowest: number
  /**
   * In ms: the longest that this process itself was kept from the processor meanwhile, which adds to what clients wait.
   */
  readonly held: number
  /**
   * How many bytes passed meanwhile on the worst link, divided by the bytes of the operations that had to pass there.
   */
  readonly bytes: number
  /** In s: the processor time that each node took meanwhile, in the order of their names. */
  readonly cpu: ReadonlyArray<number>
}

/** Asks every node again and again how it is. */
const watch = (trio: Trio, probe: object, watched: ReadonlyArray<Id>) => {
  const state = { isOver: false, slowest: 0 }
  const caughtUp = new Map<Id, readonly [lastOperationAt: number, at: number]>()
  const loops = watched.map(async (id) => {
    while (!state.isOver) {
      const asked = performance.now()
      const { millis } = await trio.ask(id, probe)
      state.slowest = Math.max(state.slowest, millis)
      const lastOperationAt = trio.lastOperationAt()
      if (asked >= lastOperationAt && caughtUp.get(id)?.[0] !== lastOperationAt) {
        caughtUp.set(id, [lastOperationAt, performance.now()])
      }
      await sleep(10)
    }
  })
  return {
    end: async () => {
      state.isOver = true
      await Promise.all(loops)
      return { slowest: state.slowest, caughtUpAt: Math.max(...[...caughtUp.values()].map(([, at]) => at)) }
    }
  }
}

const cpuOf = async (trio: Trio): Promise<ReadonlyArray<number>> =>
  (await Promise.all(ids.map((id) => trio.usage(id)))).map(({ cpu }) => cpu)

const agreementTimeout = 120_000 // ms

/** Measures from now until all nodes have all of so many operations. */
const untilAgreed = async (
  trio: Trio,
  load: Load,
  count: number,
  needed: ReadonlyMap<string, number>,
  watched: ReadonlyArray<Id>,
  begin: () => Promise<void>
): Promise<Figures> => {
  const before = new Map(trio.bytes)
  const used = await cpuOf(trio)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const began = performance.now()
  const watching = watch(trio, load.probe, watched)
  await begin()
  while (!await load.seems(trio, count, began)) {
    if (performance.now() - began > agreementTimeout) {
      throw new Error(`${load.program}: no agreement within ${agreementTimeout} ms`)
    }
    await sleep(50)
  }
  const now = performance.now()
  const { caughtUpAt, slowest } = await watching.end()
  const cpu = (await cpuOf(trio)).map((seconds, i) => seconds - used[i]!)
  if (!await load.agrees(trio, count)) throw new Error(`${load.program}: nodes do not agree`)
  const ratios = [...needed].map(([link, bytes]) => ((trio.bytes.get(link) ?? 0) - (before.get(link) ?? 0)) / bytes)
  const agreedAt = load.program === "broadcast" ? caughtUpAt : now
  const held = delay.max / 1e6
  console.error(
    [...trio.bytes].map(([link, b]) =>
      `${link}: ${((b - (before.get(link) ?? 0)) / 1e3).toFixed(0)} kB of ${((needed.get(link) ?? 0) / 1e3).toFixed(0)}`
    ).join(", ")
  )
  return { agreed: (agreedAt - began) / 1000, slowest, held, bytes: Math.max(...ratios), cpu }
}

const cluster = async ({ program }: Load, { profile }: Settings): Promise<Trio> => {
  const trio = make({ program, profile })
  await Promise.all(ids.map(trio.start))
  await sleep(2000)
  return trio
}

/** How many bytes the operations take that clients sent to these nodes. */
const bytesOf = (load: Load, count: number, made: ReadonlyArray<Id>): number => {
  let sum = 0
  for (let i = 0; i < count; i++) if (made.includes(ids[i % ids.length]!)) sum += load.bytes(i)
  return sum
}

/** Cuts n1 off while clients go on at all nodes, and then heals the cut. */
const healed = async (load: Load, settings: Settings): Promise<Figures> => {
  const { cut, operations } = settings
  const trio = await cluster(load, settings)
  trio.isolate("n1")
  const before = performance.now()
  await trio.load({
    count: operations,
    request: load.request,
    onReply: load.replied,
    perSecond: operations / cut * 1.2
  })
  await sleep(Math.max(2000, cut * 1000 - (performance.now() - before)))
  const needed = new Map([
    ["n0 n1", bytesOf(load, operations, ["n0", "n2"])],
    ["n1 n0", bytesOf(load, operations, ["n1"])],
    ["n0 n2", bytesOf(load, operations, ["n1"])]
  ])
  const figures = await untilAgreed(trio, load, operations, needed, ids, async () => trio.isolate(undefined))
  await trio.stop()
  return figures
}

/** Kills n1 when all nodes have everything, and starts it again. */
const restarted = async (load: Load, settings: Settings): Promise<Figures> => {
  const { operations } = settings
  const trio = await cluster(load, settings)
  await trio.load({ count: operations, request: load.request, onReply: load.replied })
  const loaded = performance.now()
  while (!await load.seems(trio, operations, loaded)) await sleep(100)
  await sleep(3000) // until nodes have forgotten what is stable
  await trio.kill("n1")
  await sleep(500)
  const needed = new Map([["n0 n1", bytesOf(load, operations, ids)]])
  const figures = await untilAgreed(trio, load, operations, needed, ["n0", "n2"], () => trio.start("n1"))
  await trio.stop()
  return figures
}

const goals: ReadonlyArray<readonly [keyof Figures, string, number]> = [
  ["agreed", "s until all agree", 10],
  ["slowest", "ms, slowest answer to a client", 200],
  ["bytes", "× the bytes of the operations, worst link", 1.5]
]

export interface Line {
  readonly name: string
  readonly what: string
  readonly best: number
  readonly median: number
  readonly goal: number | undefined
}

const measure = async (
  kind: string,
  settings: Settings,
  run: (load: Load, settings: Settings) => Promise<Figures>
): Promise<ReadonlyArray<Line>> => {
  const lines: Array<Line> = []
  for (const makeLoad of [...loads, manyRegisters]) {
    const { detail, program } = makeLoad()
    if (settings.programs?.includes(program) === false) continue
    const runs: Array<Figures> = []
    for (let i = 0; i < settings.repetitions; i++) {
      runs.push(await run(makeLoad(), settings))
      console.error(`${kind} ${program}`, JSON.stringify(runs.at(-1)))
    }
    const name = `${detail === undefined ? program : `${program}, ${detail}`}, ${kind}`
    for (const [key, what, goal] of goals) {
      const values = runs.map((figures) => figures[key] as number)
      lines.push({ name, what, best: Math.min(...values), median: median(values), goal })
    }
    const cpu = runs.map((figures) => Math.max(...figures.cpu))
    const what = "s of the processor, the busiest node"
    lines.push({ name, what, best: Math.min(...cpu), median: median(cpu), goal: undefined })
  }
  return lines
}

export const backlog = (settings: Settings): Promise<ReadonlyArray<Line>> => measure("behind a cut", settings, healed)
export const restart = (settings: Settings): Promise<ReadonlyArray<Line>> => measure("restarted", settings, restarted)
