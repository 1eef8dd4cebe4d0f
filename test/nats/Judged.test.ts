import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { testCommand } from "../../bin/cli/TestCommand.ts"
import { complaint, gossip } from "../bin/GossipGirl.ts"
import { isInstalled } from "./Servers.ts"

describe.skipIf(!isInstalled)("on NATS, by strict rules", () => {
  const judge = (workload: string, ...args: ReadonlyArray<string>) => {
    const store = mkdtempSync(join(tmpdir(), "gossip-girl-"))
    const run = ["test", "-w", workload, "--nats", "three", "--node-count", "3", "--rate", "50", "--rules", "strict"]
    const { status, stderr, stdout } = gossip(...run, "--store", store, ...args)
    rmSync(store, { recursive: true, force: true })
    assert.strictEqual(status, 0, `${stdout}${stderr}`)
  }

  it("lin-kv is linearizable while nodes and servers are killed", () => {
    const faults = ["--kill-servers", "--nemesis", "kill,pause", "--nemesis-interval", "1"]
    judge("lin-kv", "--program", "proxy", ...faults, "--time-limit", "6")
  })

  it("broadcast loses nothing while nodes stand still and links are cut", () => {
    const faults = ["--nemesis", "pause,partition,one-way", "--nemesis-interval", "1"]
    judge("broadcast", ...faults, "--time-limit", "4", "--recovery", "5")
  })
})

it.effect("test says what does not go together", () =>
  Effect.gen(function*() {
    const said = (args = "") => complaint(testCommand, `-w echo ${args}`.trim())
    assert.strictEqual(yield* said("--program echo"), "--program goes with --nats.")
    assert.include(yield* said("--nats nats://x --nemesis partition"), "--nemesis partition goes with --nats three")
    assert.include(yield* said("--nats three --nemesis one-way --node-count 5"), "takes at most 3 nodes")
    assert.include(yield* said("--nats nats://x --kill-servers"), "--kill-servers goes with --nats three")
    assert.include(yield* said(), "--bin is missing")
  }))
