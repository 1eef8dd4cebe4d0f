import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { built, root } from "./GossipGirl.ts"

describe("gossip-girl serve", () => {
  it("serves regular files of the store alone, and waits for nobody to write to a FIFO", async () => {
    const store = mkdtempSync(join(tmpdir(), "gossip-girl-"))
    const run = join(store, "echo/one")
    mkdirSync(join(run, "report.html"), { recursive: true })
    mkdirSync(join(store, "echo/two"))
    writeFileSync(join(run, "history.jsonl"), "{}\n")
    writeFileSync(join(store, "echo/two/report.html"), "a report")
    execFileSync("mkfifo", [join(run, "results.json"), join(run, "messages.jsonl")])
    symlinkSync("/etc/passwd", join(run, "passwd"))

    const child = spawn(process.execPath, [built, "serve", "--port", "0", "--store", store], { cwd: root })
    const [said] = await once(child.stdout.setEncoding("utf8"), "data") as [string]
    const [url] = /http:\S+/.exec(said)!
    const get = async (path: string): Promise<readonly [number, string]> => {
      const response = await fetch(`${url}${path}`)
      return [response.status, await response.text()]
    }
    assert.deepStrictEqual(await get("echo/one/history.jsonl"), [200, "{}\n"])
    assert.deepStrictEqual(await get("echo/two/"), [200, "a report"])
    for (const path of ["results.json", "messages.jsonl", "passwd", "report.html", ""]) {
      assert.deepStrictEqual(await get(`echo/one/${path}`), [404, "There is no such page.\n"], path)
    }
    assert.include((await get(""))[1], "echo/one")

    child.kill()
    await once(child, "close")
    rmSync(store, { recursive: true })
  })
})
