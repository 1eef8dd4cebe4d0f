/**
 * Runs to report of, and what reports are made with.
 */
import { build } from "esbuild"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Assets } from "../../src/report/Html.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"

const root = join(import.meta.dirname, "..", "..")

/** The page's script and style, as the build bundles them. */
export const assets = async (): Promise<Assets> => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["bin/page/Page.ts", "bin/page/Page.css"],
    outdir: "dist",
    write: false,
    bundle: true,
    platform: "browser",
    target: "es2022",
    format: "iife"
  })
  const text = (extension: string): string => outputFiles.find(({ path }) => path.endsWith(extension))!.text
  return { script: text(".js"), style: text(".css") }
}

/** What is not said is as by default. */
export const run = (
  options: Pick<Simulation.Options, "workload" | "program"> & Partial<Simulation.Options>,
  more: Partial<Run.Run> = {}
): Run.Run => {
  const simulation = Simulation.run({ ...Simulation.defaults, journal: true, ...options })
  const messages = simulation.messages()
  return {
    title: options.workload.name,
    workload: options.workload.name,
    program: "a program",
    options: simulation.options,
    results: simulation.results(),
    history: simulation.history,
    ...messages && { messages },
    replay: "once more",
    ...more
  }
}

/** Debian's, or whatever the environment variable CHROMIUM names. */
export const chromium: string | undefined = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
].find((path): path is string => path !== undefined && existsSync(path))
