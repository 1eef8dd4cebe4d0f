/**
 * `gossip-girl analyze`: judges a run of a store once more, by other rules or with other settings of its workload.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Ending from "../../src/report/Ending.ts"
import * as Report from "../../src/report/TextReport.ts"
import * as Rejudgement from "../../src/simulator/Rejudgement.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import * as OwnWorkload from "./OwnWorkload.ts"
import * as Store from "./Store.ts"
import * as Usage from "./Usage.ts"

const handler = Effect.fnUntraced(
  function*({ folder, json, workload, ...flags }: Command.Command.Config.Infer<typeof flagsOfAnalyze>) {
    const stored = yield* Store.read(folder)
    const judge = yield* OwnWorkload.ofRun(stored.workload, workload)
    const options = yield* Flags.judgedOptions(judge, flags, stored.options)
    const run = Rejudgement.make(stored, judge, options)
    yield* Store.writeResults(folder, run)
    yield* Output.out(
      json
        ? Report.json([run])
        : `${Report.single(run, Output)}\n${Ending.line(run)}\n`
    )
    yield* Conclusion.conclude([run])
  }
)

const flagsOfAnalyze = {
  folder: Argument.String("folder").pipe(
    Argument.withDescription("Folder of the run; the last one in ./store, if it is not given"),
    Argument.withDefault("store/latest")
  ),
  workload: OwnWorkload.given,
  ...Flags.judged,
  json: Flags.json
}

export const analyzeCommand = Command.make("analyze", flagsOfAnalyze, handler).pipe(
  Command.withDescription("Judge a run of a store once more, by other rules; its results and report are written anew"),
  Command.withExamples([
    { command: `${Usage.self} analyze --rules strict`, description: "The last run, as strictly as can be" },
    { command: `${Usage.self} analyze store/echo/latest`, description: "The last run of a workload" },
    {
      command: `${Usage.self} analyze store/lock/latest -w ./LockWorkload.js`,
      description: "The last run of a workload of your own, judged by what its module says now"
    }
  ])
)
