/**
 * The package as a stranger gets it: packed, and unpacked in a folder that has nothing to do with this one. Packages that
 * it asks for are this project's own, so nothing is fetched.
 */
import { execFile, execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const root = join(import.meta.dirname, "../..")

const newest = (folder: string): number =>
  Math.max(
    ...readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile()).map((file) => statSync(join(file.parentPath, file.name)).mtimeMs)
  )

/** What stands in lib is made of what stands in src. */
const isCurrent = (): boolean =>
  existsSync(join(root, "lib")) && newest("lib") > Math.max(newest("src"), newest("bin/live"), newest("bin/testing"))

/** Where npm finds the commands that a project runs. */
const binaries = {
  "gossip-girl": "gossip-girl/dist/gossip-girl.js",
  tsc: "typescript/bin/tsc",
  vitest: "vitest/vitest.mjs"
}

export interface Packed {
  readonly tarball: string
  /** Makes a folder in which the package is installed. */
  readonly install: () => string
  readonly remove: () => void
}

export const pack = (): Packed => {
  if (!isCurrent()) execFileSync("npm", ["run", "library"], { cwd: root, stdio: "pipe" })
  const scratch = mkdtempSync(join(tmpdir(), "gossip-girl-"))
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch]
  const packed = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: "pipe" }))
  const tarball = join(scratch, Object.values<{ filename: string }>(packed)[0]!.filename) // it packs one
  let installed = 0
  return {
    tarball,
    install: () => {
      const folder = join(scratch, `project${installed++}`)
      const modules = join(folder, "node_modules")
      mkdirSync(join(modules, "gossip-girl"), { recursive: true })
      execFileSync("tar", ["xzf", tarball, "-C", join(modules, "gossip-girl"), "--strip-components", "1"])
      for (const name of ["effect", "@effect", "@nats-io", "@types", "typescript", "vitest"]) {
        symlinkSync(join(root, "node_modules", name), join(modules, name))
      }
      mkdirSync(join(modules, ".bin"))
      for (const [name, file] of Object.entries(binaries)) symlinkSync(join("..", file), join(modules, ".bin", name))
      return folder
    },
    remove: () => rmSync(scratch, { recursive: true, force: true })
  }
}

/** What a command writes to standard output, in that folder, as npm would run it. */
export const run = async (folder: string, command: string, env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const path = `${join(folder, "node_modules/.bin")}:${process.env["PATH"]}`
  const { stdout } = await promisify(execFile)("sh", ["-c", command], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", ...env, PATH: path },
    maxBuffer: 2 ** 28
  })
  return stdout
}

/** Copies a folder of this project into that one. */
export const copy = (name: string, folder: string): void => cpSync(join(root, name), folder, { recursive: true })
