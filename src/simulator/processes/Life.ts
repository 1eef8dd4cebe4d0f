/**
 * One process of a node, from start to end. It leads a process group of its own, and what befalls it befalls the group,
 * so that a script that starts the real node does not shield it.
 *
 * What it may make the bench keep is bounded: lines (see Lines), what it leaves unread, and what it logs.
 */
import { spawn } from "node:child_process"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"
import * as Lines from "./Lines.ts"
import type { Watchdog } from "./Watchdog.ts"

export interface Command {
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** Environment variables beyond the bench's own. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Life {
  readonly signal: (name: NodeJS.Signals) => void
  readonly write: (line: string) => void
  readonly output: Lines.Lines
  readonly errors: Lines.Lines
  /** When it was started, in ms; -Infinity if it is the first life of its node, which is up before clients ask. */
  readonly startedAgainAt: number
  /** When it was last resumed, in ms; Infinity while it is paused, -Infinity before. */
  resumedAt: number
  /** Resolves when no process of this life is left. */
  readonly ended: Promise<void>
}

/** How it ended: with an exit code, or by a signal. */
export type Exit = { readonly code: number | null } | { readonly signal: NodeJS.Signals }

/** Limits in bytes, each for one process. */
export interface Limits {
  /** How much may wait for it to be read. */
  readonly unread: number
  /** How much of its standard error is taken; the rest is thrown away. */
  readonly errors: number
}

export const limits: Limits = { unread: 1 << 26, errors: 1 << 28 }

export interface Options {
  readonly command: Command
  readonly watchdog: Watchdog
  readonly limits: Limits
  /** The time as the history of the run tells it, in ms. */
  readonly now: () => number
  readonly startedAgainAt: number
  /** It has written its first line, or had the time to. */
  readonly onUp: () => void
  readonly onLine: (line: string) => void
  /** Takes lines of its standard error, as many as come at a time. */
  readonly onErrorLines: (lines: ReadonlyArray<string>) => void
  /** It does not read what is written to it: so many bytes wait. */
  readonly onUnread: (bytes: number) => void
  readonly onExit: (exit: Exit) => void
  /** The system could not start it. */
  readonly onNoStart: (error: Error) => void
}

/** How long, in ms, its output may stay open when it has exited: some process may hold it that left the group. */
const lingering = 1000

/** A process is up when it writes its first line, or after so long, in ms, if it has nothing to say. */
const longestStart = 1000

const killGroup = (leader: number): void => {
  try {
    process.kill(-leader, "SIGKILL")
  } catch {
    // nobody is left in it
  }
}

/** Takes so many bytes of a stream, and throws away what comes then, so that its writer does not wait. */
const readErrors = (stream: NodeJS.ReadableStream, { limits, now, onErrorLines }: Options): Lines.Lines => {
  let bytes = 0
  let some: Array<string> = []
  const lines = Lines.make((line) => some.push(line), now)
  const tell = (): void => {
    const told = some
    some = []
    if (told.length > 0) onErrorLines(told)
  }
  const read = (text: string): void => {
    bytes += Buffer.byteLength(text)
    lines.read(text)
    if (bytes > limits.errors) {
      lines.end()
      lines.read(`… the bench keeps no more than ${limits.errors} bytes\n`)
      stream.off("data", read).resume()
    }
    tell()
  }
  stream.on("data", read)
  return {
    ...lines,
    end: () => {
      lines.end()
      tell()
    }
  }
}

export const start = (options: Options): Life => {
  const { command, limits, now, onExit, onLine, onNoStart, onUnread, onUp, watchdog } = options
  const child = spawn(command.file, command.args, {
    detached: true,
    env: { ...process.env, ...command.env, ...watchdog.env }
  })
  const { pid, stderr, stdin, stdout } = child
  let exited = pid === undefined
  let isUp = false
  const beUp = (): void => {
    if (isUp) return
    isUp = true
    clearTimeout(timer)
    onUp()
  }
  const timer = setTimeout(beUp, longestStart).unref()
  const output = Lines.make((line) => {
    beUp()
    onLine(line)
  }, now)
  const errors = readErrors(stderr.setEncoding("utf8"), options)

  stdout.setEncoding("utf8").on("data", output.read)
  stdin.on("error", () => {}) // it has exited, which is told below
  child.on("error", (error) => {
    if (pid === undefined) onNoStart(error)
  })
  if (pid !== undefined) {
    watchdog.guard(pid)
    child.once("exit", (code, signal) => {
      killGroup(pid) // processes that it has started
      exited = true
      watchdog.release(pid)
      const cut = setTimeout(() => {
        stdout.destroy()
        stderr.destroy()
      }, lingering)
      child.once("close", () => {
        clearTimeout(cut)
        output.end()
        errors.end()
        onExit(signal === null ? { code } : { signal })
      })
    })
  }
  return {
    signal: (name) => {
      if (!exited) process.kill(-pid!, name) // it has a pid, or it has never been
    },
    write: (line) => {
      stdin.write(`${ExactNumbers.write(line)}\n`)
      if (stdin.writableLength > limits.unread) onUnread(stdin.writableLength)
    },
    output,
    errors,
    startedAgainAt: options.startedAgainAt,
    resumedAt: -Infinity,
    ended: pid === undefined ? Promise.resolve() : new Promise((resolve) => child.once("close", () => resolve()))
  }
}
