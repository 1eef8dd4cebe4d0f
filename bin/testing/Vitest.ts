/**
 * Tests of a program in the simulated world, for `vitest`, with or without `@effect/vitest`.
 *
 *     import * as Simulated from "gossip-girl/vitest"
 *     import { UniqueIdsWorkload } from "gossip-girl/workloads/UniqueIdsWorkload"
 *     import { program } from "../src/Program.ts"
 *
 *     Simulated.valid("no id twice", {
 *       program,
 *       workload: UniqueIdsWorkload,
 *       nodeCount: 3,
 *       nemesis: ["partition", "kill"],
 *       seeds: 100
 *     })
 *
 * A test that fails says what was found, with which seed, what happened, and the command that runs just that once more.
 * `SEEDS=1000` in the environment has all such tests try so many seeds.
 */
import * as Effect from "effect/Effect"
import { relative } from "node:path"
import { it } from "vitest"
import * as Counterexample from "./Counterexample.ts"

export type Options = Counterexample.Options

/** How long such a test may take, in ms: on a busy machine a search for a small run takes a while. */
const timeout = 300_000

/** The environment variable with the flags of the one run to be made. */
const variable = "GOSSIP_GIRL_RUN"

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")

const wordsOf = (name: string, file: string): Counterexample.Words => ({
  title: name,
  replay: (flags) =>
    `${variable}=${quote(flags)} npx vitest run ${relative(process.cwd(), file)} -t ${quote(escape(name))}`
})

/** Its message says all, so that the place in the code where it was made is of no use to anybody. */
class Failure extends Error {
  constructor(name: "Invalid" | "NotFound", message: string) {
    super(message)
    this.name = name
    this.stack = `${name}: ${message}`
  }
}

const search = (name: string, file: string, options: Options) =>
  Effect.runPromise(Counterexample.find(options, wordsOf(name, file), process.env[variable]))

/** How many runs are made. */
const seedsOf = ({ seeds = 1 }: Options): number =>
  process.env[variable] === undefined ? Number(process.env["SEEDS"] ?? seeds) : 1

/** What would find more. */
const hint = "SEEDS=1000 in the environment tries 1000 seeds, and in a longer timeLimit more can go wrong"

const nothingIn = (runs: number): string => `nothing is found in ${runs} ${runs === 1 ? "run" : "runs"}.\n${hint}.`

const quoted = (kinds: ReadonlyArray<string>): string => kinds.map((kind) => `"${kind}"`).join(", ")

// oxlint-disable vitest/valid-title -- who calls these gives the title

/** A test that passes when no run of these is invalid. */
export const valid = (name: string, options: Options): void =>
  it(name, async ({ task }) => {
    const found = await search(name, task.file.filepath, { ...options, seeds: seedsOf(options) })
    if (found !== undefined) throw new Failure("Invalid", found.text)
  }, timeout)

/**
 * A test that passes when one of these runs is invalid: of a program that is wrong on purpose, which proves that the
 * workload finds it. With a `kind`, such as `lock: held twice`, that is what must be found.
 */
export const invalid = (name: string, { kind, ...options }: Options & { readonly kind?: string }): void =>
  it(name, async ({ task }) => {
    const seeds = seedsOf(options)
    const found = await search(name, task.file.filepath, { shrink: false, ...options, seeds })
    if (found === undefined) throw new Failure("NotFound", nothingIn(seeds))
    if (kind !== undefined && !found.kinds.includes(kind)) {
      throw new Failure("NotFound", `${quoted([kind])} is not found, but ${quoted(found.kinds)}:\n${found.text}`)
    }
  }, timeout)
