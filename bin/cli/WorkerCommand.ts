/**
 * `gossip-girl worker`: makes the runs of campaigns that are dealt on NATS.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { availableParallelism } from "node:os"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Flags from "./Flags.ts"
import * as Nats from "./Nats.ts"
import * as Usage from "./Usage.ts"

const flags = {
  jobs: Flags.number(
    "jobs",
    Setting.whole(1, 1000, {
      help: "How many runs at a time",
      usual: availableParallelism(),
      usualText: "as many as there are cores"
    })
  ),
  ...Nats.flags
}

const handler = Effect.fnUntraced(function*({ cluster, jobs, nats }: Command.Command.Config.Infer<typeof flags>) {
  const { run } = yield* Effect.promise(() => import("../nats/NatsWorker.ts"))
  const url = Nats.urlOf(nats) ?? Nats.usualUrl
  return yield* Nats.unavailable(run({ url, cluster: Nats.clusterOf(cluster), jobs }))
})

export const workerCommand = Command.make("worker", flags, handler).pipe(
  Command.withDescription("Make runs for campaigns, which simulate --workers deals on NATS, until it is ended"),
  Command.withExamples([
    { command: `${Usage.self} worker --nats nats://nats:4222`, description: "On each machine that shall take part" },
    {
      command: `${Usage.self} simulate -w lin-kv --nemesis kill --seeds 1000000 --workers nats://nats:4222`,
      description: "The campaign, on one of them or another one"
    }
  ])
)
