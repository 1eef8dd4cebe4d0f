/**
 * The built command line, in a process of its own; and what its commands say to wrong arguments, in this one.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { spawn, spawnSync } from "node:child_process"
import { join } from "node:path"
import * as Usage from "../../bin/cli/Usage.ts"

export const root = join(import.meta.dirname, "../..")
export const built = "dist/gossip-girl.js"

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

/** Has this module run before all else in each of the processes. */
export const preload = (code: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`
})

/** Interrupts it while it works, as it shows on what it takes for a terminal. */
export const interrupted = (...args: ReadonlyArray<string>) => interruptedAt("", ...args)

/** Interrupts it when it shows this. */
export const interruptedAt = (
  shown: string,
  ...args: ReadonlyArray<string>
): Promise<{ code: number | null; stdout: string }> => {
  const env = { ...process.env, ...preload("process.stderr.isTTY = true") }
  const child = spawn(process.execPath, [built, ...args], { cwd: root, env })
  let isInterrupted = false
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    if (!isInterrupted && chunk.includes(shown)) isInterrupted = child.kill("SIGINT")
  })
  let stdout = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk
  })
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout })))
}

/** What is said to be wrong with a command's arguments: the line that the built one writes, without its name. */
export const complaint = <Name extends string, Input, Context, E, R>(
  command: Command.Command<Name, Input, Context, E, R>,
  args: string
) =>
  Command.runWith(command, { version: "", renderErrors: false })(args.split(" ")).pipe(
    Effect.flip,
    Effect.map((error) => CliError.isCliError(error) ? Usage.oneLine(error) : error),
    Effect.provide(NodeServices.layer)
  )
