/**
 * What a replica writes to its journal, so that the next life can go on as the same replica.
 *
 * The journal begins with the name of the life that writes it; each later life that goes on with the journal adds its
 * own. Then comes a snapshot in parts, if there is one, and then every operation that the replica delivered after the
 * snapshot, its own and those of others, in the order of delivery. One more record says that the program has recovered.
 * While it is missing, the next life cannot know what was lost with an earlier disk.
 *
 * **Any beginning of the journal is the replica as it was at some moment.** The journal has the order of the replica's
 * log, and any prefix of a log has, with each operation, all on which that depends. The next operation that the replica
 * makes gets the next number. So it does not matter where a crash cuts the journal off, as long as nobody has heard of
 * what comes after: Durable takes care of that.
 */
import * as Schema from "effect/Schema"
import type { Json } from "../../schema/Json.ts"
import * as Protocol from "../../schema/ReplicaProtocol.ts"
import { Origin } from "../../schema/VersionVector.ts"
import * as SnapshotReceiver from "./replica/SnapshotReceiver.ts"
import type { Memory, Run } from "./replica/State.ts"

const Records = <A, S>(operation: Schema.Codec<A, unknown>, state: Schema.Codec<S, unknown>) =>
  Schema.Union([
    /**
     * Operations of one origin, one after the other; if they are merged, all of them are one with the operation before.
     */
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

/** What a life learns from the records. */
export interface Recovered<A, S> extends Memory<A, S> {
  readonly life: Protocol.Life
}

/**
 * Undefined if there are no records: the node has not lived before, or its disk is lost. `building` begins the state
 * that a snapshot brings.
 */
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
