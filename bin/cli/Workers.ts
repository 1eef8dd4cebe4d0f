/**
 * Workers of a campaign on any machine, whose modules are loaded when they are needed.
 */
import * as Effect from "effect/Effect"
import * as Campaign from "./Campaign.ts"
import * as Nats from "./Nats.ts"
import type * as Threads from "./Threads.ts"

/** Makes the runs by the workers at these servers. */
export const run = Effect.fnUntraced(function*(
  campaign: Campaign.Seeds & { readonly runs: Array<Threads.Done> },
  url: string
) {
  const { start } = yield* Effect.promise(() => import("../nats/NatsCampaign.ts"))
  const workers = Nats.unavailable(start(campaign, { url, cluster: Nats.clusterOf(undefined) }))
  yield* Campaign.run({ ...campaign, workers })
})
