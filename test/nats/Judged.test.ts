import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gossip } from "../bin/GossipGirl.ts"
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

it("test says what does not go together", () => {
  const said = (...args: ReadonlyArray<string>) => gossip("test", "-w", "echo", ...args).stderr
  assert.strictEqual(said("--program", "echo"), "gossip-girl: --program goes with --nats.\n")
  assert.match(said("--nats", "nats://x", "--nemesis", "partition"), /--nemesis partition goes with --nats three/)
  assert.match(said("--nats", "three", "--nemesis", "one-way", "--node-count", "5"), /takes at most 3 nodes/)
  assert.match(said("--nats", "nats://x", "--kill-servers"), /--kill-servers goes with --nats three/)
  assert.match(said(), /--bin is missing/)
})
