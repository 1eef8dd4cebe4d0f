import { assert, beforeAll, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import ts from "typescript"
import * as Histories from "./purity/Histories.ts"

const root = resolve(import.meta.dirname, "..")

const textOf = (path: string): string => readFileSync(join(root, path), "utf8")

/** The files in a folder and below, as paths from the root. */
const filesIn = (folder: string): ReadonlyArray<string> =>
  ts.sys.readDirectory(join(root, folder), [".ts"]).map((path) => relative(root, path))

/** What a file imports, types included: files as paths from the root, packages by name. */
const importsOf = (path: string): ReadonlyArray<string> =>
  ts.preProcessFile(textOf(path), true, true).importedFiles.map(({ fileName }) =>
    fileName.startsWith(".") ? relative(root, resolve(root, dirname(path), fileName)) : fileName
  )

const isFile = (imported: string): boolean => imported.endsWith(".ts")

/** All files that a file imports, and those that they import, itself included. */
const reachableFrom = (path: string, found = new Set<string>()): ReadonlySet<string> => {
  if (!found.has(path)) {
    found.add(path)
    importsOf(path).filter(isFile).forEach((imported) => reachableFrom(imported, found))
  }
  return found
}

const simulated = filesIn("src").filter((path) => !/^src\/(simulator\/processes|nats)\//.test(path))

describe("the simulated world", () => {
  it("imports Effect and itself, and nothing else", () => {
    assert.isAbove(simulated.length, 40)
    for (const path of simulated) {
      for (const imported of importsOf(path)) {
        const isItself = simulated.includes(imported)
        assert.isTrue(isItself || imported.startsWith("effect/"), `${path} imports ${imported}`)
      }
    }
  })

  it("is all that a simulation reaches", () => {
    const reached = new Set([
      ...reachableFrom("src/simulator/Simulation.ts"),
      ...reachableFrom("src/registry/Registry.ts")
    ])
    for (
      const path of [
        "src/simulator/network/Network.ts",
        "src/programs/Echo.ts",
        "src/services/node/Node.ts",
        "src/schema/Rpc.ts"
      ]
    ) {
      assert.isTrue(reached.has(path), path)
    }
    for (const path of reached) assert.include(simulated, path)
  })

  it("knows no layer in a program: which one it runs over is for others to choose", () => {
    for (const path of filesIn("src/programs")) {
      assert.notMatch(textOf(path), /\.layer/, path)
      assert.notInclude(importsOf(path), "effect/Layer", path)
    }
  })
})

describe("arrows", () => {
  /** What each room may import besides itself. */
  const below: Record<string, ReadonlyArray<string>> = {
    "src/schema": [],
    "src/services": ["src/schema"],
    "src/nats": ["src/schema", "src/services"],
    "src/programs": ["src/schema", "src/services"],
    "src/workloads": ["src/schema"],
    "src/simulator": ["src/schema", "src/services", "src/workloads"],
    "src/report": ["src/schema", "src/workloads", "src/simulator"],
    "src/registry": ["src/schema", "src/services", "src/programs", "src/workloads", "src/simulator"],
    bin: ["src"]
  }
  const roomOf = (path: string): string => Object.keys(below).find((room) => path.startsWith(`${room}/`)) ?? "none"

  it("point one way only, and no program knows a workload, nor a workload a program", () => {
    const all = [...filesIn("src"), ...filesIn("bin")]
    for (const path of all) {
      const room = roomOf(path)
      assert.property(below, room, path)
      for (const imported of importsOf(path).filter(isFile)) {
        assert.include(all, imported, `${path} imports ${imported}`)
        const isAllowed = [room, ...below[room]!].some((other) => imported.startsWith(`${other}/`))
        assert.isTrue(isAllowed, `${path} imports ${imported}`)
      }
    }
  })

  it("what nodes replicate goes through Peers, and never through Node", () => {
    for (const path of ["gossip", "log", "raft"].flatMap((room) => filesIn(`src/services/${room}`))) {
      assert.notInclude(importsOf(path), "src/services/node/Node.ts", path)
    }
  })
})

describe("in a browser page", () => {
  let code: string
  let expected: Record<string, string>

  beforeAll(async () => {
    expected = Histories.make()
    const { outputFiles } = await build({
      entryPoints: [join(root, "test/purity/Histories.ts")],
      bundle: true,
      write: false,
      format: "iife",
      globalName: "Histories",
      platform: "browser", // refuses to bundle what only Node has
      target: "es2023"
    })
    code = outputFiles[0]!.text
  })

  it("the simulated world does the same byte for byte, in a process of its own with the language and what encodes and decodes text, but no time or chance", () => {
    const globals = "[typeof process, typeof require, typeof Buffer, typeof setTimeout, typeof performance]"
    const sabotage = `
      Math.random = () => { throw new Error("Math.random was called") }
      Date.now = () => { throw new Error("Date.now was called") }
      Date = class { constructor(...time) { if (time.length === 0) throw new Error("a Date was made of now") } }`
    const texts = [`[...new Set(${globals})]`, code, sabotage, "Histories.make()"]
    const input = `
      const vm = require("node:vm")
      const page = vm.createContext({ TextEncoder, TextDecoder })
      const [globals, , , histories] = ${JSON.stringify(texts)}.map((text) => vm.runInContext(text, page))
      process.stdout.write(JSON.stringify({ globals, histories }))`
    const output = execFileSync(process.execPath, ["-"], { input, encoding: "utf8", maxBuffer: 1e9 })
    const { globals: kinds, histories }: { globals: Array<string>; histories: Record<string, string> } = JSON.parse(
      output
    )
    assert.deepStrictEqual(kinds, ["undefined"])
    assert.sameMembers(Object.keys(histories), Object.keys(expected))
    for (const [name, history] of Object.entries(expected)) {
      assert.isAbove(history.length, 5000, name)
      assert.isTrue(histories[name] === history, name)
    }
  })
})
