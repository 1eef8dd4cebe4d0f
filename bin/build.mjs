// Bundles every bin/*.ts, and every executable of the registry, into dist/<name>.js: one executable file, which runs from
// anywhere without node_modules.
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { assets } from "./page/build.mjs"

const bin = import.meta.dirname
const root = join(bin, "..")
const dist = join(root, "dist")

// The first four bytes of a cache are a checksum of `data`, the rest of it, and of who wrote it.
const checksum = (/** @type {string} */ cache) =>
  `builtin("node:zlib").crc32(data, builtin("node:zlib").crc32("${cache}" + process.version + process.arch))`

// The bundle stands in the executable as a string, so that a V8 code cache beside it can save compiling it. Without a
// cache of its own (a lone copy of the file, another version of Node) it is compiled as usual. V8 looks at no more than
// the head of a cache, and one that is damaged further on crashes the process: so the executable hands V8 only what has
// the right checksum.
const HEADER =
  "#!/usr/bin/env node\nconst source = `(function(require, module, __filename, __dirname, importModule) {\n"
const executable = (/** @type {string} */ bundle, /** @type {string} */ cache) =>
  HEADER + bundle.replace(/[\\`]|\$\{/g, "\\$&") + `})\`
const builtin = process.getBuiltinModule // runs as CommonJS and as an ES module alike
const fs = builtin("node:fs")
const vm = builtin("node:vm")
const filename = fs.realpathSync(process.argv[1])
const dirname = builtin("node:path").dirname(filename)
let cachedData
try {
  const file = fs.readFileSync(dirname + "/${cache}")
  const data = file.subarray(4)
  if (file.readUInt32LE(0) === ${checksum(cache)}) cachedData = data
} catch {}
const main = new vm.Script(source, { filename, lineOffset: 1, cachedData }).runInThisContext()
const importModule = (url) => import(url)
main(builtin("node:module").createRequire(filename), { exports: {} }, filename, dirname, importModule)
`

// Preloaded into a run of the executable: what the run compiled, lazily too, is cached when it ends. The cache keeps the
// name of the file for stack traces, so it must be the one that it will have.
const preload = (/** @type {string} */ directory, /** @type {string} */ cache, /** @type {string} */ filename) => `
import fs from "node:fs"
import vm from "node:vm"
const builtin = process.getBuiltinModule
const save = (data) => {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(${checksum(cache)})
  fs.writeFileSync(${JSON.stringify(directory + "/")} + "${cache}", Buffer.concat([head, data]))
}
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, { ...options, filename: ${JSON.stringify(filename)} })
    process.once("exit", () => save(this.createCachedData()))
  }
}`

// Nodes answer this from stdin; the command line prints its help.
const WARM_UP = [
  { src: "c1", dest: "n1", body: { type: "init", msg_id: 1, node_id: "n1", node_ids: ["n1", "n2", "n3"] } },
  { src: "c1", dest: "n1", body: { type: "echo", msg_id: 2, echo: "warm" } }
].map((message) => JSON.stringify(message) + "\n").join("")

const sourcesIn = (/** @type {string} */ folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder)).filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`)
    : []

// Each function that an entry of the registry exports, but `entry`, gives the programs of an executable.
const entries = await build({
  absWorkingDir: root,
  entryPoints: sourcesIn("src/registry/entries"),
  outdir: "dist",
  format: "esm",
  write: false,
  metafile: true
})
const executables = Object.values(entries.metafile.outputs).flatMap(({ entryPoint, exports }) =>
  exports.filter((name) => name !== "entry").map((name) => ({
    in: `executable:${name}`,
    out: name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    source: `import "effect/schema/SchemaJITCompiler/enable"
import { ${name} } from "./${entryPoint}"
import { runChosen } from "./bin/live/Live.ts"
runChosen(${name}())`
  }))
)

/** @type {import("esbuild").Plugin} */
const generated = {
  name: "executables",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^executable:/ }, ({ path }) => ({ path, namespace: "executable" }))
    onLoad({ filter: /./, namespace: "executable" }, ({ path }) => ({
      contents: executables.find((one) => one.in === path)?.source ?? "",
      loader: "ts",
      resolveDir: root
    }))
  }
}

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: [
    ...sourcesIn("bin").map((path) => ({ in: path, out: basename(path, ".ts") })),
    ...executables.map((one) => ({ in: one.in, out: one.out }))
  ],
  plugins: [generated],
  outdir: "dist",
  write: false,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  supported: { "dynamic-import": false }, // a cached script cannot import(), but it can require(), and is given importModule
  define: {
    "import.meta.dirname": "__dirname",
    "import.meta.filename": "__filename",
    PAGE_ASSETS: JSON.stringify(await assets())
  },
  logLevel: "warning"
})

// Everything is built and tried beside dist, and takes its place only when all of it runs.
const fresh = mkdtempSync(join(root, ".dist-"))
chmodSync(fresh, 0o755)
process.once("exit", () => rmSync(fresh, { recursive: true, force: true }))
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))

// In the ES module loader start-up takes 7 ms longer. Caches are of use to the version of Node that made them.
const manifest = { type: "commonjs", builtBy: process.version }
writeFileSync(join(fresh, "package.json"), JSON.stringify(manifest) + "\n")

for (const { path, text } of outputFiles) {
  // V8 compares only the length of the source, so its hash names the cache.
  const name = basename(path, ".js")
  const cache = `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.cache`
  const file = join(fresh, basename(path))
  writeFileSync(file, executable(text, cache), { mode: 0o755 })
  if (name === "benchmark" || name === "docs") continue // start-up does not matter, and a run does much

  const { error, signal, status, stderr } = spawnSync(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(preload(fresh, cache, join(dist, basename(path))))}`,
      file,
      "--help"
    ],
    { input: WARM_UP, encoding: "utf8", timeout: 120_000 }
  )
  if (status === 0) continue
  const how = error?.message ?? (signal === null ? `it exits with ${status}` : `it is killed by ${signal}`)
  console.error(`${name} does not run: ${how}\n${stderr}`.trimEnd())
  process.exit(1)
}

// The site stands beside the executables that show it.
const siteBuild = join(bin, "site/build.mjs")
if (existsSync(siteBuild)) await (await import(siteBuild)).site(join(fresh, "site"))

// A dist that stands is a whole one.
const old = `${fresh}-old`
if (existsSync(dist)) renameSync(dist, old)
renameSync(fresh, dist)
rmSync(old, { recursive: true, force: true })
