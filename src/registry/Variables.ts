/**
 * The environment variables of executables, for people: what each is for, and what it is when it is not set.
 */
import { defaults as raft } from "../services/raft/Settings.ts"
import * as Disseminations from "./Disseminations.ts"
import { registry } from "./Registry.ts"

export interface Variable {
  readonly name: string
  readonly meaning: string
  readonly usual: string
}

const code = (text: string): string => `\`${text}\``

/** The values of a variable by which an executable chooses its program, and the words for what each means. */
const choice = (
  programs: Readonly<Record<string, unknown>>,
  variable: string,
  meanings: Readonly<Record<string, string>>,
  usual: string
): Variable => ({
  name: variable,
  meaning: Object.keys(programs).map((name) => {
    const meaning = meanings[name]
    return meaning === undefined ? code(name) : `${code(name)} (${meaning})`
  }).join(", "),
  usual
})

const time = (name: string, meaning: string, millis: number): Variable => ({ name, meaning, usual: `${millis} millis` })

/** All variables, in alphabetic order. */
export const variables: ReadonlyArray<Variable> = [
  {
    name: "CLIENT_TIMEOUT",
    meaning: "no reply is sent to a client later than this after its request",
    usual: "4900 millis"
  },
  {
    name: "COUNTER_STALENESS",
    meaning: "how old the sum may be that `g-counter-seq-kv` answers to a read",
    usual: "1 second"
  },
  {
    name: "DISK_FOLDER",
    meaning: "the folder in which a node keeps its journal",
    usual: "one of temporary files, for each run its own"
  },
  {
    name: "GOSSIP_ACKNOWLEDGE_WITHIN",
    meaning: "how long anyone but the hub waits for something that an acknowledgement can ride on",
    usual: "1500 millis of `star` and `relaxed` among five or more, else 3 seconds"
  },
  choice(registry.broadcast.programs, Disseminations.variable, {
    thrifty: "few messages, news takes a second",
    locked: "in cycles of the hub's pushes: fewer messages, and news takes less than a second",
    mesh: "many, one hop",
    relaxed: "few, and news takes less than a second",
    pull: "values are seen at once, and reads ask the hub",
    acknowledged: "and what is published is acknowledged when the hub has it",
    bounded: "`pull` for fewer messages, and values are seen a little later"
  }, "`star`, of counters `relaxed`"),
  {
    name: "GOSSIP_DURABILITY",
    meaning: "what outlives the nodes of Gossip: nothing (`none`), or all that they have said (`disk`)",
    usual: "`none`, with `--durable` `disk`"
  },
  { name: "GOSSIP_GAP", meaning: "how long a gap may stay open before it is asked for", usual: "400 millis" },
  {
    name: "GOSSIP_HUB_WAIT",
    meaning: "how long the hub waits for a leaf to ask, before it tells what is new",
    usual: "0 millis, of `pull`, `acknowledged` and `bounded` 1800 millis"
  },
  {
    name: "GOSSIP_HUB_WINDOW",
    meaning: "how often the hub of a star sends to a busy leaf, at the most",
    usual: "200 millis, of `locked` 380 millis, of `thrifty` 1600 millis"
  },
  {
    name: "GOSSIP_LEAF_WAIT",
    meaning: "how long what a leaf has made waits for company before the hub is told",
    usual: "0 millis, of `bounded` 110 millis"
  },
  {
    name: "GOSSIP_LEAF_WINDOW",
    meaning: "how often a busy leaf sends to the hub, at the most; in a mesh, any node to any other",
    usual: "50 millis, of `mesh`, `pull`, `acknowledged` and `bounded` 10 millis"
  },
  {
    name: "GOSSIP_LOCK_MARGIN",
    meaning: "how long before a push of the hub a leaf's message is to come; 0 if leaves do not heed pushes",
    usual: "0 millis, of `locked` and `thrifty` 5 millis"
  },
  {
    name: "GOSSIP_MAX_AGE",
    meaning: "how old a copy may be that is read without asking the hub",
    usual: "0 millis, of `bounded` 100 millis"
  },
  {
    name: "GOSSIP_PROBE_EVERY",
    meaning: "the longest time between two attempts to reach a node that is silent",
    usual: "1 second"
  },
  {
    name: "GOSSIP_ROUND_TRIP",
    meaning: "after how long without an answer a message counts as lost",
    usual: "1 second"
  },
  {
    name: "GOSSIP_SILENCE",
    meaning: "how long a node that starts says nothing to others, so that they are started too",
    usual: "100 millis"
  },
  {
    name: "GOSSIP_SNAPSHOT_AFTER",
    meaning: "how many bytes a journal of Gossip has at least when a snapshot takes its place",
    usual: "1048576"
  },
  choice(registry["unique-ids"].programs, "ID_GENERATOR", {
    flake: "time-ordered",
    random: "128 bits",
    central: "the oracle lin-tso"
  }, "`flake`"),
  {
    name: "KAFKA_COPIES",
    meaning: "how many nodes have a message when `kafka` acknowledges it: `one`, `two` or the `majority`",
    usual: "`one`"
  },
  { name: "KAFKA_LINGER", meaning: "how long `kafka-lin-kv` waits for company", usual: "5 millis" },
  { name: "KAFKA_POLL_LIMIT", meaning: "messages that a poll answers at the most", usual: "500" },
  { name: "KAFKA_REFRESH", meaning: "how old the copy may be that polls of `kafka-lin-kv` read", usual: "100 millis" },
  {
    name: "LIN_KV_TIMEOUT",
    meaning: "how long a request to `lin-kv` may take; after that the outcome is unknown",
    usual: "900 millis"
  },
  time("RAFT_ANSWER_WINDOW", "how long a leader gathers what others wait to hear of it", raft.answerWindow),
  time(
    "RAFT_APPEND_WINDOW",
    "how far apart a leader's dispatches are at least: messages with entries that it sends at the same time",
    raft.appendWindow
  ),
  { name: "RAFT_BATCH", meaning: "how many entries go into one message at the most", usual: String(raft.batch) },
  { name: "RAFT_CHUNK", meaning: "how many characters of a snapshot go into one message", usual: String(raft.chunk) },
  time(
    "RAFT_ELECTION_TIMEOUT",
    "a follower that hears no leader for so long seeks another one, at the earliest",
    raft.electionTimeout
  ),
  time("RAFT_GAP", "how long a gap in the log may stay open before it is told", raft.gap),
  time("RAFT_HEARTBEAT", "how often a leader says something at the least", raft.heartbeat),
  time(
    "RAFT_IDLE_WINDOW",
    "how long entries for a node that is not needed for a majority may wait for company, and then its answer",
    raft.idleWindow
  ),
  time(
    "RAFT_LEASE",
    "for how long a leader that a majority has heard answers reads without asking; 0 for never",
    raft.lease
  ),
  time(
    "RAFT_LONGEST_ELECTION_TIMEOUT",
    "by when a follower that hears no leader seeks another one",
    raft.longestElectionTimeout
  ),
  time("RAFT_REFUSE_AFTER", "how long a request waits while nobody leads, before it is refused", raft.refuseAfter),
  time("RAFT_REQUEST_WINDOW", "how often a server hands requests to the leader at the most", raft.requestWindow),
  time("RAFT_RETRY", "after how long at the earliest a message is repeated", raft.retry),
  {
    name: "RAFT_SILENCE",
    meaning: "how long a node without a journal says nothing when it starts",
    usual: "100 millis"
  },
  {
    name: "RAFT_SNAPSHOT_AFTER",
    meaning: "after how many entries a snapshot is taken, at the earliest",
    usual: String(raft.snapshotAfter)
  }
]
