/**
 * lww-kv: some replicas, of which each request meets a random one. Maelstrom means them to gossip, per key the last writer
 * winning; but with each request it merges one into another, and then goes on with the replicas that it had before. So
 * they never meet: what is written at one, the others never have. Who uses lww-kv has to live with that, so it is so here.
 *
 * As in Maelstrom, `cas` ignores `create_if_not_exists`.
 */
import * as Json from "../../schema/Json.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import * as Register from "./Register.ts"
import type { KeyValueRequest, Service } from "./Service.ts"

export const make = (random: SeededRandom, replicaCount = 2): Service<KeyValueRequest> => {
  const replicas = Array.from({ length: replicaCount }, () => new Map<string, Json.Json>())

  return {
    handle: (_client, request) => {
      const registers = random.pick(replicas)
      const name = Json.canonical(request.key)
      const { reply, writes } = Register.step(
        registers.get(name),
        request.type === "cas" ? { ...request, create_if_not_exists: false } : request
      )
      if (writes !== undefined) registers.set(name, writes)
      return reply
    }
  }
}
