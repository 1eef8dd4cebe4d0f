/**
 * Single nodes as processes: how soon they are up, how much they answer, and what a long log costs them.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Children from "./Children.ts"
import * as References from "./References.ts"
import { atLeast, atMost, type Measure, median, type Row, row, sideBySide } from "./Rows.ts"

const echo = [join(import.meta.dirname, "echo.js")]

const bareStart = (): Promise<number> => Children.timeToExit(["-e", "0"])
const nodeStart = (): Promise<number> => Children.timeToInit(echo)

export const startUp = async (): Promise<ReadonlyArray<Row>> => {
  const [comparison] = await sideBySide(21, nodeStart, [bareStart])
  return [atMost(1.5, "start-up until init_ok, one node", comparison!)]
}

export const startUpTogether = async (): Promise<ReadonlyArray<Row>> => {
  const all = (one: Measure): Measure => async () => Math.max(...await Promise.all(Array.from({ length: 25 }, one)))
  const [comparison] = await sideBySide(9, all(nodeStart), [all(bareStart)])
  return [atMost(1.5, "start-up until init_ok, 25 nodes at once", comparison!)]
}

const requests = 200_000
const plainEcho = ["-e", `(${References.echoNode.toString()})()`]
const bareEcho = ["-e", `(${References.echoFloor.toString()})()`]

export const throughput = async (): Promise<ReadonlyArray<Row>> => {
  const memory: Array<ReadonlyArray<number>> = []
  const rate = (args: ReadonlyArray<string>): Measure => async () => {
    const measured = await Children.throughput(
      args,
      requests,
      (i) => ({ type: "echo", echo: `Please echo ${i % 128}` })
    )
    if (!measured.inOrder) throw new Error("a reply is missing or out of order")
    if (args === echo) memory.push(measured.memory)
    return measured.rate
  }
  const name = `echo, ${requests.toLocaleString("en")} requests piped`
  const [plain, bare] = await sideBySide(7, rate(echo), [rate(plainEcho), rate(bareEcho)])
  const growth = { // from two fifths of the replies to all of them
    ours: median(memory.map((samples) => samples[4] ?? NaN)),
    reference: median(memory.map((samples) => samples[1] ?? NaN)),
    ratio: median(memory.map((samples) => (samples[4] ?? NaN) / (samples[1] ?? NaN)))
  }
  return [
    atLeast(0.7, name, "requests/s", plain!),
    row("the same, beside the bare minimum", bare!, "requests/s"),
    { ...row("its memory at the end, and at two fifths", growth, "MB"), goal: "≤ 1.2 ×", reached: growth.ratio <= 1.2 }
  ]
}

const kafka = [join(import.meta.dirname, "kafka.js")]
const plainKafka = ["-e", `(${References.kafkaNode.toString()})()`]

/** Sends and polls in turn, to and from ten keys; each poll from the last ten offsets on. */
const sendOrPoll = (i: number): object => {
  const key = `k${(i >> 1) % 10}`
  if (i % 2 === 0) return { type: "send", key, msg: i }
  return { type: "poll", offsets: { [key]: Math.max(0, Math.floor(i / 20) - 9) } }
}

export const log = async (): Promise<ReadonlyArray<Row>> => {
  const rate = (args: ReadonlyArray<string>): Measure => async () => {
    const measured = await Children.throughput(args, requests, sendOrPoll)
    if (!measured.inOrder) throw new Error("a reply is missing or out of order")
    return measured.rate
  }
  const name = `kafka, ${requests.toLocaleString("en")} sends and polls piped`
  const [plain] = await sideBySide(7, rate(kafka), [rate(plainKafka)])
  return [atLeast(0.5, name, "requests/s", plain!)]
}

/** A kafka node on disk, where every reply waits until what it rests on is safe, beside one that is not on disk. */
export const kafkaOnDisk = async (): Promise<ReadonlyArray<Row>> => {
  const [atATime, count] = [1000, 50_000]
  const rate = (durability: string): Measure => async () => {
    const folder = mkdtempSync(join(tmpdir(), "gossip-girl-bench-"))
    const env = { DISK_FOLDER: folder, GOSSIP_DURABILITY: durability }
    const measured = await Children.closedLoop(kafka, env, { atATime, count, body: sendOrPoll })
    rmSync(folder, { recursive: true })
    return measured
  }
  const name = `kafka on disk, ${atATime} sends and polls at a time; reference: not on disk`
  const [volatile] = await sideBySide(7, rate("disk"), [rate("none")])
  return [atLeast(0.5, name, "requests/s", volatile!)]
}

/** What a log of 1,000,000 messages costs a node, beside one of 100,000. */
export const longLog = async (): Promise<ReadonlyArray<Row>> => {
  const { marks: [empty, small, large] } = await Children.kafkaFill(kafka, 1000, [1000, 100_000, 1_000_000])
  if (empty === undefined || small === undefined || large === undefined) throw new Error("too few marks")
  const bytes = (mark: typeof large): number => (mark.memory - empty.memory) * 1e6 / (mark.messages - empty.messages)
  const flat = (what: string, unit: string, ours: number, reference: number, format: (n: number) => string): Row => ({
    name: `kafka, ${what} at 1,000,000 messages, and at 100,000`,
    ours: `${format(ours)} ${unit}`,
    reference: `${format(reference)} ${unit}`,
    ratio: ours / reference,
    goal: "≤ 1.2 ×",
    reached: ours / reference <= 1.2
  })
  return [
    flat("memory a message", "bytes", bytes(large), bytes(small), (n) => String(Math.round(n))),
    flat("a poll", "ms", large.poll, small.poll, (n) => n.toFixed(3))
  ]
}
