/**
 * What the commands on NATS have in common. Their modules are loaded when they are needed, so that no other command
 * loads a client of NATS.
 */
import * as Flag from "effect/cli/Flag"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Flags from "./Flags.ts"

/** Why there is nothing to work with, in a line. */
export class Unavailable extends Data.TaggedError("Unavailable")<{ readonly message: string }> {}

/** All that goes wrong with servers says so in a line. */
export const unavailable = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.mapError(effect, ({ message }) => new Unavailable({ message: message.replaceAll(/\s+/g, " ") }))

export const flags = {
  nats: Flag.String("nats").pipe(
    Flags.describe("NATS servers, separated by commas", "url", undefined, "NATS_URL, or nats://127.0.0.1:4222")
  ),
  cluster: Flag.String("cluster").pipe(
    Flag.filter((name) => /^[-\w]+$/.test(name), () => "a name of letters, digits, - and _"),
    Flags.describe(
      "Name of the cluster: nodes, clients and services of one name reach each other",
      "name",
      undefined,
      "NATS_CLUSTER, or gossip-girl"
    )
  )
}

export const usualUrl = "nats://127.0.0.1:4222"
export const clusterOf = (given: string | undefined): string => given ?? process.env["NATS_CLUSTER"] ?? "gossip-girl"
export const urlOf = (given: string | undefined): string | undefined => given ?? process.env["NATS_URL"]
