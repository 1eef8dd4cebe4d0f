/**
 * Nodes as child processes, driven as fast as they go. It uses Node's own means only, since what measures must not be
 * slower than what is measured.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import type { Readable, Writable } from "node:stream"

type Child = ChildProcessByStdio<Writable, Readable, null>

type Env = Readonly<Record<string, string>>

const start = (args: ReadonlyArray<string>, env: Env = {}): Child =>
  spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } })

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

/** Pipes so many requests with these bodies through an initialised node. */
export const throughput = async (
  args: ReadonlyArray<string>,
  count: number,
  body: (i: number) => object
): Promise<Throughput> => {
  const requests = Array.from(
    { length: count },
    (_, i) => JSON.stringify({ id: i, src: `c${i % 10}`, dest: "n1", body: { msg_id: i + 1, ...body(i) } })
  ).join("\n") + "\n"

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

/** Requests a second, when so many at a time wait for their replies. */
export const closedLoop = async (
  args: ReadonlyArray<string>,
  env: Env,
  { atATime, body, count }: { readonly atATime: number; readonly count: number; readonly body: (i: number) => object }
): Promise<number> => {
  const child = start(args, env)
  child.stdin.write(init + "\n")
  await once(child.stdout, "data")
  let asked = 0
  let replies = 0
  const ask = (): void => {
    const lines: Array<string> = []
    for (; asked < Math.min(count, replies + atATime); asked++) {
      lines.push(JSON.stringify({ src: `c${asked % 10}`, dest: "n1", body: { msg_id: asked + 1, ...body(asked) } }))
    }
    if (lines.length > 0) child.stdin.write(lines.join("\n") + "\n")
  }
  const before = performance.now()
  const finished = new Promise<number>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) replies++
      if (replies === count) resolve(performance.now() - before)
      ask()
    })
  })
  ask()
  const elapsed = await finished
  child.stdin.end()
  await once(child, "close")
  return count / elapsed * 1000
}

export interface Fill {
  /** Resident memory, in MB, and the time that a poll takes, in ms, at each of the marks. */
  readonly marks: ReadonlyArray<{ readonly messages: number; readonly memory: number; readonly poll: number }>
}

/**
 * Sends messages to the keys of a kafka node in turn. At each mark it measures memory, and polls the last 50 messages
 * of every key.
 */
export const kafkaFill = async (
  args: ReadonlyArray<string>,
  keys: number,
  marks: ReadonlyArray<number>
): Promise<Fill> => {
  const child = start(args)
  let received = 0
  let expected = Infinity
  let wake = (): void => {}
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    for (let at = chunk.indexOf("\n"); at !== -1; at = chunk.indexOf("\n", at + 1)) received++
    if (received >= expected) wake()
  })
  /** Writes these lines, and waits for as many replies. */
  const exchange = (lines: ReadonlyArray<string>): Promise<void> =>
    new Promise((resume) => {
      expected = received + lines.length
      wake = resume
      child.stdin.write(lines.join("\n") + "\n")
    })
  const request = (i: number, body: object): string =>
    JSON.stringify({ src: `c${i % 10}`, dest: "n1", body: { msg_id: i + 1, ...body } })

  await exchange([init])
  const figures: Array<Fill["marks"][number]> = []
  let sent = 0
  for (const mark of marks) {
    while (sent < mark) {
      const batch: Array<string> = []
      for (; batch.length < 10_000 && sent < mark; sent++) {
        batch.push(request(sent, { type: "send", key: `k${sent % keys}`, msg: sent }))
      }
      await exchange(batch)
    }
    const polls = Array.from({ length: keys }, (_, key) => {
      const offset = Math.max(0, Math.floor(sent / keys) - 50)
      return request(key, { type: "poll", offsets: { [`k${key}`]: offset } })
    })
    const times: Array<number> = []
    for (let i = 0; i < 15; i++) {
      const before = performance.now()
      await exchange(polls)
      times.push((performance.now() - before) / keys)
    }
    times.sort((a, b) => a - b)
    figures.push({ messages: sent, memory: residentMemory(child.pid)[0] ?? NaN, poll: times[times.length >> 1] ?? NaN })
  }
  child.stdin.end()
  await once(child, "close")
  return { marks: figures }
}
