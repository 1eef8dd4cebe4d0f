import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Store from "../../bin/cli/Store.ts"

/** A file of which every write finds the disk full. */
const full = "/dev/full"

describe("Store", () => {
  it.effect.skipIf(!existsSync(full))("a full disk ends no run, and is told", () =>
    Effect.gen(function*() {
      const fileSystem = yield* FileSystem.FileSystem
      const folder = yield* fileSystem.makeTempDirectoryScoped()
      const logs = yield* Store.nodeLogs(folder)
      yield* fileSystem.symlink(full, join(folder, "node-logs/n0.log"))
      logs.write("n1", ["I am n1"])
      assert.isUndefined(logs.fault())
      for (let line = 0; line < 3; line++) logs.write("n0", ["I am", "n0"])
      assert.match(logs.fault() ?? "", /^ENOSPC: no space left on device/)
      assert.strictEqual(yield* fileSystem.readFileString(join(folder, "node-logs/n1.log")), "I am n1\n")

      yield* fileSystem.symlink(full, join(folder, "history.jsonl"))
      const event = { index: 0, time: 0, process: 0, type: "info", f: "crash", value: null } as const
      const error = yield* Effect.flip(Store.writePart(folder, { history: [event] }))
      assert.match(Store.reason(error), /^ENOSPC: no space left on device/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
