/**
 * How runs are shown in the playground: the command that opens it, and its address where it has one.
 */
import type * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import { deflateRawSync } from "node:zlib"
import type * as Run from "../../src/simulator/Run.ts"
import * as Setup from "../site/Setup.ts"
import * as Usage from "./Usage.ts"

/** The environment variable with the address of a playground that is served somewhere, or `none` for no links at all. */
const variable = "PLAYGROUND_URL"

/** What stands behind the # of an address. As Setup.toFragment, but at once. */
export const fragment = (setup: Setup.Setup): string => deflateRawSync(Setup.toText(setup)).toString("base64url")

/** To go into the summary of a run. */
export const links = (setup: Setup.Setup): Pick<Run.Summary, "playground"> => {
  const base = process.env[variable] ?? ""
  if (base === "none") return {}
  const said = fragment(setup)
  const isAddress = /^(https?|file):/.test(base)
  return {
    playground: {
      command: `${Usage.self} play ${said}`,
      ...isAddress && { address: `${base.replace(/#.*/, "")}#${said}` }
    }
  }
}

/** The run that an address says. */
export const setupOf = (address: string): Effect.Effect<Setup.Setup, CliError.ValidationError> =>
  Setup.fromAddress(address).pipe(
    Effect.catch(() => Usage.wrong("that is no address of the playground: what says the run stands behind its #."))
  )
