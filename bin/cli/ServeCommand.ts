/**
 * `gossip-girl serve`: the runs of a store, in a browser on this machine.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpStaticServer from "effect/http/HttpStaticServer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { basename, join, sep } from "node:path"
import { type Stored, storePage } from "../../src/report/StorePage.ts"
import * as Run from "../../src/simulator/Run.ts"
import * as Flags from "./Flags.ts"
import * as LocalServer from "./LocalServer.ts"
import * as Output from "./Output.ts"
import * as ReportFile from "./ReportFile.ts"
import * as Store from "./Store.ts"
import * as Usage from "./Usage.ts"

/** Whether there is such a thing, through links: one that is no regular file, such as a FIFO, may never end. */
const isOfType = (path: string, type: FileSystem.File.Type) =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fileSystem) => fileSystem.stat(path)),
    Effect.map((found) => found.type === type),
    Effect.orElseSucceed(() => false) // it has gone, or has never been
  )

/** The folders in a folder, without links such as `latest`. */
const foldersIn = Effect.fnUntraced(function*(folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const names = yield* fileSystem.readDirectory(folder)
  const isFolder = (name: string) =>
    Effect.gen(function*() {
      const path = join(folder, name)
      const isLink = Option.isSome(yield* Effect.option(fileSystem.readLink(path)))
      return !isLink && (yield* isOfType(path, "Directory"))
    })
  return yield* Effect.filter(names, isFolder, { concurrency: 16 })
}, Effect.orElseSucceed((): ReadonlyArray<string> => []))

const read = Effect.fnUntraced(function*(store: string, path: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const folder = join(store, path)
  const namesIn = (folder: string) =>
    fileSystem.readDirectory(folder).pipe(Effect.orElseSucceed((): Array<string> => []))
  const timeOf = (file: string) =>
    fileSystem.stat(file).pipe(
      Effect.map(({ mtime }) => Option.getOrUndefined(mtime)?.getTime()),
      Effect.orElseSucceed(() => undefined)
    )
  const file = join(folder, "results.json")
  const text = (yield* isOfType(file, "File"))
    ? yield* fileSystem.readFileString(file).pipe(Effect.orElseSucceed(() => ""))
    : ""
  return {
    path,
    time: (yield* timeOf(file)) ?? Store.timeOfName(basename(path)) ?? (yield* timeOf(folder)),
    files: yield* namesIn(folder),
    logs: (yield* namesIn(join(folder, "node-logs"))).filter((name) => name.endsWith(".log")),
    summary: Option.getOrUndefined(Result.getSuccess(Run.fromJson(text)))
  } satisfies Stored
})

/** All runs, the newest first. */
const runsIn = Effect.fnUntraced(function*(store: string) {
  const paths = yield* Effect.forEach(
    yield* foldersIn(store),
    (workload) => Effect.map(foldersIn(join(store, workload)), (names) => names.map((name) => `${workload}/${name}`))
  )
  const runs = yield* Effect.forEach(paths.flat(), (path) => read(store, path), { concurrency: 16 })
  return runs.toSorted((a, b) => (b.time ?? 0) - (a.time ?? 0) || (a.path < b.path ? 1 : -1))
})

/** What a folder shows. */
const index = "report.html"

/** Answers requests until its scope ends. */
const answer = Effect.fnUntraced(function*(store: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const root = yield* fileSystem.realPath(store)
  const files = yield* HttpStaticServer.make({
    root,
    index,
    cacheControl: "no-cache",
    mimeTypes: { jsonl: "text/plain; charset=utf-8", log: "text/plain; charset=utf-8" }
  })
  /** Whether that is a regular file in the store, or a folder with a report. A link in it may lead out. */
  const isServed = (path: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
    Effect.gen(function*() {
      const real = yield* fileSystem.realPath(join(root, path))
      if (!real.startsWith(root + sep)) return false
      return (yield* isOfType(real, "Directory")) ? yield* isServed(join(path, index)) : yield* isOfType(real, "File")
    }).pipe(Effect.orElseSucceed(() => false))

  yield* HttpServer.serveEffect(Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const refused = LocalServer.refusal(request)
    if (refused !== undefined) return refused
    const path = LocalServer.pathOf(request)
    if (path === "/") {
      return HttpServerResponse.text(storePage(store, yield* runsIn(root), ReportFile.assets()), {
        contentType: "text/html; charset=utf-8"
      })
    }
    if (!path.startsWith("/") || !(yield* isServed(path))) return LocalServer.status(404, "There is no such page.")
    return yield* Effect.orElseSucceed(files, () => LocalServer.status(404, "There is no such page."))
  }))
})

export const serveCommand = Command.make(
  "serve",
  {
    store: Flag.String("store").pipe(Flags.describe("Where the runs are", "directory", "store")),
    port: LocalServer.portFlag
  },
  Effect.fnUntraced(function*({ port, store }) {
    const fileSystem = yield* FileSystem.FileSystem
    if (store === "") return yield* Usage.wrong("--store needs a value.")
    const there = yield* Effect.option(fileSystem.stat(store))
    if (Option.isNone(there)) return yield* Usage.wrong(`--store ${store}: there is no such directory.`)
    if (there.value.type !== "Directory") return yield* Usage.wrong(`--store ${store}: that is no directory.`)
    return yield* LocalServer.run(
      port,
      answer(store),
      (url) => Output.out(`The runs in ${store}: ${url} (Ctrl+C to end)\n`)
    )
  })
).pipe(
  Command.withDescription("Show the runs of a store, and their reports, in a browser on this machine"),
  Command.withExamples([
    { command: `${Usage.self} serve`, description: "The runs that gossip-girl test has left in ./store" },
    {
      command: `${Usage.self} serve --store /tmp/store --port 9000`,
      description: "Another store, at http://localhost:9000/"
    }
  ])
)
