import { Echo } from "gossip-girl/programs/Echo"
import * as Shrink from "gossip-girl/simulator/Shrink"
import * as Simulation from "gossip-girl/simulator/Simulation"
import { EchoWorkload } from "gossip-girl/workloads/EchoWorkload"

/** From a run that is invalid to the smallest that is invalid in the same way. */
export const smallest = (options: Simulation.Options): Simulation.Options => {
  console.log(Simulation.run(options).results().findings.map(Shrink.kindOf))
  let progress: Shrink.Progress = { runs: 0, options }
  const steps = Shrink.shrink(options, Shrink.defaultBudget)
  for (;;) {
    const step = steps.next()
    const found: Shrink.Shrunk | undefined = step.done === true ? step.value : undefined
    if (step.done === true) return found?.options ?? progress.options
    progress = step.value
  }
}

export const example = smallest({
  ...Simulation.defaults,
  workload: EchoWorkload,
  program: Echo,
  nodeCount: 3,
  concurrency: 3,
  loss: 0.5,
  availability: 1
})
