/**
 * Whether a server syncs what it acknowledges.
 *
 * A server writes before it acknowledges, but it syncs its files only every two minutes unless its settings say
 * `jetstream { sync_interval: always }`, which servers understand from {@link leastVersion} on. Without that, an
 * acknowledged write survives the end of any process, and the loss of one machine of three, but not that all machines
 * fail at once. Only the system account sees the settings of a server.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { NatsBus } from "./NatsBus.ts"

export const leastVersion = "2.10.0"

/** Whether a version is older than another one; each is numbers between dots. */
export const isOlder = (version: string, least: string): boolean => {
  const [a, b] = [version, least].map((text) => text.split(".").map((part) => Number.parseInt(part, 10) || 0))
  const at = a!.findIndex((part, i) => part !== b![i])
  return at !== -1 && a![at]! < (b![at] ?? 0)
}

/** How long the server may take to show its settings, in ms. It does not answer accounts that may not see them. */
const timeout = 500

const Settings = Schema.Struct({
  data: Schema.Struct({
    jetstream: Schema.Struct({ config: Schema.Struct({ sync_always: Schema.optionalKey(Schema.Boolean) }) })
  })
})
const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Settings))

const loss = "what it has acknowledged may be lost when all machines fail at once"

/** A warning, if there is anything to warn of. */
export const warning: Effect.Effect<string | undefined, never, NatsBus> = Effect.gen(function*() {
  const { connection } = yield* NatsBus
  const version = connection.info?.version ?? "0"
  if (isOlder(version, leastVersion)) {
    return `the NATS server is ${version}, which cannot sync every write (${leastVersion} can): ${loss}`
  }
  const answer = yield* Effect.option(
    Effect.tryPromise(() => connection.request("$SYS.REQ.SERVER.PING.VARZ", "", { timeout }))
  )
  const settings = Option.flatMap(answer, (message) => decode(message.string()))
  if (Option.isNone(settings)) {
    return `whether the NATS server syncs every write cannot be seen with this account; unless its settings say `
      + `jetstream { sync_interval: always }, ${loss}`
  }
  return settings.value.data.jetstream.config.sync_always === true
    ? undefined
    : `the NATS server does not sync every write: ${loss}; its settings should say jetstream { sync_interval: always }`
})
