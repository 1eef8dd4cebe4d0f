// Runs gossip-girl with one module of this project changed: without one of its lines, with one passage changed, or with
// another module in its place.
//
//   node bin/try.mjs --file src/programs/Kafka.ts --without 'a part of the line' -- simulate -w kafka
//   node bin/try.mjs --file src/programs/Kafka.ts --change 'a passage' --to 'another' -- simulate -w kafka
//   node bin/try.mjs --file src/programs/Broadcast.ts --instead docs/naive/Broadcast.ts -- simulate -w broadcast
//
// So it shows what the line is for, and how the other module fails. Nothing in the checkout changes.
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { assets } from "./page/build.mjs"

const root = join(import.meta.dirname, "..")

const fail = (/** @type {string} */ message) => {
  console.error(`try: ${message}`)
  process.exit(2)
}

const args = process.argv.slice(2)
const end = args.indexOf("--")
const { values } = parseArgs({
  args: end === -1 ? args : args.slice(0, end),
  options: {
    file: { type: "string" },
    without: { type: "string" },
    change: { type: "string" },
    to: { type: "string" },
    instead: { type: "string" }
  }
})
const { change: passage, file, instead, to = "", without } = values
if (file === undefined || end === -1 || [without, passage, instead].filter((one) => one !== undefined).length !== 1) {
  fail("it needs --file, one of --without, --change and --instead, and what gossip-girl is to do, behind --")
}
const changed = resolve(root, String(file))

/** The text of the file without the one line, or with the one passage changed, that contains this. */
const textWith = (/** @type {string} */ part) => {
  const text = readFileSync(changed, "utf8")
  const lines = text.split("\n")
  const found = lines.filter((line) => line.includes(part)).length
  if (found !== 1) fail(`${found} lines of ${file} contain ${part}, not one`)
  return without === undefined ? text.replace(part, () => to) : lines.filter((line) => !line.includes(part)).join("\n")
}

/** @type {import("esbuild").Plugin} */
const change = {
  name: "change",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (path !== changed) return undefined
      const part = without ?? passage
      if (part !== undefined) return { contents: textWith(part), loader: "ts" }
      const other = resolve(root, String(instead))
      return { contents: readFileSync(other, "utf8"), loader: "ts", resolveDir: dirname(other) }
    })
}

const quote = (/** @type {string} */ word) => (/^[\w./:=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
const self = ["node bin/try.mjs", ...args.slice(0, end).map(quote), "--"].join(" ")
const folder = mkdtempSync(join(tmpdir(), "gossip-girl-"))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
const script = join(folder, "gossip-girl.js")
await build({
  absWorkingDir: root,
  entryPoints: ["bin/gossip-girl.ts"],
  outfile: script,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  plugins: [change],
  define: {
    "import.meta.dirname": "__dirname",
    "import.meta.filename": "__filename",
    PAGE_ASSETS: JSON.stringify(await assets()),
    CALLED_AS: JSON.stringify(self)
  },
  logLevel: "error"
})

const { status } = spawnSync(process.execPath, [script, ...args.slice(end + 1)], {
  stdio: "inherit",
  env: { ...process.env, PLAYGROUND_URL: "none" } // it would run what is not changed
})
process.exitCode = status ?? 1
