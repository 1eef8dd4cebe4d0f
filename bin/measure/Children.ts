/**
 * Nodes as child processes, driven as fast as they go: with Node's own means, since whoever measures must not be slower
 * than what is measured.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import type { Readable, Writable } from "node:stream"

type Child = ChildProcessByStdio<Writable, Readable, null>

const start = (args: ReadonlyArray<string>): Child =>
  spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })

const init = JSON.stringify({
  src: "c0",
  dest: "n1",
  body: { type: "init", msg_id: 0, node_id: "n1", node_ids: ["n1"] }
})

/** From start to the answer to `init`, in ms. */
export const timeToInit = async (args: ReadonlyArray<string>): Promise<number> => {
  const before = performance.now()
  const child = start(args)
  child.stdin.write(init + "\n")
  await once(child.stdout, "data")
  const elapsed = performance.now() - before
  child.stdin.end()
  await once(child, "close")
  return elapsed
}

/** From start to end, in ms, of a process that does nothing. */
export const timeToExit = async (args: ReadonlyArray<string>): Promise<number> => {
  const before = performance.now()
  const child = start(args)
  child.stdin.end()
  child.stdout.resume()
  await once(child, "close")
  return performance.now() - before
}

export interface Throughput {
  /** Requests a second, from the first one sent to the last reply. */
  readonly rate: number
  /** Resident memory, in MB, when a fifth, two fifths, … of the replies had come. Empty where /proc is missing. */
  readonly memory: ReadonlyArray<number>
  /** Whether every reply came, in the order of the requests. */
  readonly inOrder: boolean
}

const residentMemory = (pid: number | undefined): ReadonlyArray<number> => {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1])
    return [Math.round(pages * 4096 / 1e6)]
  } catch {
    return []
  }
}

/** Pipes so many echo requests through a node that has been initialised. */
export const echoThroughput = async (args: ReadonlyArray<string>, count: number): Promise<Throughput> => {
  const requests = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      id: i,
      src: `c${i % 10}`,
      dest: "n1",
      body: { type: "echo", msg_id: i + 1, echo: `Please echo ${i % 128}` }
    })).join("\n") + "\n"

  const child = start(args)
  child.stdin.write(init + "\n")
  await once(child.stdout, "data")

  const memory: Array<number> = []
  const chunks: Array<Buffer> = []
  let replies = 0
  const before = performance.now()
  const finished = new Promise<number>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) replies++
      if (replies >= count * (memory.length + 1) / 5) memory.push(...residentMemory(child.pid))
      if (replies === count) resolve(performance.now() - before)
    })
  })
  child.stdin.write(requests)
  const elapsed = await finished
  child.stdin.end()
  await once(child, "close")

  const ids = Buffer.concat(chunks).toString().trimEnd().split("\n")
    .map((line): unknown => JSON.parse(line).body.in_reply_to)
  return { rate: count / elapsed * 1000, memory, inOrder: ids.every((id, i) => id === i + 1) }
}
