/**
 * Clients add to a counter and read it: each sum must be one that was possible when it was read.
 */
import type * as Schema from "effect/Schema"
import { CounterProtocol, Delta, GrowOnlyDelta } from "../../schema/CounterProtocol.ts"
import type { SeededRandom } from "../SeededRandom.ts"
import * as Workload from "../Workload.ts"
import * as CounterChecker from "./CounterChecker.ts"

const make = (name: string, schema: Schema.Codec<number>, growOnly: boolean) => {
  const [Add, Read] = CounterProtocol(schema)

  const add = (delta: number) =>
    Workload.invocation({
      f: "add",
      value: delta,
      rpc: Add,
      request: { delta },
      readOnly: false,
      result: () => delta
    })

  const read = Workload.invocation({
    f: "read",
    value: null,
    rpc: Read,
    request: {},
    readOnly: false, // Maelstrom's client does not say that a read changes nothing: after a timeout it is gone
    result: ({ value }) => value
  })

  const draw = (random: SeededRandom): Workload.Invocation => {
    if (random.chance(0.5)) return read
    const delta = random.below(10) - 5
    return growOnly && delta < 0 ? draw(random) : add(delta)
  }

  return Workload.configurable(name, { durable: Workload.durable }, ({ durable }) => ({
    generator: (random) => () => draw(random),
    byHand: [
      Workload.handmade(Add, () => ({ delta: 1 }), ({ delta }) => add(delta)),
      Workload.handmade(Read, () => ({}), () => read)
    ],
    final: () => [read],
    check: (history) => CounterChecker.check(history, { growOnly, memory: durable ? "durable" : "volatile" })
  }))
}

/** Like Maelstrom's: twice as many reads as adds, of 0 to 4. */
export const GCounterWorkload = make("g-counter", GrowOnlyDelta, true)

/** Like Maelstrom's: as many adds of -5 to 4 as reads, in any order. */
export const PnCounterWorkload = make("pn-counter", Delta, false)
