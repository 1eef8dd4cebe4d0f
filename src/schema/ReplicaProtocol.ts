/**
 * What replicas say to each other: see Replica, which says what it is for. No message wants a reply.
 *
 * Names are short where they travel often: of a message to a node that has everything else, most are left out.
 */
import { memoize } from "effect/Function"
import * as Schema from "effect/Schema"
import { NodeId } from "./Address.ts"
import * as Rpc from "./Rpc.ts"
import { Encoded, Origin } from "./VersionVector.ts"

/**
 * One life of a node, such as `k2j4x0`. A later life that has kept all that it had said is `k2j4x0-1`, the one after that
 * `k2j4x0-2` and so on.
 */
export const Life = Schema.String.check(Schema.isPattern(/^[0-9a-z]{1,12}(-[1-9][0-9]{0,8})?$/)).pipe(
  Schema.brand("Life")
)
export type Life = typeof Life.Type

const partsOf = (life: Life): readonly [first: string, number: number] => {
  const [first, number = "0"] = life.split("-")
  return [first!, Number(number)]
}

/** The life that follows when nothing is forgotten. */
export const nextLife = (life: Life): Life => {
  const [first, number] = partsOf(life)
  return Life.make(`${first}-${number + 1}`)
}

/** Whether the one life has begun with all that the other had said. */
export const follows = (life: Life, other: Life): boolean => {
  const [[first, number], [otherFirst, otherNumber]] = [partsOf(life), partsOf(other)]
  return first === otherFirst && number > otherNumber
}

/** Whose operations those of this life are: those of the first of the lives that forget nothing. */
export const originOf = (node: NodeId, life: Life): Origin => Origin.make(`${node}.${partsOf(life)[0]}`)

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

/** A position in a log: how many operations come before. */
export const Position = Count

/** A log is that of a life, and of an epoch: a log that is begun anew from a snapshot counts from 0 again. */
const Log = [Life, Count] as const

/**
 * One operation, or `[item, n]`: so many of the same kind. `n ≥ 0` is an operation of the origin with that number, whose
 * content comes next in `ops`; `-1 - n` is one that the receiver has, or gets from elsewhere.
 */
export const Run = Schema.Union([Schema.Int, Schema.Tuple([Schema.Int, Positive])])
export type Run = typeof Run.Type

/** How far the log is had by so many nodes. */
export const Frontiers = Schema.Array(Schema.Tuple([Positive, Position]))
export type Frontiers = typeof Frontiers.Type

/**
 * - `life`, `epoch` (0 if left out): who speaks, and which log positions in `at` and `frontiers` are in.
 * - `hub`: through whom the sender distributes, in a star; the first of all nodes if left out.
 * - `young`: the sender has not heard from all others yet, so what it has does not count as confirmed.
 * - `own`, `ops`: the sender's own operations from this number on. All before were said, or are had; so is all that they
 *   depend on, by the life that `have` names.
 * - `at`, `of`, `ops`: its log from this position on. `names` are the origins that occur for the first time: they get the next numbers, in
 *   this order. `base` numbers all that occur before `at`, with how many operations of each there are before.
 * - `more`: there is more to come than this message has.
 * - `have`: up to where the sender has the receiver's log; `holds`: and up to where it holds more of it, without a gap.
 * - `got`: how many of the receiver's own operations it has.
 * - `ask`: please send what I lack, of what comes after `have`; with `vector`, after this, which is all that I have. It is
 *   the number of this life's question to the receiver, which answers each once.
 * - `answer`: this, with what came before it, is all that you asked for: to which of your lives, and how many former ones
 *   the sender has met. `vector` is all that it has.
 * - `early`: how many ms the last of your operations, of which I have `got`, came before this push.
 * - `read`: with this number, please send what I lack of what you have, once you have so many operations of mine.
 * - `fresh`: to which of your lives, and the number of the `read` that this, with what came before it, answers.
 * - `ping`: where do I stand? Answered at once by `pong`, with `have`, `holds` and `got`.
 * - `frontiers`: in the sender's log, where 0 is after all that was forgotten before the log began. `knows`: in the receiver's, as far as the sender was told.
 * - `offer`: what this life of you lacks is no longer in my log; fetch the snapshot of this number.
 *
 * For a schema of operations it is made and compiled once: all nodes of a simulation share it.
 */
export const gossip = memoize(<A>(operation: Schema.Codec<A, unknown>) =>
  Rpc.make("gossip", {
    request: {
      life: Life,
      epoch: Schema.optionalKey(Count),
      hub: Schema.optionalKey(NodeId),
      young: Schema.optionalKey(Schema.Boolean),
      own: Schema.optionalKey(Positive),
      at: Schema.optionalKey(Position),
      base: Schema.optionalKey(Schema.Array(Schema.Tuple([Origin, Count]))),
      names: Schema.optionalKey(Schema.Array(Origin)),
      of: Schema.optionalKey(Schema.Array(Run)),
      ops: Schema.optionalKey(Schema.Array(operation)),
      more: Schema.optionalKey(Schema.Boolean),
      have: Schema.optionalKey(Schema.Tuple([...Log, Position])),
      holds: Schema.optionalKey(Position),
      got: Schema.optionalKey(Count),
      ask: Schema.optionalKey(Positive),
      vector: Schema.optionalKey(Encoded),
      answer: Schema.optionalKey(Schema.Tuple([Life, Count])),
      early: Schema.optionalKey(Count),
      read: Schema.optionalKey(Schema.Tuple([Positive, Count])),
      fresh: Schema.optionalKey(Schema.Tuple([Life, Positive])),
      ping: Schema.optionalKey(Count),
      pong: Schema.optionalKey(Count),
      frontiers: Schema.optionalKey(Frontiers),
      knows: Schema.optionalKey(Frontiers),
      offer: Schema.optionalKey(Schema.Tuple([Life, Count]))
    }
  })
)

/** `to` is whose snapshot; `chunk` counts from 0. */
export const fetch = Rpc.make("gossip_fetch", {
  request: { life: Life, to: Life, snapshot: Count, chunk: Count }
})

/** What a snapshot is of. */
export const Head = Schema.Struct({
  epoch: Count,
  /** Where the snapshot ends in the sender's log. */
  end: Position,
  /** All that the sender has, in the order of its numbers, and how much of that is no longer in its log. */
  vector: Schema.Array(Schema.Tuple([Origin, Count, Count])),
  /** What is stable, as far as it knows. */
  stable: Encoded
})
export type Head = typeof Head.Type

/**
 * A part of a snapshot, in this order: the first has the head; then come, in parts, the operations that are not stable,
 * as `of` and `ops`, whose effect is in the state already; then the program's state. `last` is true of the last.
 */
export const part = <A, I, S, J>(operation: Schema.Codec<A, I>, state: Schema.Codec<S, J>) => ({
  head: Schema.optionalKey(Head),
  of: Schema.optionalKey(Schema.Array(Run)),
  ops: Schema.optionalKey(Schema.Array(operation)),
  state: Schema.optionalKey(Schema.Array(state)),
  last: Schema.optionalKey(Schema.Boolean)
})

export const chunk = <A, S>(operation: Schema.Codec<A, unknown>, state: Schema.Codec<S, unknown>) =>
  Rpc.make("gossip_chunk", {
    request: {
      life: Life,
      to: Life,
      snapshot: Count,
      chunk: Count,
      ...part(operation, state)
    }
  })

export type Gossip<A> = Rpc.Request<ReturnType<typeof gossip<A>>>
export type Fetch = Rpc.Request<typeof fetch>
/** A chunk without its address. */
export type Part<A, S> = Pick<Chunk<A, S>, keyof ReturnType<typeof part<A, unknown, S, unknown>>>
export type Chunk<A, S> = Rpc.Request<ReturnType<typeof chunk<A, S>>>
