/**
 * `gossip-girl replay`: the run that an address of the playground says, with its faults made by hand and its changed
 * program.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Report from "../../src/report/TextReport.ts"
import type * as Run from "../../src/simulator/Run.ts"
import * as Recording from "../site/Recording.ts"
import * as Setup from "../site/Setup.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as Paths from "./Paths.ts"
import * as ReportFile from "./ReportFile.ts"
import * as Usage from "./Usage.ts"
import * as World from "./World.ts"

const handler = Effect.fnUntraced(
  function*({ address, json, report }: { address: string; json: boolean; report: string | undefined }) {
    const setup = yield* Setup.fromAddress(address).pipe(
      Effect.catch(() => Usage.wrong("that is no address of the playground: what says the run stands behind its #."))
    )
    const options = yield* Recording.optionsOf(setup).pipe(
      Effect.catchTag("NoProgram", ({ why }) => Usage.wrong(`the run of that address cannot be made: ${why}.`))
    )
    if (report !== undefined) yield* Paths.file("report", report)
    const simulation = yield* World.simulate(setup.workload, { ...options, journal: report !== undefined })
    const messages = simulation.messages()
    const run: Run.Run = {
      title: setup.workload,
      workload: setup.workload,
      program: setup.source === undefined ? setup.program : `${setup.program}, changed`,
      options,
      results: simulation.results(),
      replay: `${Usage.self} replay '${address}'`,
      history: simulation.history,
      ...messages && { messages }
    }
    yield* Output.out(json ? Report.json([run], {}) : Report.table([run], Output))
    if (report !== undefined) {
      const fileSystem = yield* FileSystem.FileSystem
      yield* fileSystem.writeFileString(report, ReportFile.of(run))
    }
    yield* Conclusion.conclude([run])
  }
)

export const replayCommand = Command.make(
  "replay",
  {
    address: Argument.String("address").pipe(
      Argument.withDescription("Address of the playground, or what stands behind its #")
    ),
    report: Flag.String("report").pipe(
      Flags.describe("Where to write the report of the run, one page of HTML", "file", undefined, "none")
    ),
    json: Flags.json
  },
  handler
).pipe(Command.withDescription("Make the run that an address of the playground says"))
