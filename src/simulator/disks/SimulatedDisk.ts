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
  /** Flips a bit of what is safe; false if nothing is. */
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
  /** How many bytes of the file are safe. */
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

/** The names in a folder, and all that they may be after a crash: as they were after any step since it was synced. */
const makeFolder = () => {
  let names: Names = new Map()
  let past: Array<Names> = [names]
  const be = (now: Names): void => {
    names = now
    past = [now]
  }
  return {
    names: () => names,
    change: (edit: (names: Map<string, Content>) => void): void => {
      const changed = new Map(names)
      edit(changed)
      names = changed
      past.push(changed)
    },
    sync: () => be(names),
    crash: (random: SeededRandom) => be(random.pick(past)),
    wipe: () => be(new Map())
  }
}

type Folder = ReturnType<typeof makeFolder>

/** What befalls the disk now, and what it does meanwhile. */
interface State {
  isSlow: boolean
  isFull: boolean
  syncs: number
}

const fileSystem = ({ random, syncTime }: Options, folder: Folder, state: State): FileSystem.FileSystem => {
  const pause = Effect.suspend(() =>
    Effect.sleep(2 * random.nextDoubleUnsafe() * syncTime * (state.isSlow ? slowness : 1))
  )
  const synced = (safe: () => void): Effect.Effect<void> =>
    Effect.map(pause, () => {
      safe()
      state.syncs++
    })

  const file = (path: string, content: Content): Partial<FileSystem.File> => ({
    sync: Effect.suspend(() => {
      const { size } = content
      return synced(() => {
        content.synced = Math.min(size, content.size)
      })
    }),
    truncate: (length = 0) =>
      Effect.sync(() => {
        content.size = length
        content.synced = Math.min(content.synced, length)
      }),
    writeAll: (added) =>
      Effect.suspend(() => {
        if (!state.isFull) return Effect.sync(() => extend(content, added))
        extend(content, added.subarray(0, random.below(added.length)))
        return fail("writeAll", path, "Unknown", "no space left on device")
      })
  })

  const open = (path: string, flag: FileSystem.OpenFlag): Partial<FileSystem.File> => {
    if (flag === "r") return { sync: synced(folder.sync) }
    const content = folder.names().get(path) ?? { bytes: new Uint8Array(256), size: 0, synced: 0 }
    if (!folder.names().has(path)) folder.change((names) => names.set(path, content))
    return file(path, content)
  }

  return FileSystem.makeNoop({
    makeDirectory: () => Effect.void,
    exists: (path) => Effect.sync(() => folder.names().has(path)),
    readFile: (path) =>
      Effect.suspend(() => {
        const content = folder.names().get(path)
        if (content === undefined) return fail("readFile", path, "NotFound", "no such file")
        return Effect.succeed(content.bytes.slice(0, content.size))
      }),
    remove: (path) =>
      Effect.sync(() => {
        if (folder.names().has(path)) folder.change((names) => names.delete(path))
      }),
    rename: (from, to) =>
      Effect.sync(() =>
        folder.change((names) => {
          names.set(to, names.get(from)!) // whoever renames a file has just written it
          names.delete(from)
        })
      ),
    // it has what is used
    open: (path, options) => Effect.sync(() => open(path, options?.flag ?? "r") as FileSystem.File)
  })
}

export const make = (options: Options): SimulatedDisk => {
  const { random } = options
  const folder = makeFolder()
  const state: State = { isSlow: false, isFull: false, syncs: 0 }
  return {
    files: fileSystem(options, folder, state),
    crash: () => {
      folder.crash(random)
      for (const content of folder.names().values()) {
        content.size = content.synced + random.below(content.size - content.synced + 1)
        content.synced = content.size
      }
    },
    wipe: folder.wipe,
    setSlow: (isSlow) => {
      state.isSlow = isSlow
    },
    setFull: (isFull) => {
      state.isFull = isFull
    },
    flip: () => {
      const content = [...folder.names().values()].find(({ synced }) => synced > 0)
      if (content === undefined) return false
      content.bytes[random.below(content.synced)]! ^= 1 << random.below(8)
      return true
    },
    syncs: () => state.syncs
  }
}
