/**
 * A set of JSON values that only grows, each of them once; as the state of a program over Gossip.
 */
import * as Schema from "effect/Schema"
import * as Json from "../schema/Json.ts"
import type { State } from "../services/gossip/Gossip.ts"
import * as Parts from "../services/gossip/Parts.ts"

export interface JsonSet extends State<ReadonlyArray<Json.Json>> {
  readonly has: (value: Json.Json) => boolean
  readonly add: (value: Json.Json) => void
  /** All values, in the order in which they were added. */
  readonly all: () => ReadonlyArray<Json.Json>
}

export const make = (): JsonSet => {
  let values = new Map<string, Json.Json>()

  return {
    has: (value) => values.has(Json.canonical(value)),
    add: (value) => void values.set(Json.canonical(value), value),
    all: () => [...values.values()],
    part: Schema.Array(Json.Json),
    snapshot: () => Parts.first(values.values(), values.size),
    restore: () => {
      const others = new Map<string, Json.Json>()
      return {
        add: (part) => part.forEach((value) => others.set(Json.canonical(value), value)),
        install: () => {
          values = others
        }
      }
    }
  }
}
