/**
 * The build, of executables that are nothing but what is tried here.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { root } from "./GossipGirl.ts"

const project = (files: Readonly<Record<string, string>>) => {
  const directory = mkdtempSync(join(tmpdir(), "gossip-girl-"))
  const all = { "package.json": '{ "type": "module" }', "bin/page/Page.ts": "", "bin/page/Page.css": "", ...files }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  for (const name of ["bin/build.mjs", "bin/page/build.mjs"]) copyFileSync(join(root, name), join(directory, name))
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
  return {
    directory,
    build: () => spawnSync(process.execPath, ["bin/build.mjs"], { cwd: directory, encoding: "utf8" }),
    remove: () => rmSync(directory, { recursive: true })
  }
}

describe("the build", () => {
  it("replaces all that was there", () => {
    const { build, directory, remove } = project({ "bin/good.ts": 'console.log("new")', "dist/gone.js": "" })
    try {
      const { status, stderr } = build()
      assert.deepStrictEqual({ status, stderr }, { status: 0, stderr: "" })
      const names = readdirSync(join(directory, "dist")).map((name) => name.replace(/-.*\./, "-*."))
      assert.deepStrictEqual(names.toSorted(), ["good-*.cache", "good.js", "package.json"])
      const { stdout } = spawnSync(join(directory, "dist/good.js"), { encoding: "utf8" })
      assert.strictEqual(stdout, "new\n")
      assert.deepStrictEqual(readdirSync(directory).toSorted(), ["bin", "dist", "node_modules", "package.json"])
    } finally {
      remove()
    }
  })

  it("leaves what was there when one of them does not run, and says how that ends", () => {
    const { build, directory, remove } = project({
      "bin/bad.ts": "process.exit(7)",
      "bin/good.ts": 'console.log("new")',
      "dist/good.js": "old"
    })
    try {
      const { status, stderr } = build()
      assert.deepStrictEqual({ status, stderr }, { status: 1, stderr: "bad does not run: it exits with 7\n" })
      assert.deepStrictEqual(readdirSync(join(directory, "dist")), ["good.js"])
      assert.strictEqual(readFileSync(join(directory, "dist/good.js"), "utf8"), "old")
      assert.deepStrictEqual(readdirSync(directory).toSorted(), ["bin", "dist", "node_modules", "package.json"])
    } finally {
      remove()
    }
  })
})
