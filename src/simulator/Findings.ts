/**
 * What is found against nodes and against a run as a whole, whatever the workload.
 */
import * as Kinds from "../workloads/finding/Kinds.ts"

const deaf = "its reader of that node's output throws, and hears nothing more of it"

export const node = Kinds.make("node", {
  exited: { rules: "maelstrom", means: "a process ended by itself", there: "fails when it stops that node" },
  crashed: {
    rules: "maelstrom",
    means: "a simulated node failed with a defect, which ends a process",
    there: "fails when it stops that node"
  },
  "sent to nobody": { rules: "maelstrom", means: "a message to an address that does not exist", there: deaf },
  "wrote what is no message": {
    rules: "maelstrom",
    means: "a line on standard output that is no message",
    there: deaf
  },
  "does not keep up": {
    rules: "maelstrom",
    means: "a node reads so slowly that the bench would have to keep too many messages for it",
    there: "keeps them all, as long as its memory lasts"
  },
  "did not answer": {
    rules: "maelstrom",
    means: "no good answer to `init`, or to what sets a node up",
    there: "breaks the run off"
  },
  "malformed reply": {
    rules: "strict",
    means: "a reply with a field too many, too few, or of the wrong type",
    there: "takes the outcome for unknown"
  },
  "spoke for another": {
    rules: "strict",
    means: "a message whose `src` is not the node that wrote it",
    there: "takes it for the other's, and lets it pass every cut if that is a client"
  },
  "ended no line": { rules: "strict", means: "what a node wrote last has no newline", there: "waits for the rest" },
  "misunderstood by a service": {
    rules: "strict",
    means: "a request that a service does not understand",
    there: "warns in its log"
  }
})

export const run = Kinds.make("run", {
  "not available": {
    rules: "maelstrom",
    means: "fewer operations were ok at once than `--availability` asks for",
    there: "`availability-checker`"
  },
  "never ok": {
    rules: "maelstrom",
    unknownBy: ["strict"],
    means: "of one kind of operation none was ever ok",
    there: "`stats`"
  },
  "over its limit": { rules: "strict", means: "a cost that a challenge forbids", there: "only fly.io's text says so" },
  deadlock: { rules: "strict", means: "nothing can happen any more in a simulated world", there: Kinds.nothing },
  livelock: { rules: "strict", means: "time stands still in a simulated world", there: Kinds.nothing }
})

export type NodeKind = keyof typeof node.kinds
