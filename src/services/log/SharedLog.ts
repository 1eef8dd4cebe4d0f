/**
 * One log that all nodes share. What any node appends, every node executes, in the same order; so a program that does
 * nothing but what the log says is replicated. (Schneider, "Implementing Fault-Tolerant Services Using the State Machine
 * Approach", 1990; Balakrishnan et al., "Tango: Distributed Data Structures over a Shared Log", 2013.)
 *
 * A program knows this interface alone. Which layer it runs on is for others to choose, and every layer promises:
 *
 * - **One order.** There is one sequence of operations. Each node executes a prefix of it, one operation after the other,
 *   and never takes one back.
 * - **Real time.** The order agrees with real time: an append that succeeded before another one began comes first. A read
 *   sees every append that succeeded, anywhere, before the read began. So whatever the program answers is linearizable.
 * - **Exactly once.** An append that succeeds is in the log once, however often messages were repeated on the way.
 * - **Refusal is definite.** An append that fails with `TemporarilyUnavailable` (error 11) is not in the log, and never
 *   will be. A layer may refuse only what it can promise that of.
 * - **Unknown outcome.** While a layer cannot know whether an append is in the log, or will be, it says nothing. The
 *   append waits, and succeeds once it is executed here, though its client may wait no longer. If its node dies before, the
 *   operation may still come into the log later, once, or never.
 * - **Durability**: what an append that succeeded has put into the log stays there for as long as the layer says.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Json } from "../../schema/Json.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"

/** What executes the operations of a log, on each node. It must be deterministic: the log is all that it goes by. */
export interface StateMachine<A, S> {
  readonly operation: Schema.Codec<A, Json>
  /** Executes the next operation of the log. */
  readonly execute: (operation: A) => void
  readonly state: Schema.Codec<S, Json>
  /**
   * All that has come of the operations executed so far; a layer may keep it in their place. It need not stay what it is
   * when the next operation is executed: a layer encodes it before.
   */
  readonly snapshot: () => S
  /** Takes this state in the place of its own: it is a snapshot of this node or of another. */
  readonly restore: (state: S) => void
}

export interface Options {
  /** How long an append may wait for others to share its way into the log. None, if nothing is said. */
  readonly linger?: Duration.Duration
}

export interface Log<A> {
  /**
   * Appends an operation. Succeeds with what `evaluate` makes of the state just before the operation is executed here.
   */
  readonly append: <B>(operation: A, evaluate: () => B) => Effect.Effect<B, ProtocolError.TemporarilyUnavailable>
  /** What `evaluate` makes of a state in which all is executed that was in the log when the read began, or more. */
  readonly read: <B>(evaluate: () => B) => Effect.Effect<B, ProtocolError.TemporarilyUnavailable>
}

export class SharedLog extends Context.Service<SharedLog, {
  /** To be called once, before serving. */
  readonly join: <A, S>(machine: StateMachine<A, S>, options?: Options) => Effect.Effect<Log<A>>
}>()("gossip-girl/SharedLog") {}
