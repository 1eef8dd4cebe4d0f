/**
 * How patient the servers are that agree on a log, and how much they let gather.
 */
import * as Config from "effect/Config"
import { millis } from "../Variable.ts"

/** All in ms, but for limits. */
export interface Settings {
  /** For how long a server that is new says nothing, so that all others are there when it does. */
  readonly silence: number
  /** A follower that has heard nothing from a leader for a time between these two seeks another one. */
  readonly electionTimeout: number
  readonly longestElectionTimeout: number
  /** A leader says something to everybody at least so often. */
  readonly heartbeat: number
  /**
   * For how long after a majority has heard from a leader, by its clock, it answers reads without asking whether it still
   * leads. It is shorter than the election timeout by more than clocks differ in speed. 0: it always asks.
   */
  readonly lease: number
  /** A server asks the leader at most so often; what its clients ask in between goes together. */
  readonly requestWindow: number
  /** How far apart a leader's dispatches are at least: see Replication. */
  readonly appendWindow: number
  /** For how long a leader gathers what it has to say to those who wait for it. */
  readonly answerWindow: number
  /** How long entries for whom nobody waits may wait for company, and then the answer. */
  readonly idleWindow: number
  /** How long what should have come in between may be late, before it counts as lost. */
  readonly gap: number
  /** The shortest time after which something that has not arrived is sent again. */
  readonly retry: number
  /** For how long nobody may lead, before requests that may still be refused are refused. */
  readonly refuseAfter: number
  /** How many operations or entries go into one message at the most. */
  readonly batch: number
  /** How many bytes of a snapshot's text go into one message. */
  readonly chunk: number
  /** After how many entries since the last one a snapshot is taken, at the earliest. */
  readonly snapshotAfter: number
}

const count = (name: string, fallback: number) => Config.Int(name).pipe(Config.withDefault(fallback))

export const defaults: Settings = {
  silence: 0,
  electionTimeout: 225,
  longestElectionTimeout: 325,
  heartbeat: 100,
  lease: 200,
  requestWindow: 20,
  appendWindow: 10,
  answerWindow: 0,
  idleWindow: 150,
  gap: 30,
  retry: 100,
  refuseAfter: 700,
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
