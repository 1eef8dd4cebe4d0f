/**
 * How long the servers that agree on a log wait for what, and how much they gather.
 */
import * as Config from "effect/Config"
import { millis } from "../Variable.ts"

/** Times in ms, and limits. */
export interface Settings {
  /** For how long a new server says nothing, so that all others have started when it speaks. */
  readonly silence: number
  /** A follower that has heard nothing from a leader for a time that chance draws between these two seeks to lead. */
  readonly electionTimeout: number
  readonly longestElectionTimeout: number
  /** A leader sends every other server something at least once in this time. */
  readonly heartbeat: number
  /**
   * For how long, by its own clock, a leader that a majority has answered answers reads without asking whether it still
   * leads. The lease is shorter than the election timeout by more than clocks differ in speed. 0: the leader always
   * asks.
   */
  readonly lease: number
  /** The least time between two requests of a server to the leader; what its clients ask in between goes together. */
  readonly requestWindow: number
  /** How far apart a leader's dispatches are at least: see Replication. */
  readonly appendWindow: number
  /** For how long a leader gathers what it has to tell a server that waits for it. */
  readonly answerWindow: number
  /**
   * For how long a leader gathers entries for a server whose clients wait for none of them, and for how long that
   * server may hold back its answer.
   */
  readonly idleWindow: number
  /** How long a server waits for what is missing between two messages, before it takes that for lost. */
  readonly gap: number
  /** The shortest time after which a server sends again what has not arrived. */
  readonly retry: number
  /**
   * For how long a request waits while nobody leads, before a node refuses it, if it still may. A leader that has not heard
   * from a majority for so long no longer leads; and so often it tries to reach a follower without its detour.
   */
  readonly refuseAfter: number
  /** How many operations or entries one message has at the most. */
  readonly batch: number
  /** How many characters of a snapshot's text go into one message. */
  readonly chunk: number
  /** How many entries at least come between two snapshots. */
  readonly snapshotAfter: number
}

const count = (name: string, fallback: number) => Config.Int(name).pipe(Config.withDefault(fallback))

export const defaults: Settings = {
  silence: 0,
  electionTimeout: 300,
  longestElectionTimeout: 420,
  heartbeat: 145,
  lease: 265,
  requestWindow: 20,
  appendWindow: 15,
  answerWindow: 0,
  idleWindow: 150,
  gap: 30,
  retry: 100,
  refuseAfter: 1000,
  batch: 1000,
  chunk: 65_536,
  snapshotAfter: 10_000
}

/** Environment variables such as `RAFT_HEARTBEAT="50 millis"`. */
export const config: Config.Config<Settings> = Config.all({
  silence: millis("RAFT_SILENCE", defaults.silence),
  electionTimeout: millis("RAFT_ELECTION_TIMEOUT", defaults.electionTimeout),
  longestElectionTimeout: millis("RAFT_LONGEST_ELECTION_TIMEOUT", defaults.longestElectionTimeout),
  heartbeat: millis("RAFT_HEARTBEAT", defaults.heartbeat),
  lease: millis("RAFT_LEASE", defaults.lease),
  requestWindow: millis("RAFT_REQUEST_WINDOW", defaults.requestWindow),
  appendWindow: millis("RAFT_APPEND_WINDOW", defaults.appendWindow),
  answerWindow: millis("RAFT_ANSWER_WINDOW", defaults.answerWindow),
  idleWindow: millis("RAFT_IDLE_WINDOW", defaults.idleWindow),
  gap: millis("RAFT_GAP", defaults.gap),
  retry: millis("RAFT_RETRY", defaults.retry),
  refuseAfter: millis("RAFT_REFUSE_AFTER", defaults.refuseAfter),
  batch: count("RAFT_BATCH", defaults.batch),
  chunk: count("RAFT_CHUNK", defaults.chunk),
  snapshotAfter: count("RAFT_SNAPSHOT_AFTER", defaults.snapshotAfter)
})
