/**
 * The disk of a simulated node: files, and what can befall them.
 *
 * - **Crash**: what was not synced is lost, but for a part of it, from its beginning, of any length: so the last record
 *   that is left may be torn. Files that were created, renamed or removed since their folder was last synced are as they
 *   were after any of these steps. A crash of a process alone would lose nothing: the operating system would still write
 *   what it has. That a crash is always one of the machine, is the harder case.
 * - **Slow**: syncing takes time, and many times as long while the disk is slow.
 * - **Full**: a write fails, when a part of it, from its beginning, has been written.
 * - **Flip**: a bit of what was synced changes.
 * - **Wipe**: all is gone.
 *
 * It is Effect's FileSystem, so what runs over it is the very code that runs over real files; but it knows only what that
 * code uses: files to which one appends, in one folder.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"

export interface SimulatedDisk {
  readonly files: FileSystem.FileSystem
  readonly crash: () => void
  readonly wipe: () => void
  readonly setSlow: (isSlow: boolean) => void
  readonly setFull: (isFull: boolean) => void
  /** Changes a bit; false if there is none. */
  readonly flip: () => boolean
  /** How often something was synced. */
  readonly syncs: () => number
}

export interface Options {
  readonly random: SeededRandom
  /** How long syncing takes on average, in ms. */
  readonly syncTime: number
}

/** How many times as long syncing takes while the disk is slow. */
export const slowness = 50

interface Content {
  bytes: Uint8Array
  size: number
  /** So many bytes are safe. */
  synced: number
}

type Names = ReadonlyMap<string, Content>

const fail = (method: string, path: string, tag: PlatformError.SystemErrorTag, description: string) =>
  Effect.fail(
    PlatformError.systemError({ _tag: tag, module: "FileSystem", method, description, pathOrDescriptor: path })
  )

const extend = (content: Content, added: Uint8Array): void => {
  const size = content.size + added.length
  if (size > content.bytes.length) {
    const bytes = new Uint8Array(2 * size)
    bytes.set(content.bytes.subarray(0, content.size))
    content.bytes = bytes
  }
  content.bytes.set(added, content.size)
  content.size = size
}

export const make = ({ random, syncTime }: Options): SimulatedDisk => {
  let names: Names = new Map()
  /** What the folder has held since it was last synced, beginning with what it held then. */
  let past: Array<Names> = [names]
  let isSlow = false
  let isFull = false
  let syncs = 0

  const rename = (change: (names: Map<string, Content>) => void): void => {
    const changed = new Map(names)
    change(changed)
    names = changed
    past.push(changed)
  }

  const pause = Effect.suspend(() => Effect.sleep(2 * random.nextDoubleUnsafe() * syncTime * (isSlow ? slowness : 1)))

  const folder: Partial<FileSystem.File> = {
    sync: Effect.map(pause, () => {
      past = [names]
      syncs++
    })
  }

  const file = (path: string, content: Content): Partial<FileSystem.File> => ({
    sync: Effect.suspend(() => {
      const { size } = content
      return Effect.map(pause, () => {
        content.synced = Math.min(size, content.size)
        syncs++
      })
    }),
    truncate: (length = 0) =>
      Effect.sync(() => {
        content.size = length
        content.synced = Math.min(content.synced, length)
      }),
    writeAll: (added) =>
      Effect.suspend(() => {
        if (!isFull) return Effect.sync(() => extend(content, added))
        extend(content, added.subarray(0, random.below(added.length)))
        return fail("writeAll", path, "Unknown", "no space left on device")
      })
  })

  const open = (path: string, flag: FileSystem.OpenFlag): Partial<FileSystem.File> => {
    if (flag === "r") return folder
    const content = names.get(path) ?? { bytes: new Uint8Array(256), size: 0, synced: 0 }
    if (!names.has(path)) rename((names) => names.set(path, content))
    return file(path, content)
  }

  const files = FileSystem.makeNoop({
    makeDirectory: () => Effect.void,
    exists: (path) => Effect.sync(() => names.has(path)),
    readFile: (path) =>
      Effect.suspend(() => {
        const content = names.get(path)
        if (content === undefined) return fail("readFile", path, "NotFound", "no such file")
        return Effect.succeed(content.bytes.slice(0, content.size))
      }),
    remove: (path) =>
      Effect.sync(() => {
        if (names.has(path)) rename((names) => names.delete(path))
      }),
    rename: (from, to) =>
      Effect.sync(() =>
        rename((names) => {
          names.set(to, names.get(from)!) // whoever renames a file has just written it
          names.delete(from)
        })
      ),
    // it has what is used
    open: (path, options) => Effect.sync(() => open(path, options?.flag ?? "r") as FileSystem.File)
  })

  return {
    files,
    crash: () => {
      names = random.pick(past)
      past = [names]
      for (const content of names.values()) {
        content.size = content.synced + random.below(content.size - content.synced + 1)
        content.synced = content.size
      }
    },
    wipe: () => {
      names = new Map()
      past = [names]
    },
    setSlow: (slow) => {
      isSlow = slow
    },
    setFull: (full) => {
      isFull = full
    },
    flip: () => {
      const content = [...names.values()].find(({ synced }) => synced > 0)
      if (content === undefined) return false
      content.bytes[random.below(content.synced)]! ^= 1 << random.below(8)
      return true
    },
    syncs: () => syncs
  }
}
