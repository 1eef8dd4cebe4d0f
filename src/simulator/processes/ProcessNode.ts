/**
 * A node that is a real process, of any language: one JSON message a line, in on its standard input and out on its
 * standard output.
 *
 * - It leads a process group of its own. What befalls it befalls the group, so that a script that starts the real node
 *   does not shield it.
 * - The first line that each life of it reads is its `init`: what others send it before is held until then, since their
 *   messages may overtake it when nodes start at different paces, and programs may rely on the order.
 * - It is found against when it exits, when it writes a line that is no message (as strictly as Maelstrom: not even an
 *   empty one, nor one with a field too many), when it speaks in the name of another (which Maelstrom allows), and when
 *   it sends to an address that does not exist. Maelstrom never again reads from a node that has done so, and says
 *   nothing. Only a node that has just been resumed is forgiven a late reply to a client, since it cannot know.
 * - Its numbers stay what they are, also where JavaScript has no such number (see ExactNumbers).
 * - A finding ends with the last that the node wrote.
 */
import * as Result from "effect/Result"
import { spawn } from "node:child_process"
import { rmSync } from "node:fs"
import { isClient, type NodeId } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import { Init } from "../../schema/InitProtocol.ts"
import * as Finding from "../../workloads/finding/Finding.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"
import * as Client from "../clients/Client.ts"
import type { Network } from "../network/Network.ts"
import * as Undeliverable from "../network/Undeliverable.ts"
import type { Member } from "../nodes/Member.ts"
import * as Lines from "./Lines.ts"
import type { Watchdog } from "./Watchdog.ts"

export interface Command {
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** Environment variables beyond the bench's own. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ProcessNode extends Member {
  /** Kills it, and waits until nothing of it is left. */
  readonly end: () => Promise<void>
}

export interface Options {
  readonly id: NodeId
  readonly command: Command
  /** What it finds in `DISK_FOLDER`. */
  readonly diskFolder: string
  readonly network: Network
  /** The time as the history of the run tells it. */
  readonly now: () => number
  readonly watchdog: Watchdog
  /** Takes each line of its standard error. */
  readonly onErrorLine: (line: string) => void
  /** Something was found against it. */
  readonly onFinding: () => void
  /** It could not be started at all. */
  readonly onNoStart: (error: Error) => void
}

/** How long, in ms, its output may stay open when it has exited: some process may hold it that left the group. */
const lingering = 1000

/** A process is up when it writes its first line, or after so long, in ms, if it has nothing to say. */
const longestStart = 1000

/** Who has written a part of a line writes the rest within so long, in ms, if it means to. */
const longestPause = 1000

/** Beyond these a message must not have any fields. Maelstrom's own messages have an id. */
const fields = new Set(["src", "dest", "body", "id"])

/** What is wrong with a line, if it is no message that `id` may send. */
const decode = (line: string, id: NodeId): Result.Result<Envelope.Envelope, string> =>
  Result.flatMap(Envelope.decode(line), (message) => {
    const stranger = Object.keys(message).find((field) => !fields.has(field))
    if (stranger !== undefined) return Result.fail(`unexpected field ${stranger}`)
    return message.src === id ? Result.succeed(message) : Result.fail(`its src is ${message.src}`)
  })

/** What a line that is not JSON most likely was meant to be. */
const formOf = (line: string): "blank" | "torn" | "text" | undefined => {
  if (line.trim() === "") return "blank"
  try {
    JSON.parse(line)
    return undefined
  } catch {
    return line.startsWith("{") ? "torn" : "text"
  }
}

/** Whether a line that arrives for a node is the request by which the bench tells it who it is. */
const isInit = (line: string): boolean =>
  Result.match(Envelope.decode(line), {
    onFailure: () => false,
    onSuccess: ({ body, src }) => isClient(src) && body["type"] === Init.type
  })

/** One process, from start to end. */
interface Life {
  readonly signal: (name: NodeJS.Signals) => void
  readonly write: (line: string) => void
  readonly output: Lines.Lines
  readonly errors: Lines.Lines
  /** When it was last resumed, in ms; Infinity while it is paused, -Infinity before. */
  resumedAt: number
}

export const make = (options: Options): ProcessNode => {
  const { command, diskFolder, id, network, now, watchdog } = options
  let finding: { readonly kind: string; readonly about: Finding.Example["about"] } | undefined
  /** What was sent to it before it was given `init`; that comes first, once it is there. */
  let held: Array<string> | undefined = []
  let isTold = false
  /** The life that it is in, if it is in any, and the last one. */
  let life: Life | undefined
  let last: Life | undefined
  let remarks: ReadonlyArray<Finding.Finding> = []
  const ends = new Set<Promise<void>>()

  const find = (kind: string, about: Finding.Example["about"]): void => {
    if (finding !== undefined) return // it is heard no more
    finding = { kind, about: { ...about, time: now() } }
    options.onFinding()
  }

  const receive = (line: string, { resumedAt }: Life): void => {
    const message = decode(line, id)
    if (Result.isFailure(message)) {
      const form = formOf(line)
      return find("wrote what is no message", {
        fault: message.failure,
        ...form !== undefined && { form },
        line: Lines.shorten(line)
      })
    }
    const { dest } = message.success
    if (network.send(id, dest, ExactNumbers.read(line))) return
    if (isClient(dest) && now() - resumedAt < Client.defaultTimeout) return
    find("sent to nobody", Undeliverable.about(network, message.success))
  }

  const spawnLife = (up: () => void): Life => {
    const env = { ...process.env, DISK_FOLDER: diskFolder, ...command.env, ...watchdog.env }
    const child = spawn(command.file, command.args, { detached: true, env })
    const { pid, stderr, stdin, stdout } = child
    let exited = pid === undefined
    let isUp = false
    const beUp = (): void => {
      if (isUp || life !== mine) return
      isUp = true
      clearTimeout(start)
      up()
    }
    const start = setTimeout(beUp, longestStart).unref()
    const mine: Life = {
      signal: (name) => {
        if (!exited) process.kill(-pid!, name) // it has a pid, or it has never been
      },
      write: (line) => void stdin.write(`${ExactNumbers.write(line)}\n`),
      output: Lines.make((line) => {
        beUp()
        if (life === mine && finding === undefined) receive(line, mine)
      }, now),
      errors: Lines.make(options.onErrorLine, now),
      resumedAt: -Infinity
    }

    stdout.setEncoding("utf8").on("data", mine.output.read)
    stderr.setEncoding("utf8").on("data", mine.errors.read)
    stdin.on("error", () => {}) // it has exited, which is told below
    child.on("error", (error) => {
      if (pid === undefined) options.onNoStart(error)
    })
    if (pid === undefined) return mine

    watchdog.guard(pid)
    child.once("exit", (code, signal) => {
      try {
        process.kill(-pid, "SIGKILL") // what it has started
      } catch {
        // nothing
      }
      exited = true
      watchdog.release(pid)
      const cut = setTimeout(() => {
        stdout.destroy()
        stderr.destroy()
      }, lingering)
      child.once("close", () => {
        clearTimeout(cut)
        mine.output.end()
        mine.errors.end()
        if (life === mine) find("exited", signal === null ? { code } : { signal })
      })
    })
    const end = new Promise<void>((resolve) => child.once("close", resolve)).finally(() => ends.delete(end))
    ends.add(end)
    return mine
  }

  const said = (): Finding.Example["about"] => {
    const unended = last?.output.unended()
    return {
      stdout: last?.output.last() ?? [],
      stderr: last?.errors.last() ?? [],
      ...unended && { unended: Lines.shorten(unended.text) }
    }
  }

  /** Notes what it has left undone when the run is over. */
  const remark = (): void => {
    const unended = life?.output.unended()
    if (finding !== undefined || unended === undefined || now() - unended.at < longestPause) return
    const about = { time: unended.at, ...said() }
    remarks = [Finding.once("node", "ended no line", "strict", Finding.example([id], about))]
  }

  let isWiped = false
  const kill = (): void => {
    life?.signal("SIGKILL")
    life = undefined
  }

  const giveHeld = (): void => {
    if (life === undefined || !isTold) return
    held?.forEach(life.write)
    held = undefined
  }

  network.join(id, (line) => {
    if (held === undefined) return life?.write(line)
    if (!isTold && isInit(line)) {
      isTold = true
      held.unshift(line)
    } else {
      held.push(line)
    }
    giveHeld()
  })

  return {
    id,
    get findings() {
      if (finding === undefined) return []
      const { about, kind } = finding
      return [Finding.once("node", kind, "maelstrom", Finding.example([id], { ...about, ...said() }))]
    },
    get remarks() {
      return remarks
    },
    get said() {
      return said()
    },
    start: (up = () => {}) => {
      kill() // there is never more than one
      if (last !== undefined) {
        held = []
        isTold = false
      }
      if (isWiped) rmSync(diskFolder, { recursive: true, force: true }) // nobody writes to it any more
      isWiped = false
      const mine = spawnLife(up)
      life = mine
      last = mine
      giveHeld()
      return () => life !== mine || mine.resumedAt > -Infinity
    },
    kill,
    wipe: () => {
      kill()
      isWiped = true
    },
    pause: () => {
      if (life === undefined) return
      life.signal("SIGSTOP")
      life.resumedAt = Infinity
    },
    resume: () => {
      if (life?.resumedAt !== Infinity) return
      life.signal("SIGCONT")
      life.resumedAt = now()
    },
    setClock: () => {
      throw new Error("the clock of a real process is the clock of its machine")
    },
    setDisk: () => {
      throw new Error("the disk of a real process is the disk of its machine")
    },
    end: async () => {
      remark()
      kill()
      await Promise.all(ends)
    }
  }
}
