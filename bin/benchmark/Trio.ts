/**
 * Three nodes as processes, the network between them, which can be cut, and clients: one that has a number of requests
 * under way, and one that asks a single thing at a time. With Node's own means, since whoever measures must not be slower
 * than what is measured: what passes between nodes is not parsed.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { Readable, Writable } from "node:stream"

export const ids = ["n0", "n1", "n2"] as const
export type Id = typeof ids[number]

const isId = (address: string): address is Id => (ids as ReadonlyArray<string>).includes(address)

interface Body {
  readonly [field: string]: unknown
}

/** The answer to a single request, and after how many ms it came. */
export interface Answer {
  readonly body: Body
  readonly millis: number
}

export interface Usage {
  /** Bytes of the heap that are in use after a collection. */
  readonly heap: number
  /** Seconds of the processor since the node was started. */
  readonly cpu: number
}

interface Process {
  /** Has the node get this line, together with others: see `flush`. */
  readonly write: (line: string) => void
  readonly flush: () => void
  readonly usage: () => Promise<Usage>
  /** At once, or when it has done what there is to do. */
  readonly kill: () => Promise<void>
  readonly end: () => Promise<void>
}

/** Preloaded into the nodes: on a signal they say what they use. */
const preload = "data:text/javascript," + encodeURIComponent(`
process.on("SIGUSR2", () => {
  gc()
  const { system, user } = process.cpuUsage()
  const usage = { heap: process.memoryUsage().heapUsed, cpu: (system + user) / 1e6 }
  process.stderr.write("usage " + JSON.stringify(usage) + "\\n")
})`)

/** Calls back for every chunk of whole lines. */
const eachChunk = (stream: Readable, encoding: BufferEncoding, take: (lines: ReadonlyArray<string>) => void): void => {
  let rest = ""
  stream.setEncoding(encoding).on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n")
    rest = lines.pop() ?? ""
    take(lines)
  })
}

const launch = (
  { profile, program }: Options,
  id: Id,
  take: (lines: ReadonlyArray<string>) => void
): Process => {
  const profiling = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profile, program)}`]
  const args = [...profiling, "--expose-gc", "--import", preload, join(import.meta.dirname, `${program}.js`)]
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(process.execPath, args, {
    stdio: ["pipe", "pipe", "pipe"]
  })
  let unsent: Array<string> = []
  let used = (_usage: Usage): void => {}
  child.stdin.on("error", () => {}) // it has been killed
  eachChunk(child.stdout, "latin1", take) // one character a byte
  eachChunk(child.stderr, "utf8", (lines) => {
    for (const line of lines) {
      if (line.startsWith("usage ")) used(JSON.parse(line.slice(6)))
      else console.error(`${id}: ${line}`)
    }
  })
  return {
    write: (line) => void unsent.push(line),
    flush: () => {
      if (unsent.length === 0) return
      child.stdin.write(unsent.join("\n") + "\n", "latin1")
      unsent = []
    },
    usage: () =>
      new Promise((resolve) => {
        used = resolve
        child.kill("SIGUSR2")
      }),
    kill: async () => {
      child.stdout.removeAllListeners("data")
      child.kill("SIGKILL")
      await once(child, "exit")
    },
    end: async () => {
      child.stdin.end()
      await once(child, "close")
    }
  }
}

export interface Trio {
  /** Starts a node anew, and awaits its answer to `init`. */
  readonly start: (id: Id) => Promise<void>
  readonly kill: (id: Id) => Promise<void>
  /** Nothing passes between this node and the others any more. */
  readonly isolate: (id: Id | undefined) => void
  /** Sends so many requests to all nodes in turn, as fast as they are answered; calls back for every reply, a line. */
  readonly load: (requests: Requests) => Promise<void>
  readonly ask: (id: Id, request: object) => Promise<Answer>
  /** How many bytes have passed from one node to another, by `"n0 n1"`. */
  readonly bytes: ReadonlyMap<string, number>
  /** When the last operation has passed, in ms. */
  readonly lastOperationAt: () => number
  readonly usage: (id: Id) => Promise<Usage>
  readonly stop: () => Promise<void>
}

export interface Requests {
  readonly count: number
  readonly request: (i: number) => object
  readonly onReply: (line: string) => void
  /** No more than these. */
  readonly perSecond?: number
}

/** How many requests are under way. */
const inFlight = 1000

/** Writes lines to nodes in turn; `replied` says that a reply has come. */
const makeLoad = ({ count, perSecond = Infinity, request }: Requests, write: (id: Id, line: string) => void) => {
  const began = performance.now()
  let sent = 0
  let replies = 0
  const more = (): void => {
    const allowed = Math.min(count, replies + inFlight, (performance.now() - began) / 1000 * perSecond)
    for (; sent < allowed; sent++) {
      const dest = ids[sent % ids.length]!
      write(dest, JSON.stringify({ src: "c1", dest, body: { ...request(sent), msg_id: sent + 1 } }))
    }
  }
  const replied = (): boolean => {
    if (++replies % 100 === 0) more()
    return replies === count
  }
  return { more, replied }
}

export interface Options {
  readonly program: string
  /** The folder where each node writes a profile of the processor when it ends. */
  readonly profile?: string | undefined
}

const address = /^\{"src":"([^"]+)","dest":"([^"]+)"/

export const make = (options: Options): Trio => {
  const running = new Map<Id, Process>()
  const awaited = new Map<number, (body: Body) => void>()
  const bytes = new Map<string, number>()
  let lastNumber = 0
  let lastOperationAt = 0
  let isolated: Id | undefined
  let onLoadReply = (_line: string): void => {}

  const flush = (): void => running.forEach((node) => node.flush())
  const pass = (from: Id, to: Id, line: string): void => {
    if (from === isolated || to === isolated) return
    bytes.set(`${from} ${to}`, (bytes.get(`${from} ${to}`) ?? 0) + line.length)
    if (line.includes(`"ops":`) || line.includes(`"state":`)) lastOperationAt = performance.now()
    running.get(to)?.write(line)
  }
  const take = (line: string): void => {
    const [, src = "", dest = ""] = address.exec(line) ?? []
    if (isId(src) && isId(dest)) return pass(src, dest, line)
    if (dest === "c1") return onLoadReply(line)
    const { body } = JSON.parse(line)
    awaited.get(body.in_reply_to)?.(body)
    awaited.delete(body.in_reply_to)
  }
  const ask = (id: Id, request: object, src = "c2"): Promise<Answer> =>
    new Promise((resolve) => {
      const number = ++lastNumber
      const before = performance.now()
      awaited.set(number, (body) => resolve({ body, millis: performance.now() - before }))
      running.get(id)?.write(JSON.stringify({ src, dest: id, body: { ...request, msg_id: number } }))
      flush()
    })

  return {
    start: async (id) => {
      const takeAll = (lines: ReadonlyArray<string>): void => {
        lines.forEach(take)
        flush()
      }
      running.set(id, launch(options, id, takeAll))
      await ask(id, { type: "init", node_id: id, node_ids: ids }, "c0")
    },
    kill: async (id) => {
      const node = running.get(id)
      running.delete(id)
      await node?.kill()
    },
    isolate: (id) => {
      isolated = id
    },
    load: async (requests) => {
      const load = makeLoad(requests, (id, line) => running.get(id)?.write(line))
      const pace = setInterval(() => {
        load.more()
        flush()
      }, 5)
      await new Promise<void>((resolve) => {
        onLoadReply = (line) => {
          requests.onReply(line)
          if (load.replied()) resolve()
        }
      })
      clearInterval(pace)
    },
    ask,
    bytes,
    lastOperationAt: () => lastOperationAt,
    usage: (id) => running.get(id)?.usage() ?? Promise.resolve({ heap: 0, cpu: 0 }),
    stop: async () => void await Promise.all([...running.values()].map((node) => node.end()))
  }
}
