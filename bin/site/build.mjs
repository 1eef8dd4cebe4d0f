// Builds the site, one static folder: the playground, and the pages of docs/.
import { build } from "esbuild"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import vm from "node:vm"
import { forBrowser } from "../page/build.mjs"
import { types } from "./types.mjs"

const here = import.meta.dirname
const root = join(here, "../..")

const bundle = async (/** @type {string} */ entry, /** @type {import("esbuild").BuildOptions} */ options = {}) => {
  const { outputFiles = [] } = await build({ ...forBrowser, entryPoints: [entry], ...options })
  return outputFiles[0]?.text ?? ""
}

const tables = async () => {
  const code = await bundle("bin/site/Tables.ts", { platform: "node", format: "cjs" })
  const module = { exports: {} }
  vm.runInThisContext(`(function(module, exports, require) {${code}\n})`)(module, module.exports)
  return module.exports.tables
}

/** @param {string} title @param {string} body @param {string} [head] */
const page = (title, body, head = "") =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="site.css">
${head}</head>
<body>
<header><nav aria-label="Site"><a href="index.html">Gossip Girl</a> <a href="playground.html">Playground</a></nav></header>
<main>
${body}
</main>
</body>
</html>
`

/** The pages of the repository, and where each goes. */
const documents = () => {
  const docs = existsSync(join(root, "docs"))
    ? readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"))
    : []
  return [["README.md", "index.html"], ...docs.map((name) => [`docs/${name}`, flat(`docs/${name}`)])]
}

const flat = (/** @type {string} */ path) =>
  path === "README.md" ? "index.html" : path.replace(/^docs\//, "").replaceAll("/", "-").replace(/\.md$/, ".html")

/** Links between pages of the repository become links between pages of the site. */
const relinked = (/** @type {string} */ html, /** @type {string} */ from) =>
  html.replace(/(href|src)="([^"#:]+)(#[^"]*)?"/g, (all, name, target, fragment = "") => {
    const path = pathToFileURL(join("/", from, "..", target)).pathname.slice(1)
    if (path.endsWith(".md")) return `${name}="${flat(path)}${fragment}"`
    return existsSync(join(root, path)) && path.startsWith("docs/") ? `${name}="${path.slice(5)}${fragment}"` : all
  })

/** Writes the site into a folder that is its own. */
export const site = async (/** @type {string} */ folder) => {
  const { marked } = await import("marked")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const data = await tables()
  const files = [...new Set(Object.values(data.FILES))].map(String)
  const sources = Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), "utf8")]))
  const define = Object.fromEntries(
    Object.entries({ ...data, SOURCES: sources }).map(([name, value]) => [name, JSON.stringify(value)])
  )
  const worker = await bundle("bin/site/page/Worker.ts", { define: { SOURCES: "{}" } })
  const script = await bundle("bin/site/page/Playground.ts", { define: { ...define, WORKER: JSON.stringify(worker) } })
  const style = await bundle("bin/site/page/Playground.css")
  const checker = await bundle("bin/site/page/TypesWorker.ts", { external: builtinModules })
  const known = JSON.stringify({ worker: checker, files: types(Object.keys(data.EXPORTS)) })
  writeFileSync(join(folder, "types.js"), `globalThis.TYPES = ${known}\n`)
  writeFileSync(join(folder, "playground.js"), script)
  writeFileSync(join(folder, "site.css"), style)
  const policy =
    `<meta http-equiv="Content-Security-Policy" content="default-src 'self'; style-src 'self' 'unsafe-inline'; `
    + `script-src 'self' 'unsafe-eval' blob:; worker-src blob:; img-src 'self' data:; connect-src 'none'">\n`
  writeFileSync(
    join(folder, "playground.html"),
    page(
      "Gossip Girl: the playground",
      `<h1>The playground</h1><div id="playground"><noscript><p>It needs JavaScript.</p></noscript></div><script src="playground.js"></script>`,
      policy
    )
  )
  for (const [from = "", to = ""] of documents()) {
    const text = readFileSync(join(root, from), "utf8")
    const html = await marked.parse(text, { gfm: true })
    const title = /^# (.*)$/m.exec(text)?.[1] ?? "Gossip Girl"
    writeFileSync(
      join(folder, to),
      page(title.replaceAll(/[`*<>&]/g, ""), `<article>${relinked(html, from)}</article>`)
    )
  }
  for (const name of readdirSync(join(root, "docs"), { withFileTypes: true })) {
    if (name.isFile() && /\.(svg|png)$/.test(name.name)) cpSync(join(root, "docs", name.name), join(folder, name.name))
    if (name.isDirectory()) {
      cpSync(join(root, "docs", name.name), join(folder, name.name), {
        recursive: true,
        filter: (path) => !path.endsWith(".md")
      })
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = join(root, "dist", "site")
  await site(folder)
  console.log(`The site is in ${folder}: open playground.html or index.html in it, or serve it from anywhere.`)
}
