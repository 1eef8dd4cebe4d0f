/**
 * Lessons: a question, a run to begin with, and the verdict that the visitor has to bring about. Each has a solution,
 * so that the page can show it and a test can try it.
 */
import type { NodeId } from "../../src/schema/Address.ts"
import type { Deed } from "../../src/simulator/faults/Script.ts"
import type { Setup } from "./Setup.ts"

export interface Lesson {
  readonly title: string
  readonly question: string
  readonly setup: Setup
  /** The verdict that solves the lesson. */
  readonly goal: "valid" | "invalid"
  readonly solution: {
    readonly flags?: Readonly<Record<string, string>>
    readonly script?: ReadonlyArray<Deed>
    /** The passages of the program to replace. */
    readonly edits?: ReadonlyArray<readonly [find: string, replace: string]>
    /** The program to take instead. */
    readonly program?: string
  }
  readonly explanation: string
}

const lesson = (
  title: string,
  [workload, program, flags]: readonly [workload: string, program: string, flags?: Setup["flags"]],
  goal: Lesson["goal"],
  question: string,
  solution: Lesson["solution"],
  explanation: string
): Lesson => ({ title, question, setup: { workload, program, flags: flags ?? {} }, goal, solution, explanation })

/** These texts are names of nodes; to check that, the page would have to hold a library. */
const [n0, n1, n2] = ["n0", "n1", "n2"] as unknown as readonly [NodeId, NodeId, NodeId]

export const lessons: ReadonlyArray<Lesson> = [
  lesson(
    "An echo that is late",
    ["echo", "EchoLate", { "node-count": "1", concurrency: "3", "time-limit": "5", rate: "20" }],
    "valid",
    "Clients send a sentence to a node, and the node should send the same sentence back. This one does not always do "
      + "so. Look at the findings, then at the program: where does it keep the sentence while it waits? Make the verdict "
      + "valid by changing one line.",
    { edits: [["Effect.sync(() => ({ echo: last }))", "Effect.succeed({ echo })"]] },
    "All requests share the one variable `last`. While the first request waits, the second overwrites it, and both get "
      + "the second sentence. What belongs to one request has to stay with that request."
  ),
  lesson(
    "Ids from a counter",
    ["unique-ids", "IdsCounter", { "node-count": "3", "time-limit": "10", latency: "0" }],
    "invalid",
    "Each node counts, and puts its name before the number: no two ids are the same. What could happen to a node that "
      + "makes them the same? Choose a node and do it to her.",
    { script: [{ deed: "kill", at: 3000, node: n0 }, { deed: "start", at: 4000, node: n0 }] },
    "A node that is killed forgets how far it had counted, and begins at 1 once more. Memory is gone when a process "
      + "ends: an id must not depend on it alone."
  ),
  lesson(
    "Ids from a clock",
    ["unique-ids", "IdsClock", { "node-count": "3", "time-limit": "20", latency: "0", rate: "1000" }],
    "invalid",
    "The time of day never repeats, so a node that is killed does no harm here. Which fault does? Choose it among the "
      + "faults, and look for a seed.",
    { flags: { nemesis: "clock", "nemesis-interval": "1", seed: "0" } },
    "Clocks are set back: by hand, by a time server, after a leap second. An id made of the time can then come twice. "
      + "The program of this project remembers the latest time that it has used, and goes on from there."
  ),
  lesson(
    "A message told once",
    ["broadcast", "BroadcastOnce", { "node-count": "3", "time-limit": "10" }],
    "invalid",
    "Whatever a client tells a node, the node tells all others, once. As long as the network works, that is enough. Cut "
      + "a node off for a second, and heal the network again.",
    {
      script: [
        { deed: "cut", at: 3000, drops: { [n0]: [n1, n2], [n1]: [n0], [n2]: [n0] } },
        { deed: "heal", at: 5000 }
      ]
    },
    "A message that is sent into a cut link is gone, and nobody sends it again. When the network is whole again, some "
      + "node lacks a value for ever."
  ),
  lesson(
    "A message told until it is heard",
    [
      "broadcast",
      "BroadcastOnce",
      { "node-count": "3", "time-limit": "10", nemesis: "partition", "nemesis-interval": "2" }
    ],
    "valid",
    "The same program, and a network that is cut again and again. Change the program so that nothing is lost: ask "
      + "instead of sending, and ask again until the answer is there. (Or choose BroadcastRetry, which does so.)",
    { program: "BroadcastRetry" },
    "Only an answer proves that a message has arrived. Who asks until there is an answer loses nothing, whatever the "
      + "network does, as long as it is whole again in the end."
  ),
  lesson(
    "Who tells a newcomer?",
    ["broadcast", "BroadcastRetry", { "node-count": "3", "time-limit": "10" }],
    "invalid",
    "This program survives every cut. It does not survive that a node is killed and starts again: try it.",
    { script: [{ deed: "kill", at: 5000, node: n2 }, { deed: "start", at: 6000, node: n2 }] },
    "The others have told the node all they know, and it said that it had heard. Then it lost its memory, and nobody "
      + "tells it again. A node that starts must ask. The program of this project does: see Broadcast."
  ),
  lesson(
    "Counting twice",
    ["g-counter", "CounterTwice", { "node-count": "3", "time-limit": "10" }],
    "invalid",
    "Nodes tell each other what clients add, until it is heard. Let the network lose a fifth of all messages (loss 0.2). "
      + "Is the sum too small, or too large?",
    { flags: { loss: "0.2" } },
    "When the answer is lost, the node asks again, and the other adds once more. A message that may come twice must do "
      + "the same as if it came once: give each addition a name, and add only names that are new."
  ),
  lesson(
    "An addition that is lost",
    ["g-counter", "CounterLost", {
      "node-count": "3",
      "time-limit": "10",
      rate: "50",
      latency: "20",
      concurrency: "6"
    }],
    "valid",
    "The sum is kept in a store that answers at once and never lies. Still additions are lost. Mend it: the store can "
      + "update a value by a function.",
    {
      edits: [[
        "const sum = yield* read\n        yield* kv.write(Sum, { value: sum + delta, writers: {} })",
        "yield* kv.update(Sum, 0, (sum) => sum + delta)"
      ]]
    },
    "Between the read and the write of one node another node writes, and its addition is overwritten. A compare-and-set "
      + "writes only if nobody has written meanwhile; `update` repeats it until that is so."
  ),
  lesson(
    "Logs that know nothing of each other",
    ["kafka", "KafkaAlone", { "node-count": "2", "time-limit": "10", rate: "20" }],
    "valid",
    "Each node keeps a log for each key. With how many nodes is that right?",
    { flags: { "node-count": "1" } },
    "Two nodes give the same offset to different messages, and show different logs. There has to be one who decides the "
      + "order: a store, an owner for each key, or an agreement. See Kafka and KafkaSharedLog."
  ),
  lesson(
    "Transactions one by one",
    [
      "txn-list-append",
      "TxnOneByOne",
      { "node-count": "3", "time-limit": "5", rate: "2", latency: "5", concurrency: "1" }
    ],
    "invalid",
    "One client at a time, and the transactions look isolated. Let six clients work, and fifty operations a second.",
    { flags: { concurrency: "6", rate: "50" } },
    "Operations of different transactions get between each other: an append is lost, one transaction sees half of "
      + "another. A transaction has to take effect as a whole, at one moment. TxnListAppend puts it into a log."
  ),
  lesson(
    "Shouting writes",
    [
      "txn-rw-register",
      "TxnShout",
      { "node-count": "3", "time-limit": "10", rate: "20", latency: "50", concurrency: "6" }
    ],
    "valid",
    "Each node shouts each write as it happens. What one node ends with, another may not. Which program for this "
      + "workload gets it right?",
    { program: "star" },
    "Two writes of the same register cross each other on their way, and each node keeps the one that came last to it: "
      + "for ever different ones. TxnRwRegister gives each transaction a stamp, and the larger one wins everywhere."
  ),
  lesson(
    "A copy is always late",
    ["lin-kv", "LinKvCopies", { "node-count": "3", "time-limit": "10", rate: "50", concurrency: "6" }],
    "valid",
    "The first node decides all writes; the others answer reads from their copies. Make reads see every write that was "
      + "acknowledged before.",
    {
      edits: [[
        "Effect.suspend(() => {\n        const value = values.get(Json.canonical(key))",
        "Effect.suspend(() => {\n        if (node.id !== leader) return node.ask(leader, Read, { key })\n        const value = values.get(Json.canonical(key))"
      ], ["import { Cas, KvProtocol, Write }", "import { Cas, KvProtocol, Read, Write }"]]
    },
    "The write was acknowledged before the copies had heard of it, so a read of a copy shows the past. Reads have to ask "
      + "who decides, too. And if that node is cut off? Then somebody else must be chosen, by most of them: see LinKv."
  )
]

/** The setup that solves the lesson, whose program has this text at first. */
export const solved = ({ setup, solution }: Lesson, text: string): Setup => ({
  ...setup,
  program: solution.program ?? setup.program,
  flags: { ...setup.flags, ...solution.flags },
  ...solution.script && { script: solution.script },
  ...solution.edits && { source: solution.edits.reduce((text, [find, replace]) => text.replace(find, replace), text) }
})
