import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { Disk, DiskFailed, type Journal, open } from "gossip-girl/services/Disk"

/** How often this node has started. */
export const starts = Effect.gen(function*() {
  const disk = yield* Disk
  const journal: Journal<number> = yield* disk.open(Schema.Int)
  const count = (journal.recovered.at(-1) ?? 0) + 1
  journal.append([count])
  yield* journal.sync // now it is safe
  return count
}).pipe(Effect.scoped, Effect.catchIf((error) => error instanceof DiskFailed, ({ text }) => Effect.die(text)))

/** A journal without a node: the file numbers.journal of a folder. */
export const inFolder = (folder: string) =>
  Effect.flatMap(FileSystem.FileSystem, (files) => open(files, folder, "numbers.journal", Schema.Int))
