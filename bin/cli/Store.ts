/**
 * Where runs are kept: a folder each, `<store>/<workload>/<name>/`, and `<store>/latest` leads to the last one, as
 * `<store>/<workload>/latest` does to the last one of the workload.
 *
 * - `results.json`: what was run and what came of it (see Summary in Run).
 * - `results.edn`: the same by Jepsen's keys, for scripts that read those.
 * - `report.html`: the same to look at (see ReportPage).
 * - `history.jsonl`: what clients and nemesis did (see History).
 * - `messages.jsonl`: every message, if the run kept a journal (see Journal).
 * - `disks/n0/` …: what nodes found in `DISK_FOLDER`.
 * - `node-logs/n0.log` …: what real processes wrote to standard error.
 *
 * A run that is interrupted leaves of these what it can, but no results.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { closeSync, openSync, writeSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import * as Edn from "../../src/report/Edn.ts"
import * as Journal from "../../src/simulator/network/Journal.ts"
import * as Run from "../../src/simulator/Run.ts"
import * as History from "../../src/workloads/history/History.ts"
import * as ReportFile from "./ReportFile.ts"
import * as Usage from "./Usage.ts"

/** The name of a run by the time at which it begins, such as `20260101T120000.000Z`: later ones sort behind it. */
export const nameByTime = (millis: number): string => new Date(millis).toISOString().replaceAll(/[-:]/g, "")

/** The time in such a name, if it is one. */
export const timeOfName = (name: string): number | undefined => {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d\.\d{3}Z)$/.exec(name) ?? []
  const [year, month, hour, minute, second] = parts
  const time = Date.parse(`${year}-${month}-${hour}:${minute}:${second}`)
  return parts.length === 0 || Number.isNaN(time) ? undefined : time
}

/** Why something could not be written, as the system says it: `ENOSPC: no space left on device, write`. */
export const reason = (error: PlatformError): string =>
  error.reason.cause instanceof Error ? error.reason.cause.message : error.message

/** Makes the folder of a run. */
export const open = Effect.fnUntraced(function*(store: string, workload: string, name: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const folder = join(store, workload, name)
  yield* fileSystem.makeDirectory(folder, { recursive: true })
  return folder
})

/** Writes lines to the logs of the nodes, each in a file of its own. */
export const nodeLogs = (folder: string) =>
  Effect.acquireRelease(
    Effect.gen(function*() {
      const fileSystem = yield* FileSystem.FileSystem
      const logs = join(folder, "node-logs")
      yield* fileSystem.makeDirectory(logs)
      const files = new Map<string, number>()
      let fault: string | undefined
      const path = (node: string): string => join(logs, `${node}.log`)
      return {
        files,
        /** The log of each node that wrote anything. */
        paths: () => [...files.keys()].map((node) => [node, path(node)] as const),
        /** Why they are not whole, if they are not: the disk may be full. */
        fault: () => fault,
        write: (node: string, lines: ReadonlyArray<string>): void => {
          if (fault !== undefined) return
          try {
            const file = files.get(node) ?? openSync(path(node), "a")
            files.set(node, file)
            writeSync(file, `${lines.join("\n")}\n`) // at once, whatever becomes of the bench
          } catch (error) {
            fault = error instanceof Error ? error.message : String(error)
          }
        }
      }
    }),
    ({ files }) => Effect.sync(() => files.forEach((file) => closeSync(file)))
  )

/** So many characters of lines are written at a time. */
const batchSize = 1 << 20

/** Lines in texts of a size to be written at once. */
export const batches = function*(lines: Iterable<string>): IterableIterator<string> {
  let batch = ""
  for (const line of lines) {
    batch += line
    if (batch.length < batchSize) continue
    yield batch
    batch = ""
  }
  yield batch
}

/** Writes a file of lines, however long all of them are together. */
export const writeLines = Effect.fnUntraced(function*(path: string, lines: Iterable<string>) {
  const fileSystem = yield* FileSystem.FileSystem
  yield* Stream.fromIteratorSucceed(batches(lines), 1).pipe(Stream.encodeText, Stream.run(fileSystem.sink(path)))
})

/** Writes what there is of a run that was interrupted: it has no results, and by that it is known. */
export const writePart = Effect.fnUntraced(function*(folder: string, run: Pick<Run.Run, "history" | "messages">) {
  yield* writeLines(join(folder, "history.jsonl"), History.lines(run.history))
  if (run.messages !== undefined) yield* writeLines(join(folder, "messages.jsonl"), Journal.lines(run.messages))
})

/** Writes what a run was judged to be. */
export const writeResults = Effect.fnUntraced(function*(folder: string, run: Run.Run) {
  const fileSystem = yield* FileSystem.FileSystem
  const writeFile = (name: string, text: string) => fileSystem.writeFileString(join(folder, name), text)
  yield* writeFile("results.json", Run.toJson(run))
  yield* writeFile("results.edn", Edn.results(run))
  yield* writeFile("report.html", ReportFile.of(run))
})

/** Reads a run. */
export const read = Effect.fnUntraced(function*(folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const linesOf = (name: string) =>
    fileSystem.stream(join(folder, name)).pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.runCollect,
      Effect.catchTag("PlatformError", (error) => Usage.wrong(`there is no whole run in ${folder}: ${reason(error)}.`))
    )
  const decoded = <A, E>(name: string, decode: (lines: ReadonlyArray<string>) => Result.Result<A, E>) =>
    Effect.flatMap(linesOf(name), (lines) =>
      Result.match(decode(lines), {
        onFailure: () => Usage.wrong(`${join(folder, name)} was not written by this version.`),
        onSuccess: (value) => Effect.succeed(value)
      }))
  const summary = yield* decoded("results.json", (lines) => Run.fromJson(lines.join("\n")))
  const history = yield* decoded("history.jsonl", History.fromLines)
  const hasMessages = yield* fileSystem.exists(join(folder, "messages.jsonl"))
  const run: Run.Run = {
    ...summary,
    history,
    ...hasMessages && { messages: yield* decoded("messages.jsonl", Journal.fromLines) }
  }
  return run
})

/** Writes what came of a run, and lets `latest` lead to it, in its workload's folder and in the store. */
export const write = Effect.fnUntraced(function*(store: string, folder: string, run: Run.Run) {
  const fileSystem = yield* FileSystem.FileSystem
  yield* writeResults(folder, run)
  yield* writePart(folder, run)
  for (const from of [dirname(folder), store]) {
    // A link cannot be changed, but it can be replaced in one step.
    const link = join(folder, "latest")
    yield* fileSystem.symlink(relative(from, folder), link)
    yield* fileSystem.rename(link, join(from, "latest"))
  }
})
