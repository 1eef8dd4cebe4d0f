import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Disk from "../../../src/services/disk/Disk.ts"
import * as SimulatedDisk from "../../../src/simulator/disks/SimulatedDisk.ts"
import * as VirtualProcess from "../../../src/simulator/time/VirtualProcess.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import * as SeededRandom from "../../../src/workloads/SeededRandom.ts"
import { seeds } from "../../Seeds.ts"

type Journal = Disk.Journal<number>

const open = (files: FileSystem.FileSystem, folder = "folder") => Disk.open(files, folder, "n0.journal", Schema.Int)

/** A simulated disk, and processes that use it. */
const world = (seed = 0) => {
  const time = VirtualTime.make()
  const random = SeededRandom.make(seed)
  const disk = SimulatedDisk.make({ random: random.fork("disk"), syncTime: 2 })
  const processes: Array<VirtualProcess.VirtualProcess> = []
  const log: Array<string> = []
  const logger = Logger.layer([Logger.make<unknown, void>(({ message }) => void log.push(String(message)))])
  return {
    log,
    time,
    random,
    disk,
    /** Starts a process that opens the journal and does this. */
    start: <A>(use: (journal: Journal) => Effect.Effect<A, Disk.DiskFailed>) => {
      const process = VirtualProcess.make(time, random.fork(`process ${processes.length}`), time.now)
      processes.push(process)
      const scope = Scope.makeUnsafe()
      return process.run(
        Effect.flatMap(open(disk.files), use).pipe(Scope.provide(scope), Effect.provide(logger))
      )
    },
    crash: () => {
      processes.at(-1)!.kill()
      disk.crash()
    },
    /** What a fiber of the process comes to. */
    outcome: <A, E>(fiber: Fiber.Fiber<A, E>) => {
      time.run(() => fiber.pollUnsafe() !== undefined)
      return fiber.pollUnsafe()!
    }
  }
}

const recovered = ({ recovered }: Journal) => Effect.succeed(recovered)

const textOf = (exit: Exit.Exit<unknown, unknown>): string => String(Exit.isFailure(exit) ? exit.cause : "success")

describe("a journal", () => {
  it("has nothing in it at first", () => {
    const { outcome, start } = world()
    assert.deepStrictEqual(outcome(start(recovered)), Exit.succeed([]))
  })

  it("has what was synced after every crash, in order, and of what was not a part from its beginning", () => {
    let torn = 0
    for (const seed of seeds(100)) {
      const { crash, disk, outcome, random, start, time } = world(seed)
      let known: Array<number> = []
      let next = 0
      for (let life = 0; life < 5; life++) {
        let appended = [...known]
        let safe = 0
        start((journal) =>
          Effect.gen(function*() {
            assert.deepStrictEqual([...journal.recovered], known, `seed ${seed}`)
            safe = appended.length
            for (;;) {
              const records = Array.from({ length: random.below(3) }, () => next++)
              if (random.chance(0.2)) {
                // the last known ones are replaced as a whole
                appended = [...appended, ...records]
                journal.replace(appended)
              } else {
                journal.append(records)
                appended.push(...records)
              }
              const { length } = appended
              const sync = Effect.map(journal.sync, () => (safe = Math.max(safe, length)))
              if (random.chance(0.5)) yield* sync
              else yield* Effect.forkChild(sync)
              yield* Effect.yieldNow
            }
          })
        )
        const end = time.now() + random.below(60)
        time.run(() => time.now() >= end)
        crash()
        const exit = outcome(start(recovered))
        assert.isTrue(Exit.isSuccess(exit), `seed ${seed}: ${textOf(exit)}`)
        known = Exit.isSuccess(exit) ? [...exit.value] : []
        assert.isAtLeast(known.length, safe, `seed ${seed}`)
        assert.deepStrictEqual(known, appended.slice(0, known.length), `seed ${seed}`)
        if (known.length > safe && known.length < appended.length) torn++
        crash()
      }
      assert.isAbove(disk.syncs(), 0)
    }
    assert.isAbove(torn, 5)
  })

  it("syncs for all at once who wait for it", () => {
    const { disk, outcome, start } = world()
    const fiber = start((journal) =>
      Effect.gen(function*() {
        const before = disk.syncs()
        yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], (n) => {
          journal.append([n])
          return journal.sync
        }, { concurrency: "unbounded", discard: true })
        return disk.syncs() - before
      })
    )
    assert.deepStrictEqual(outcome(fiber), Exit.succeed(2))
  })

  it("waits for space on a full disk, and loses nothing of what it has", () => {
    const { crash, disk, log, outcome, start, time } = world()
    let synced = 0
    start((journal) =>
      Effect.gen(function*() {
        for (let n = 0;; n++) {
          journal.append([n])
          yield* journal.sync
          synced++
          yield* Effect.sleep(10)
        }
      })
    )
    time.run(() => synced === 10)
    disk.setFull(true)
    time.run(() => time.now() > 5000)
    assert.isAtMost(synced, 11)
    assert.match(
      log.join(),
      /^folder\/n0\.journal cannot be written, and is tried until it can: .*no space left on device$/
    )
    disk.setFull(false)
    time.run(() => synced === 20)
    disk.setFull(true)
    time.run(() => time.now() > 20_000)
    crash()
    disk.setFull(false)
    const exit = outcome(start(recovered))
    assert.isTrue(Exit.isSuccess(exit), textOf(exit))
    if (Exit.isSuccess(exit)) {
      assert.isAtLeast(exit.value.length, synced)
      assert.deepStrictEqual([...exit.value], exit.value.map((_, i) => i))
    }
  })

  it("does not open when a bit of it has flipped, says where, and changes nothing", () => {
    for (const seed of seeds(100)) {
      const { crash, disk, outcome, start } = world(seed)
      const write = start((journal) =>
        Effect.suspend(() => {
          journal.append([1, 22, 333, 4444])
          return journal.sync
        })
      )
      assert.isTrue(Exit.isSuccess(outcome(write)))
      crash()
      assert.isTrue(disk.flip())
      const content = () => Effect.runSync(disk.files.readFile("folder/n0.journal"))
      const before = content()
      for (let i = 0; i < 2; i++) {
        const exit = outcome(start(recovered))
        assert.match(
          textOf(exit),
          /folder\/n0\.journal: record \d, at byte \d+ of \d+, is damaged; nothing was changed/,
          `seed ${seed}`
        )
        crash()
      }
      assert.deepStrictEqual(content(), before)
    }
  })

  it("says so when a crash has torn the last record", () => {
    let torn = 0
    for (const seed of seeds(20)) {
      const { crash, log, outcome, start, time } = world(seed)
      start((journal) =>
        Effect.suspend(() => {
          journal.append([123456789])
          return journal.sync
        })
      )
      time.run(() => time.now() > 4)
      crash()
      const exit = outcome(start(recovered))
      if (log.length > 0) {
        assert.match(log.join(), /^folder\/n0\.journal: cut off \d+ bytes of a record that a crash has torn$/)
        assert.deepStrictEqual(exit, Exit.succeed([]))
        torn++
      }
    }
    assert.isAbove(torn, 0)
  })
})

describe("on real files", () => {
  const layer = NodeFileSystem.layer

  it.effect("a journal is there again, torn or not, and can be replaced", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const folder = `${yield* files.makeTempDirectoryScoped()}/not/there/yet`
      const path = `${folder}/n0.journal`
      const life = <A>(use: (journal: Journal) => Effect.Effect<A, Disk.DiskFailed>) =>
        Effect.scoped(Effect.flatMap(open(files, folder), use))

      yield* life((journal) => {
        assert.deepStrictEqual(journal.recovered, [])
        journal.append([1, 2])
        journal.append([3])
        return journal.sync
      })
      yield* life((journal) => {
        assert.deepStrictEqual(journal.recovered, [1, 2, 3])
        journal.append([4])
        return journal.sync
      })
      const whole = yield* files.readFile(path)
      yield* files.truncate(path, whole.length - 2)
      yield* life((journal) => {
        assert.deepStrictEqual(journal.recovered, [1, 2, 3])
        journal.append([5])
        journal.replace([6, 7])
        journal.append([8])
        return Effect.andThen(journal.sync, () => {
          journal.append([9])
          return journal.sync
        })
      })
      assert.deepStrictEqual(yield* life(recovered), [6, 7, 8, 9])
      assert.deepStrictEqual(yield* files.readDirectory(folder), ["n0.journal"])
      const bytes = yield* files.readFile(path)
      bytes[12]! ^= 1
      yield* files.writeFile(path, bytes)
      const exit = yield* Effect.exit(life(recovered))
      assert.match(textOf(exit), /record 1, at byte 0 of \d+, is damaged; nothing was changed/)
      assert.deepStrictEqual(yield* files.readFile(path), bytes)
    }).pipe(Effect.scoped, Effect.provide(layer)))
})
