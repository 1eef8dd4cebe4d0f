/**
 * `gossip-girl doc`: the protocols of the workloads, as they are declared.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { Entry } from "../../src/registry/Entry.ts"
import * as Registry from "../../src/registry/Registry.ts"
import * as Shape from "../../src/schema/Shape.ts"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"

/** The body of a message of that type. */
const body = (type: string, fields: string, header: string): string =>
  `{"type": ${JSON.stringify(type)}, ${[header, fields].filter((part) => part !== "").join(", ")}}`

/** The section of a workload, in Markdown. */
const section = (name: Registry.WorkloadName): string => {
  const { protocol, stricter }: Entry = Registry.registry[name]
  const requests = protocol.map((rpc) =>
    [
      `### ${rpc.type}`,
      "",
      "```",
      body(rpc.type, Shape.fields(rpc.requestSchema), '"msg_id": integer'),
      body(rpc.replyType, Shape.fields(rpc.replySchema), '"in_reply_to": integer'),
      "```",
      ""
    ].join("\n")
  )
  return [
    `## ${name}`,
    "",
    ...requests,
    ...stricter === undefined ? [] : [`Judged by strict rules alone: ${stricter}.`, ""]
  ].join("\n")
}

const flags = {
  workloads: Argument.String("workloads").pipe(
    Argument.withDescription("Which of them; all, if none is given"),
    Argument.variadic()
  )
}

export const docCommand = Command.make(
  "doc",
  flags,
  Effect.fnUntraced(function*({ workloads }: Command.Command.Config.Infer<typeof flags>) {
    const known: ReadonlyArray<string> = Registry.workloadNames
    const stranger = workloads.find((name) => !known.includes(name))
    if (stranger !== undefined) return yield* Usage.unknown("workload", stranger, known)
    const wanted = Registry.workloadNames.filter((name) => workloads.length === 0 || workloads.includes(name))
    yield* Output.out(`# Workloads\n\n${wanted.map(section).join("\n")}`)
  })
).pipe(
  Command.withDescription("Print the requests and replies of the workloads"),
  Command.withExamples([{ command: `${Usage.self} doc kafka`, description: "Those of one workload" }])
)
