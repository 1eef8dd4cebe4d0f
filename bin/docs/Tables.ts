/**
 * The tables of the documents that follow from the registry.
 */
import * as Challenges from "../../src/registry/Challenges.ts"
import { checkers } from "../../src/registry/Checkers.ts"
import type { Entry } from "../../src/registry/Entry.ts"
import * as Registry from "../../src/registry/Registry.ts"
import { variables } from "../../src/registry/Variables.ts"
import * as Findings from "../../src/simulator/Findings.ts"
import * as Options from "../../src/simulator/Options.ts"
import * as Kinds from "../../src/workloads/finding/Kinds.ts"
import * as ConsistencyModel from "../../src/workloads/transactions/ConsistencyModel.ts"
import * as Flags from "../cli/Flags.ts"
import type { Generators } from "./Regions.ts"

const code = (text: string): string => `\`${text}\``

/** In the form that the formatter of this project leaves as it is. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((name, i) => Math.max(3, name.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
  const padded = (cells: ReadonlyArray<string>): string => line(cells.map((cell, i) => cell.padEnd(widths[i]!)))
  return [padded(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(padded)].join("\n")
}

const entries: ReadonlyArray<readonly [Registry.WorkloadName, Entry]> = Registry.workloadNames.map((name) =>
  [name, Registry.registry[name]] as const
)

const workloads = (): string =>
  table(
    ["workload", "requests", "stricter than Maelstrom"],
    entries.map(([name, { protocol, stricter }]) => [
      code(name),
      protocol.map(({ type }) => code(type)).join(", "),
      stricter ?? "-"
    ])
  )

/** The executables of a workload, each with the programs that it can run. */
const executablesOf = (workload: Registry.WorkloadName): ReadonlyMap<string, ReadonlyArray<string>> => {
  const executables = new Map<string, ReadonlyArray<string>>()
  for (const program of Registry.programNames(workload)) {
    const { name } = Registry.executable(workload, program)
    executables.set(name, [...executables.get(name) ?? [], program])
  }
  return executables
}

const programs = (): string =>
  table(
    ["workload", "executable", "`--program`", "chosen by"],
    entries.flatMap(([workload, { programs }]) =>
      [...executablesOf(workload)].map(([name, names]) => {
        const variable = programs[names[0]!]?.variable // an executable has a program
        return [
          code(workload),
          code(`dist/${name}.js`),
          names.map(code).join(", "),
          variable === undefined ? "-" : code(variable)
        ]
      })
    )
  )

const challenges = (): string =>
  table(
    ["run", "workload", "program", "options", "limits"],
    Challenges.challenges.map((challenge) => {
      const { id, limits = {}, workload } = challenge
      const flags = Flags.text(
        Registry.registry[workload].workload,
        Options.Simulated,
        Challenges.options(challenge, 0)
      ).trim()
      const below = [
        [limits.messagesPerOperation, "messages an operation"],
        [limits.medianLatency, "ms median latency"],
        [limits.maxLatency, "ms maximum latency"]
      ] as const
      return [
        id,
        code(workload),
        code(Challenges.subject(challenge).programName),
        code(flags),
        below.flatMap(([limit, what]) => limit === undefined ? [] : [`< ${limit} ${what}`]).join(", ") || "-"
      ]
    })
  )

const rulesOf = ({ rules, unknownBy = [] }: Kinds.Kind): string => {
  const by = rules === "either" ? "either, as the evidence is" : rules
  return unknownBy.length === 0 ? by : `${by}; unknown by ${unknownBy.join(" and ")}`
}

/** What speaks against transactions, and what Elle makes of it. */
const ofTransactions = (): ReadonlyArray<ReadonlyArray<string>> =>
  ConsistencyModel.anomalies.map((anomaly) => {
    const breaks = (forbids: typeof ConsistencyModel.forbids) =>
      ConsistencyModel.weakest(ConsistencyModel.names.filter((name) => forbids([name], anomaly))).map(code).join(", ")
    const elle = breaks(ConsistencyModel.elleForbids)
    return [
      "transactions",
      anomaly,
      elle === "" ? "strict" : "maelstrom where Elle knows enough, else strict",
      `breaks ${breaks(ConsistencyModel.forbids)}`,
      elle === "" ? Kinds.nothing : `Elle: breaks ${elle}`
    ]
  })

const findings = (): string =>
  table(
    ["of", "finding", "rules", "what was seen", "Maelstrom, or Jepsen for it"],
    [
      ...[Findings.node, Findings.run, ...checkers].flatMap(({ kinds, source }) =>
        Object.entries<Kinds.Kind>(kinds).map(([name, kind]) => [source, name, rulesOf(kind), kind.means, kind.there])
      ),
      ...ofTransactions()
    ]
  )

export const generators: Generators = {
  findings,
  workloads,
  programs,
  challenges,
  variables: () =>
    table(
      ["variable", "meaning", "if it is not set"],
      variables.map(({ meaning, name, usual }) => [code(name), meaning, usual])
    )
}
