/**
 * What a replica writes down: enough to go on, when it starts again, as the replica that it was.
 *
 * First comes the life that writes, and again whenever another one begins; then, if there is one, a snapshot, in parts; then
 * every operation that was delivered after it, its own and those of others, in that order. That the program has recovered
 * is written when it has: before, the next life cannot know what was lost with an earlier disk.
 *
 * **Any beginning of the journal is a replica as it was at some moment**: the order is that of the log, of which any prefix
 * has, with an operation, all that it depends on; and the next operation that the replica makes has the next number. So it
 * does not matter where a crash cuts the journal off, if nobody has heard of what comes after: see Durable.
 */
import * as Schema from "effect/Schema"
import type { Json } from "../../schema/Json.ts"
import * as Protocol from "../../schema/ReplicaProtocol.ts"
import { Origin } from "../../schema/VersionVector.ts"
import * as SnapshotReceiver from "./replica/SnapshotReceiver.ts"
import type { Memory, Run } from "./replica/State.ts"

const Records = <A, S>(operation: Schema.Codec<A, unknown>, state: Schema.Codec<S, unknown>) =>
  Schema.Union([
    /** One after the other of this origin; or, if they are merged, all of them one with the last before. */
    Schema.Struct({
      origin: Origin,
      ops: Schema.Array(operation),
      isMerged: Schema.optionalKey(Schema.Literal(true))
    }),
    Schema.Struct({ life: Protocol.Life }),
    Schema.Struct({ recovered: Schema.Literal(true) }),
    Schema.Struct({ part: Schema.Struct(Protocol.part(operation, state)) })
  ])
export type Record<A, S> = ReturnType<typeof Records<A, S>>["Type"]

export const Record = <A, S>(operation: Schema.Codec<A, unknown>, state: Schema.Codec<S, unknown>) =>
  Records(operation, state) as Schema.Codec<Record<A, S>, Json> // what peers are sent is JSON

/** What the records come to. */
export interface Recovered<A, S> extends Memory<A, S> {
  readonly life: Protocol.Life
}

/** Undefined if there are none: the node has not lived before, or its disk is lost. `building` is for a snapshot's state. */
export const recover = <A, S>(
  records: ReadonlyArray<Record<A, S>>,
  building: () => SnapshotReceiver.Building<S>
): Recovered<A, S> | undefined => {
  let life: Protocol.Life | undefined
  let isRecovered = false
  let snapshot: SnapshotReceiver.Assembly<A, S> | undefined
  const runs: Array<Run<A>> = []
  for (const record of records) {
    if ("ops" in record) runs.push(record)
    else if ("life" in record) life = record.life
    else if ("recovered" in record) isRecovered = true
    else {
      snapshot ??= SnapshotReceiver.assemble(building())
      SnapshotReceiver.add(snapshot, record.part)
    }
  }
  return life === undefined ? undefined : { life, isRecovered, snapshot, runs }
}
