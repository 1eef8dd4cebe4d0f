import type { ClientId } from "../../src/schema/Address.ts"
import * as SeededRandom from "../../src/workloads/SeededRandom.ts"
import type { Invocation, Workload } from "../../src/workloads/Workload.ts"

/** The operations of a workload, one after the other, as a crew of one worker draws them. */
export const drawing = (workload: Workload, seed: number): (client: ClientId) => Invocation => {
  const next = workload.generator(SeededRandom.make(seed), { nodeCount: 1, workers: 1 })
  return (client) => next(client, 0)
}
