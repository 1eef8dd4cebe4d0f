/**
 * lww-kv: some replicas, of which each request meets a random one. Per key the last writer wins.
 *
 * A write is stamped with its replica's own count of writes, so the last writer is the one at the busier replica, not
 * the later one: an acknowledged write vanishes when it meets one with a larger stamp. Of equal stamps the one that is
 * being copied wins.
 *
 * Replicas meet only when there are requests: with each, a random one is copied into another random one. As in
 * Maelstrom, that is without effect when the one copied into is also the one that answers: it does so from the state
 * that it had before, and keeps what comes of that. So with two replicas one request in four spreads anything.
 *
 * As in Maelstrom, `cas` ignores `create_if_not_exists`.
 */
import * as Json from "../../schema/Json.ts"
import type { SeededRandom } from "../SeededRandom.ts"
import * as Register from "./Register.ts"
import type { KeyValueRequest, Service } from "./Service.ts"

interface Stamped {
  readonly stamp: number
  readonly value: Json.Json
}

interface Replica {
  clock: number
  readonly registers: Map<string, Stamped>
}

const copy = (from: Replica, into: Replica): void => {
  for (const [name, register] of from.registers) {
    const present = into.registers.get(name)
    if (present === undefined || present.stamp <= register.stamp) into.registers.set(name, register)
  }
  into.clock = Math.max(into.clock, from.clock)
}

export const make = (random: SeededRandom, replicaCount = 2): Service<KeyValueRequest> => {
  const replicas = Array.from({ length: replicaCount }, (): Replica => ({ clock: 0, registers: new Map() }))

  return {
    handle: (_client, request) => {
      const from = random.pick(replicas)
      const into = random.pick(replicas)
      const answering = random.pick(replicas)
      if (into !== answering) copy(from, into)

      const name = Json.canonical(request.key)
      const { reply, writes } = Register.step(
        answering.registers.get(name)?.value,
        request.type === "cas" ? { ...request, create_if_not_exists: false } : request
      )
      if (writes !== undefined) answering.registers.set(name, { stamp: answering.clock++, value: writes })
      return reply
    }
  }
}
