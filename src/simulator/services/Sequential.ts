/**
 * seq-kv: a request that changes nothing may meet any of the last 32 states, one that does meets the newest.
 *
 * States are numbered. For each client the number that it has reached is kept, and each request is tried on a state
 * chosen at random between that number and the newest.
 * - If that changes nothing there, it is the answer, and the client has now reached that state. So a read may be stale,
 *   a `cas` may fail on a value long gone, and a write of what the key held *then* is acknowledged, changes nothing and
 *   leaves what the key holds *now*.
 * - If it does, the request is repeated on the newest state, whatever it does there. Even if it fails, this makes a new
 *   state, and the client has reached it.
 *
 * Only the last 32 states are kept, in a ring. When the chosen one is older, Maelstrom takes the one that has replaced
 * it in the ring but notes the older number for the client, which can thus see states in the wrong order: less than
 * sequential consistency. Probably an accident, but programs meet it there, so they meet it here. A store that gave
 * such a client the oldest state instead would show it nothing that this one cannot.
 *
 * No state is stored as a whole: each key keeps its versions, and the number of a state finds the one in force then.
 */
import * as Json from "../../schema/Json.ts"
import type { SeededRandom } from "../../workloads/SeededRandom.ts"
import * as Register from "./Register.ts"
import type { KeyValueRequest, Service } from "./Service.ts"

/** How many states are kept. */
export const window = 32

type Choice = (oldest: number, newest: number, random: SeededRandom) => number

/**
 * Which of the states that it may meet a request is tried on. Maelstrom's way is `any`; the others are worse, for those
 * whom chance might spare: the oldest, the oldest that is still kept, and either the oldest or the newest.
 */
export const choices = {
  any: (oldest, newest, random) => oldest + random.below(newest - oldest + 1),
  oldest: (oldest) => oldest,
  stalest: (oldest, newest) => Math.max(oldest, newest - window + 1),
  extreme: (oldest, newest, random) => random.chance(0.5) ? oldest : newest
} as const satisfies Record<string, Choice>

export type Name = keyof typeof choices
export const names = Object.keys(choices) as ReadonlyArray<Name> // they are all its keys

interface Version {
  /** The first state that has it. */
  readonly since: number
  readonly value: Json.Json
}

export const make = (random: SeededRandom, choice: Name = "any"): Service<KeyValueRequest> => {
  const choose: Choice = choices[choice]
  const versions = new Map<string, Array<Version>>()
  const reached = new Map<string, number>()
  let newest = 0

  /** The state that the ring holds where this one was put. */
  const inRing = (state: number): number => newest - ((newest - state) % window)

  const valueAt = (name: string, state: number): Register.Register =>
    versions.get(name)?.findLast(({ since }) => since <= state)?.value

  const append = (name: string, value: Json.Json): void => {
    const kept = versions.get(name) ?? []
    kept.push({ since: newest, value })
    // Every state that is left sees the second or a later one: the first is of no more use.
    while (kept[1] !== undefined && kept[1].since <= newest - window + 1) kept.shift()
    versions.set(name, kept)
  }

  return {
    handle: (client, request) => {
      const name = Json.canonical(request.key)
      const chosen = choose(reached.get(client) ?? 0, newest, random)
      const then = valueAt(name, inRing(chosen))
      const tried = Register.step(then, request)
      if (tried.writes === undefined || (then !== undefined && Json.equals(then, tried.writes))) {
        reached.set(client, chosen)
        return tried.reply
      }

      const { reply, writes } = Register.step(valueAt(name, newest), request)
      newest++
      if (writes !== undefined) append(name, writes)
      reached.set(client, newest)
      return reply
    }
  }
}
