/**
 * The built command line, in a process of its own.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")
export const built = "dist/gossip-girl.js"

if (!existsSync(join(root, built))) spawnSync(process.execPath, ["bin/build.mjs"], { cwd: root })

const execute = (command: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) => {
  const { status, stderr, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...env }
  })
  return { status, stdout, stderr }
}
export const gossip = (...args: ReadonlyArray<string>) => execute(process.execPath, [built, ...args])
export const shell = (command: string, env?: NodeJS.ProcessEnv) => execute("sh", ["-c", command], env)
