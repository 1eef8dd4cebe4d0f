/**
 * What a node writes down, so that it survives the node: a journal of records.
 *
 * **Guarantee.** Once `sync` has succeeded, what was appended before it is there when the journal is opened again,
 * whatever happens to the process and to the machine, as long as the disk keeps what it has synced. A crash may leave
 * some of what was not synced: a part of it, from its beginning. What the disk does not keep is noticed when the journal
 * is opened (see Framing), and the node does not start.
 *
 * **Group commit.** One fsync at a time. Whoever asks for one meanwhile waits for the next, which serves all of them
 * together. So a slow disk makes few large writes, and its latency is paid at most twice. (DeWitt et al.,
 * "Implementation Techniques for Main Memory Database Systems", 1984, §5.2.)
 *
 * **Replacing** the whole journal, as a snapshot does, writes another file beside it, syncs it, gives it the journal's
 * name, and syncs the folder; a crash leaves the one or the other.
 *
 * **Errors.** When a write fails, as on a full disk, the part that was written is cut off, and the write is tried again
 * until it succeeds; `sync` waits for that. When fsync itself fails, nobody knows what the disk holds: what the operating
 * system could not write it may have dropped, and the next fsync would succeed all the same. Then every `sync` fails, and
 * only a new start tells what is there. (Rebello et al., "Can Applications Recover from fsync Failures?", 2020.)
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import { memoize } from "effect/Function"
import * as Layer from "effect/Layer"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { explain } from "../../schema/Explain.ts"
import type { Json } from "../../schema/Json.ts"
import { Node } from "../node/Node.ts"
import * as Framing from "./Framing.ts"

/** The disk does not do what it must; the text says in one line what is wrong. */
export class DiskFailed extends Data.TaggedError("DiskFailed")<{ readonly text: string }> {
  override get message(): string {
    return this.text
  }
}

export interface Journal<A> {
  /** What was there when it was opened. */
  readonly recovered: ReadonlyArray<A>
  /** Adds records at the end. */
  readonly append: (records: ReadonlyArray<A>) => void
  /** From now on the journal holds these records, in place of all that it has held. */
  readonly replace: (records: ReadonlyArray<A>) => void
  /** How many bytes the journal has, with those that are not synced yet. */
  readonly size: () => number
  /** Succeeds when all that was done before is safe. */
  readonly sync: Effect.Effect<void, DiskFailed>
}

export class Disk extends Context.Service<Disk, {
  /** Opens the journal of this node. To be called once. */
  readonly open: <A, I extends Json>(
    record: Schema.Codec<A, I>
  ) => Effect.Effect<Journal<A>, DiskFailed, Scope.Scope>
}>()("gossip-girl/Disk") {
  /**
   * The disk is a folder of files. The journal of a node is the file `<node>.journal` in it. The environment variable
   * `DISK_FOLDER` names the folder; without it, the folder is `otherwise`.
   */
  static readonly layer = (
    otherwise: Effect.Effect<string, DiskFailed, Node>
  ): Layer.Layer<Disk, Config.ConfigError, FileSystem.FileSystem | Node> =>
    Layer.effect(
      Disk,
      Effect.gen(function*() {
        const files = yield* FileSystem.FileSystem
        const node = yield* Node
        const configured = yield* Config.option(Config.NonEmptyString("DISK_FOLDER"))
        const folder = configured._tag === "Some"
          ? Effect.succeed(configured.value)
          : Effect.provideService(otherwise, Node, node)
        const name = `${encodeURIComponent(node.id)}.journal`
        return Disk.of({ open: (record) => Effect.flatMap(folder, (folder) => open(files, folder, name, record)) })
      })
    )
}

/** After how long a write that has failed is tried again. */
const respite = Duration.millis(100)

const failed = (error: PlatformError): DiskFailed => new DiskFailed({ text: `the disk fails: ${error.message}` })

/** Creating, renaming and removing files is safe once their folder is synced. */
const syncFolder = (files: FileSystem.FileSystem, folder: string) =>
  Effect.scoped(Effect.flatMap(files.open(folder, { flag: "r" }), ({ sync }) => sync))

/** A record as text; it is compiled once for all nodes of a simulation. */
const Line = memoize(<A>(record: Schema.Codec<A, Json>) => Schema.fromJsonString(record))

/** The records of the file at this path, and how many bytes of it are whole records. */
const read = <A>(files: FileSystem.FileSystem, path: string, record: Schema.Codec<A, Json>) =>
  Effect.gen(function*() {
    if (!(yield* files.exists(path))) return { records: [], length: 0, torn: 0 }
    const bytes = yield* files.readFile(path)
    const decoded = Framing.decode(bytes)
    if (Result.isFailure(decoded)) {
      return yield* new DiskFailed({ text: `${path}: ${decoded.failure}; nothing was changed` })
    }
    const { length, texts } = decoded.success
    const decodeRecord = Schema.decodeUnknownEffect(Line(record))
    const records = yield* Effect.mapError(
      Effect.forEach(texts, (text) => decodeRecord(text)),
      (error) => new DiskFailed({ text: `${path}: a record is not what it should be: ${explain(error)}` })
    )
    return { records, length, torn: bytes.length - length }
  })

/** The journal's file, open for writing. */
interface Output {
  /** Adds these bytes, safely. */
  readonly extend: (bytes: Uint8Array) => Effect.Effect<void, DiskFailed>
  readonly close: Effect.Effect<void>
}

/** Opens the file at this path, and cuts it off after so many bytes. */
const openOutput = (files: FileSystem.FileSystem, path: string, length: number) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const file = yield* Scope.provide(files.open(path, { flag: "a" }), scope)
    yield* file.truncate(length)
    let size = length

    const rewrite = (bytes: Uint8Array): Effect.Effect<void, PlatformError> =>
      file.truncate(size).pipe(
        Effect.andThen(Effect.sleep(respite)),
        Effect.andThen(Effect.catchTag(file.writeAll(bytes), "PlatformError", () => rewrite(bytes)))
      )
    const complain = ({ message }: PlatformError) =>
      Effect.logWarning(`${path} cannot be written, and is tried until it can: ${message}`)

    return {
      extend: (bytes) =>
        Effect.catchTag(
          file.writeAll(bytes),
          "PlatformError",
          (error) => Effect.andThen(complain(error), rewrite(bytes))
        ).pipe(
          Effect.andThen(file.sync),
          Effect.mapBoth({ onFailure: failed, onSuccess: () => void (size += bytes.length) })
        ),
      close: Scope.close(scope, Exit.void)
    } satisfies Output
  })

/** What is to be written next: records to add to the journal, or all records in place of those that it holds. */
interface Batch {
  readonly isAll: boolean
  readonly lines: Array<Uint8Array>
}

const concat = (lines: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(lines.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const line of lines) {
    all.set(line, at)
    at += line.length
  }
  return all
}

/** Reads the journal at this path, cuts off what a crash has torn, and opens it for writing. */
const prepare = <A>(files: FileSystem.FileSystem, folder: string, path: string, record: Schema.Codec<A, Json>) =>
  Effect.gen(function*() {
    yield* files.makeDirectory(folder, { recursive: true })
    yield* files.remove(newOf(path), { force: true })
    const { length, records, torn } = yield* read(files, path, record)
    if (torn > 0) yield* Effect.logWarning(`${path}: cut off ${torn} bytes of a record that a crash has torn`)
    const output = yield* openOutput(files, path, length)
    yield* output.extend(new Uint8Array(0))
    yield* syncFolder(files, folder)
    return { output, records, length }
  }).pipe(Effect.catchTag("PlatformError", (error) => Effect.fail(failed(error))))

/** Where the journal that is to take this one's place is written. */
const newOf = (path: string): string => `${path}.new`

/** Opens the journal of this name in this folder; both are created if they are not there. */
export const open = <A>(files: FileSystem.FileSystem, folder: string, name: string, record: Schema.Codec<A, Json>) =>
  Effect.gen(function*() {
    const run = Effect.runForkWith(yield* Effect.context())
    const encode = Schema.encodeSync(Line(record))
    const path = `${folder}/${name}`
    const prepared = yield* prepare(files, folder, path, record)
    const recovered = prepared.records
    let output: Output = prepared.output
    yield* Effect.addFinalizer(() => Effect.suspend(() => output.close))

    let count = recovered.length
    let size = prepared.length
    let batch: Batch = { isAll: false, lines: [] }
    const add = (records: ReadonlyArray<A>): void => {
      for (const record of records) {
        const line = Framing.encode(++count, encode(record))
        size += line.length
        batch.lines.push(line)
      }
    }

    const write = ({ isAll, lines }: Batch): Effect.Effect<void, DiskFailed> =>
      isAll
        ? Effect.gen(function*() {
          const next = yield* openOutput(files, newOf(path), 0)
          yield* next.extend(concat(lines))
          yield* files.rename(newOf(path), path)
          yield* syncFolder(files, folder)
          yield* output.close
          output = next
        }).pipe(Effect.catchTag("PlatformError", (error) => Effect.fail(failed(error))))
        : lines.length === 0
        ? Effect.void
        : output.extend(concat(lines))

    let waiting: Array<(exit: Exit.Exit<void, DiskFailed>) => void> = []
    let isWorking = false
    let failure: Exit.Exit<void, DiskFailed> | undefined

    const work = Effect.gen(function*() {
      while (waiting.length > 0) {
        const [next, served] = [batch, waiting]
        batch = { isAll: false, lines: [] }
        waiting = []
        const exit = failure ?? (yield* Effect.exit(write(next)))
        if (Exit.isFailure(exit)) failure = exit
        for (const done of served) done(exit)
      }
      isWorking = false
    })

    return {
      recovered,
      append: add,
      replace: (records) => {
        batch = { isAll: true, lines: [] }
        count = 0
        size = 0
        add(records)
      },
      size: () => size,
      sync: Effect.callback((resume) => {
        waiting.push(resume)
        if (isWorking) return
        isWorking = true
        run(work)
      })
    } satisfies Journal<A>
  })
