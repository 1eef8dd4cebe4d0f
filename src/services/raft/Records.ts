/**
 * What a server writes to its journal, so that it is the same server when it starts again.
 *
 * First comes which server it is, and again at the beginning of each life. Then come its term, and for whom it has
 * voted in it; and the log, with how much of it was known to be committed.
 */
import { memoize } from "effect/Function"
import * as Schema from "effect/Schema"
import { Entry, type Index, ServerId, Snapshot, type Term } from "../../schema/RaftProtocol.ts"
import * as Log from "./Log.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export type Record<A> =
  | { readonly type: "life"; readonly server: ServerId; readonly life: number }
  | { readonly type: "term"; readonly term: Term; readonly vote: ServerId | null }
  /** These entries take the place of whatever came after this index before. */
  | {
    readonly type: "entries"
    readonly after: Index
    readonly entries: ReadonlyArray<Entry<A>>
    readonly commit: Index
  }
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }

export const Record = memoize(<A, I>(operation: Schema.Codec<A, I>) =>
  Schema.Union([
    Schema.Struct({ type: Schema.Literal("life"), server: ServerId, life: Count }),
    Schema.Struct({ type: Schema.Literal("term"), term: Count, vote: Schema.NullOr(ServerId) }),
    Schema.Struct({
      type: Schema.Literal("entries"),
      after: Count,
      entries: Schema.Array(Entry(operation)),
      commit: Count
    }),
    Schema.Struct({ type: Schema.Literal("snapshot"), snapshot: Snapshot })
  ])
)

/** What a server learns from its records. */
export interface Recovered<A> {
  readonly server: ServerId | undefined
  /** How many lives the server has had. */
  readonly lives: number
  readonly term: Term
  readonly vote: ServerId | undefined
  readonly log: Log.Log<A>
  readonly commit: Index
  readonly snapshot: Snapshot | undefined
}

export const recover = <A>(records: ReadonlyArray<Record<A>>): Recovered<A> => {
  let server: ServerId | undefined
  let lives = 0
  let term = 0
  let vote: ServerId | undefined
  let snapshot: Snapshot | undefined
  let log = Log.make<A>({ index: 0, term: 0 }, [], [])
  let commit = 0
  for (const record of records) {
    switch (record.type) {
      case "life":
        server = record.server
        lives = record.life
        break
      case "term":
        term = record.term
        vote = record.vote ?? undefined
        break
      case "entries":
        Log.replace(log, record.after, record.entries, 0)
        commit = Math.max(commit, record.commit)
        break
      case "snapshot":
        snapshot = record.snapshot
        log = Log.make(snapshot.position, snapshot.servers, [])
        commit = snapshot.position.index
    }
  }
  Log.synced(log, 0)
  return { server, lives, term, vote, log, commit: Math.min(commit, Log.lastIndex(log)), snapshot }
}
