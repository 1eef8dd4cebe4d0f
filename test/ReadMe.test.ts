import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as ts from "typescript"

const root = join(import.meta.dirname, "..")
const readMe = readFileSync(join(root, "README.md"), "utf8")
const example = /```ts\n([^]*?)```/.exec(readMe)?.[1] ?? ""

/**
 * What TypeScript says to each text as a file in bin, with the project's own settings, but without Node's types: a node
 * needs none, and they take a third of the time.
 */
const diagnostics = (...texts: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const files = new Map(texts.map((text, i) => [join(root, "bin", `example${i}.ts`), text]))
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path))
  const settings = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const options = { ...settings.options, types: [] }
  const host = ts.createCompilerHost(options)
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    getSourceFile: (path, ...rest) => {
      const text = files.get(path)
      return text === undefined
        ? host.getSourceFile(path, ...rest)
        : ts.createSourceFile(path, text, ts.ScriptTarget.ES2023)
    }
  })
  return [...files.keys()].map((file) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))
  )
}

describe("the node of the README", () => {
  it("compiles, and does not with a wrong reply", () => {
    const [right, wrong] = diagnostics(example, example.replace("({ value })", "({ val: value })"))
    assert.deepStrictEqual(right, [])
    assert.isNotEmpty(wrong)
  })

  const bundle = async (): Promise<string> => {
    const outfile = join(mkdtempSync(join(tmpdir(), "gossip-girl-")), "counter.cjs")
    await build({
      stdin: { contents: example, loader: "ts", resolveDir: join(root, "bin") },
      bundle: true,
      outfile,
      platform: "node",
      format: "cjs"
    })
    return outfile
  }

  it("is a node", async () => {
    const outfile = await bundle()
    const requests = [
      { type: "init", msg_id: 1, node_id: "n1", node_ids: ["n1"] },
      { type: "add", msg_id: 2, delta: 3 },
      { type: "add", msg_id: 3, delta: "many" },
      { type: "add", msg_id: 4, delta: -1 },
      { type: "read", msg_id: 5 }
    ]
    const { status, stdout } = spawnSync(process.execPath, [outfile], {
      input: requests.map((body) => JSON.stringify({ src: "c1", dest: "n1", body })).join("\n"),
      encoding: "utf8"
    })
    const replies = stdout.trim().split("\n").map((line): unknown => JSON.parse(line).body)
    assert.strictEqual(status, 0)
    assert.deepStrictEqual(replies, [
      { type: "init_ok", in_reply_to: 1 },
      { type: "add_ok", in_reply_to: 2 },
      { type: "error", in_reply_to: 3, code: 12, text: 'Expected number at ["delta"]' },
      { type: "add_ok", in_reply_to: 4 },
      { type: "read_ok", in_reply_to: 5, value: 2 }
    ])
  })

  it("is a counter, alone, to gossip-girl test", async () => {
    const outfile = await bundle()
    const test = (nodes: number) =>
      spawnSync(
        process.execPath,
        [
          join(root, "dist/gossip-girl.js"),
          ...`test -w g-counter --node-count ${nodes} --rate 50 --time-limit 0.5 --recovery 0 --json`.split(" "),
          "--store",
          dirname(outfile),
          "--bin",
          process.execPath,
          "--",
          outfile
        ],
        { encoding: "utf8" }
      ).status
    assert.deepStrictEqual([test(1), test(2)], [0, 1])
  })
})
