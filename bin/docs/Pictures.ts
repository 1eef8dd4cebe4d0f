/**
 * The pictures of the documents, each a few moments of a run that anybody can make once more.
 */
import * as Struct from "effect/Struct"
import * as Registry from "../../src/registry/Registry.ts"
import type * as SpaceTime from "../../src/report/SpaceTime.ts"
import * as Simulation from "../../src/simulator/Simulation.ts"
import * as Diagram from "./Diagram.ts"

interface Picture {
  readonly title: string
  readonly workload: Registry.WorkloadName
  readonly program?: string
  /** Those that are not as usual; times are in ms. */
  readonly options: Partial<Simulation.Options>
  readonly range: SpaceTime.Range
}

const pictures: Readonly<Record<string, Picture>> = {
  partition: {
    title: "A partition cuts n0 off from the others. When it ends, everybody gets what they have missed.",
    workload: "broadcast",
    options: {
      nodeCount: 4,
      concurrency: 4,
      rate: 8,
      timeLimit: 6000,
      latency: { mean: 60, dist: "uniform" },
      nemesis: ["partition"],
      nemesisInterval: 1200,
      seed: 13
    },
    range: { from: 550, to: 2750 }
  },
  "unique-ids": {
    title: "Nodes make ids without a word to each other, so a partition does not matter to them.",
    workload: "unique-ids",
    options: {
      nodeCount: 3,
      concurrency: 3,
      rate: 25,
      timeLimit: 1000,
      nemesis: ["partition"],
      nemesisInterval: 400,
      seed: 2
    },
    range: { from: 0, to: 400 }
  },
  broadcast: {
    title: "Broadcast without faults: leaves tell the hub, n0, and the hub tells the leaves, many values at a time.",
    workload: "broadcast",
    options: {
      nodeCount: 5,
      concurrency: 5,
      rate: 30,
      timeLimit: 3000,
      latency: { mean: 40, dist: "uniform" },
      seed: 1
    },
    range: { from: 1000, to: 1900 }
  },
  "g-counter": {
    title: "A counter in seq-kv: adds that come together share an update, and a node reads the keys of the others.",
    workload: "g-counter",
    program: "seq-kv",
    options: {
      nodeCount: 3,
      concurrency: 3,
      rate: 12,
      timeLimit: 3000,
      latency: { mean: 20, dist: "uniform" },
      seed: 3
    },
    range: { from: 0, to: 700 }
  },
  kafka: {
    title: "Kafka: a send is acknowledged at once, and a poll shows a message when every node has it.",
    workload: "kafka",
    options: {
      nodeCount: 3,
      concurrency: 3,
      rate: 12,
      timeLimit: 4000,
      latency: { mean: 30, dist: "uniform" },
      seed: 0
    },
    range: { from: 600, to: 2000 }
  },
  "txn-rw-register": {
    title: "Transactions are executed at once, where they are asked; their writes travel together.",
    workload: "txn-rw-register",
    options: {
      nodeCount: 2,
      concurrency: 2,
      rate: 10,
      timeLimit: 4000,
      latency: { mean: 50, dist: "uniform" },
      seed: 1
    },
    range: { from: 500, to: 2000 }
  },
  "lin-kv": {
    title:
      "lin-kv over Raft: nodes hand requests to the leader, which sends entries to all and hears when they are safe.",
    workload: "lin-kv",
    program: "raft",
    options: {
      nodeCount: 3,
      concurrency: 3,
      rate: 20,
      timeLimit: 3000,
      latency: { mean: 10, dist: "uniform" },
      seed: 1
    },
    range: { from: 1000, to: 1300 }
  },
  "shared-log": {
    title:
      "A transaction through the shared log: its node appends an entry by compare-and-set, and reads what it lacks.",
    workload: "txn-list-append",
    options: {
      nodeCount: 2,
      concurrency: 2,
      rate: 10,
      timeLimit: 4000,
      latency: { mean: 10, dist: "uniform" },
      seed: 1
    },
    range: { from: 500, to: 1000 }
  }
}

const svg = ({ options, program, range, title, workload }: Picture): string => {
  const subject = Registry.find(workload, program)
  if (subject === undefined) throw new Error(`${workload} has no program ${program}`)
  const simulation = Simulation.run({
    ...Simulation.defaults,
    ...options,
    workload: subject.workload,
    program: subject.program,
    journal: true
  })
  const messages = simulation.messages()
  return Diagram.draw(
    {
      title,
      workload,
      program: subject.programName,
      options: Struct.omit(simulation.options, ["program", "workload"]),
      results: simulation.results(),
      replay: "",
      history: simulation.history,
      ...messages && { messages }
    },
    range,
    title
  )
}

/** By name, each as the text of an SVG file. */
export const all = (): ReadonlyArray<readonly [name: string, svg: string]> =>
  Object.entries(pictures).map(([name, picture]) => [name, svg(picture)])

/** How a document shows one, which stands in docs or in the folder above it. */
export const show = (name: string, folder = ""): string => {
  const picture = pictures[name]
  if (picture === undefined) {
    throw new Error(`there is no picture ${name}: there is ${Object.keys(pictures).join(", ")}`)
  }
  return `![${picture.title}](${folder === "" ? "" : `${folder}/`}pictures/${name}.svg)`
}
