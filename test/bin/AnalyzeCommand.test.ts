/**
 * `gossip-girl analyze` and `gossip-girl doc`, as their users meet them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { analyzeCommand } from "../../bin/cli/AnalyzeCommand.ts"
import { docCommand } from "../../bin/cli/DocCommand.ts"
import { complaint, gossip } from "./GossipGirl.ts"

describe("gossip-girl analyze", () => {
  it("judges a stored run once more, and writes the results anew", () => {
    const store = mkdtempSync(join(tmpdir(), "gossip-girl-"))
    const simulated = gossip(..."simulate -w broadcast --time-limit 2 --rate 20 --store".split(" "), store)
    assert.strictEqual(simulated.status, 0)
    const folder = join(store, "broadcast/latest")
    const results = () => readFileSync(join(folder, "results.json"), "utf8")
    const [before, history] = [results(), statSync(join(folder, "history.jsonl"))]
    const again = gossip("analyze", folder, "--rules", "maelstrom")
    assert.strictEqual(again.status, 0)
    assert.match(
      again.stdout,
      /^run .*\nbroadcast .* valid\n\nlatencies .*\nstable .*\nthe checker counted: .*\n\nEverything looks good! .*\n$/
    )
    assert.strictEqual(results(), before.replaceAll('"rules": "strict"', '"rules": "maelstrom"'))
    assert.strictEqual(statSync(join(folder, "history.jsonl")).mtimeMs, history.mtimeMs)
    rmSync(store, { recursive: true })
  })

  it.effect("says what is no run", () =>
    Effect.gen(function*() {
      assert.include(yield* complaint(analyzeCommand, "test"), "there is no whole run in test: ENOENT")
    }))
})

describe("gossip-girl doc", () => {
  it("prints requests and replies from the registry", () => {
    const { status, stdout } = gossip("doc", "kafka")
    assert.strictEqual(status, 0)
    assert.include(stdout, '{"type": "send", "msg_id": integer, "key": string, "msg": any}\n')
    assert.include(stdout, '"in_reply_to": integer, "msgs": {string: [[integer, any], …] | null, …}}\n')
    assert.notInclude(stdout, "broadcast")
    assert.include(gossip("doc").stdout, "## broadcast\n")
  })

  it.effect("knows the names of workloads", () =>
    Effect.gen(function*() {
      assert.include(yield* complaint(docCommand, "kafke"), "Did you mean kafka?")
    }))
})
