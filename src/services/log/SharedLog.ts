/**
 * One log that all nodes share. What any node appends, every node executes, in the same order; so a program that does
 * nothing but what the log says is replicated. (Schneider, "Implementing Fault-Tolerant Services Using the State
 * Machine Approach", 1990; Balakrishnan et al., "Tango: Distributed Data Structures over a Shared Log", 2013.)
 *
 * A program knows this interface, and not the layer on which it runs. Every layer promises:
 *
 * - **One order.** There is one sequence of operations. Each node executes a prefix of it, one operation after the
 *   other, and never takes one back.
 * - **Real time.** The order agrees with real time: an append that succeeded before another one began comes first. A
 *   read sees every append that succeeded, anywhere, before the read began. So whatever the program answers is
 *   linearizable.
 * - **Exactly once.** An append that succeeds is in the log once, however often messages were repeated on the way.
 * - **Refusal is definite.** An append that fails with `TemporarilyUnavailable` (error 11) is not in the log, and never
 *   will be. A layer refuses nothing of which it cannot promise that.
 * - **Unknown outcome.** While a layer cannot know whether an operation is in the log, or will be, it says nothing. The
 *   append waits, and succeeds when the operation is executed here, though its client may wait no longer. When the node
 *   is killed before, the operation may still come into the log later, at most once.
 * - **Durability.** An operation whose append has succeeded stays in the log. The layer says what the log survives.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Json } from "../../schema/Json.ts"
import type * as ProtocolError from "../../schema/ProtocolError.ts"
import type { DiskFailed } from "../disk/Disk.ts"

/**
 * What executes the operations of a log, on each node. It must be deterministic: its state follows from the log alone.
 */
export interface StateMachine<A, S> {
  readonly operation: Schema.Codec<A, Json>
  /** Executes the next operation of the log. */
  readonly execute: (operation: A) => void
  readonly state: Schema.Codec<S, Json>
  /**
   * The state after all operations executed so far; a layer may keep it in their place. The layer encodes it before it
   * executes the next operation, so it may be the program's own.
   */
  readonly snapshot: () => S
  /** Replaces the state by this one, which is a snapshot that this node or another has taken. */
  readonly restore: (state: S) => void
}

export interface Options {
  /** How long an append may wait for others that come into the log together with it; by default not at all. */
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
  /** To be called once, before serving. Fails when the layer keeps the log on a disk, and the disk is damaged. */
  readonly join: <A, S>(machine: StateMachine<A, S>, options?: Options) => Effect.Effect<Log<A>, DiskFailed>
}>()("gossip-girl/SharedLog") {}
