/**
 * Real processes that keep what they have acknowledged, though all of them are killed at once, under load.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ClientId, NodeId } from "../../src/schema/Address.ts"
import * as Client from "../../src/simulator/clients/Client.ts"
import * as Network from "../../src/simulator/network/Network.ts"
import * as ProcessNode from "../../src/simulator/processes/ProcessNode.ts"
import * as RealTime from "../../src/simulator/processes/RealTime.ts"
import * as Watchdog from "../../src/simulator/processes/Watchdog.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"
import type { Outcome } from "../../src/workloads/Workload.ts"
import { root } from "./GossipGirl.ts"

/** `KILLS=50` kills as often. */
const kills = Number(process.env["KILLS"] ?? 3)

const ids = ["n0", "n1", "n2"].map((id) => NodeId.make(id))

describe("LinKv", { timeout: 60_000 + 30_000 * kills }, () => {
  const folder = mkdtempSync(join(tmpdir(), "gossip-girl-test-"))
  const timeline = RealTime.make()
  const watchdog = Watchdog.make()
  const random = SeededRandom.make(0)
  const network = Network.make({ timeline, random, latency: () => 0, loss: 0, duplicates: 0 })
  const errors: Array<string> = []
  let clients = 0
  let nodes: ReadonlyArray<ProcessNode.ProcessNode> = []

  beforeAll(() => {
    nodes = ids.map((id) =>
      ProcessNode.make({
        id,
        command: { file: process.execPath, args: [join(root, "dist/lin-kv.js")] },
        diskFolder: join(folder, id),
        network,
        now: timeline.now,
        watchdog,
        onErrorLines: (lines) => errors.push(...lines),
        onFinding: () => {},
        onNoStart: (error) => assert.fail(error.message)
      })
    )
  })

  afterAll(async () => {
    timeline.stop()
    await Promise.all(nodes.map((node) => node.end()))
    watchdog.end()
    rmSync(folder, { recursive: true })
  })

  const ask = (node: NodeId, request: { readonly type: string; readonly [field: string]: unknown }, timeout = 2000) =>
    new Promise<Outcome>((resolve) => {
      const client = Client.make({ id: ClientId.make(`c${clients++}`), network, timeline, timeout })
      const outcome = (reply: { readonly [field: string]: unknown }): Outcome =>
        reply["type"] === "error"
          ? { type: "info", error: { _tag: "NoReply" } } // it may have happened, for all that is asked here
          : { type: "ok", value: Number(reply["value"]) }
      client.ask(node, { readOnly: false, request, outcome }, (outcome) => {
        client.close()
        resolve(outcome)
      })
    })

  const start = async (): Promise<void> => {
    for (const node of nodes) node.start()
    const answers = ids.map((id) => ask(id, { type: "init", node_id: id, node_ids: ids }, 20_000))
    for (const { type } of await Promise.all(answers)) assert.strictEqual(type, "ok", errors.join("\n"))
  }

  /** Asks any node, until one says what is known. */
  const read = async (): Promise<number> => {
    const outcome = await ask(random.pick(ids), { type: "read", key: 0 })
    return outcome.type === "ok" ? Number(outcome.value) : read()
  }

  it("has all that it has acknowledged when all nodes have been killed, and started again", async () => {
    await start()
    let tried = 0
    let acknowledged = 0
    for (let kill = 0; kill < kills; kill++) {
      const killed = new Promise<"killed">((resolve) => {
        timeline.after(100 + random.below(300), () => {
          for (const node of nodes) node.kill()
          resolve("killed")
        })
      })
      for (;;) {
        const value = ++tried
        const written = ask(random.pick(ids), { type: "write", key: 0, value })
        const outcome = await Promise.race([written, killed])
        if (outcome === "killed") break
        if (outcome.type === "ok") acknowledged = value
      }
      await start()
      const found = await read()
      assert.isAtLeast(found, acknowledged, `after kill ${kill}`)
      assert.isAtMost(found, tried, `after kill ${kill}`)
      acknowledged = found
    }
    assert.isAbove(acknowledged, 0)
  })
})
