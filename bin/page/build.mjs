// Bundles what brings reports to life in a browser: it stands as text in whatever writes reports.
import { build } from "esbuild"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

/** How scripts for a browser are bundled. */
export const forBrowser = /** @type {const} */ ({
  absWorkingDir: root,
  outdir: "dist",
  write: false,
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  format: "iife",
  logLevel: "warning"
})

/** The text of the script and of the style sheet. */
export const assets = async () => {
  const { outputFiles } = await build({ ...forBrowser, entryPoints: ["bin/page/Page.ts", "bin/page/Page.css"] })
  const text = (/** @type {string} */ extension) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? ""
  return { script: text(".js"), style: text(".css") }
}
