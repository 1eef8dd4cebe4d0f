/** Gossip as a list of modules for Patched: one that imports another comes after it. */
const replica = [
  "Queue",
  "Log",
  "Segment",
  "Hubs",
  "Lock",
  "Pace",
  "Question",
  "Trail",
  "Frontiers",
  "Incoming",
  "Outgoing",
  "Recovering",
  "Claims",
  "Freshness",
  "Link",
  "SnapshotSender",
  "SnapshotReceiver",
  "State",
  "Sending",
  "Snapshots",
  "Copies",
  "Suspicion",
  "Receiving",
  "Replica"
] as const

export type GossipModule =
  | `services/gossip/replica/${(typeof replica)[number]}`
  | "services/gossip/Rounds"
  | "services/gossip/Durable"
  | "services/gossip/Gossip"

export const gossipModules: ReadonlyArray<GossipModule> = [
  ...replica.map((name) => `services/gossip/replica/${name}` as const),
  "services/gossip/Rounds",
  "services/gossip/Durable",
  "services/gossip/Gossip"
]
