/**
 * How tests are run. Files share the workers' loaded modules, so a file must leave them as it found them.
 */
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** What takes longest, or waits for real time: first, so that no core is idle in the end. */
const first = [
  "Package",
  "nats/Nats",
  "SimulateCommand",
  "CommandLine",
  "simulator/Simulation",
  "Gossip.limits",
  "Judged",
  "page/Playground",
  "page/Page",
  "Lessons",
  "nats/Up",
  "Binaries",
  "RealCluster",
  "TestCommand",
  "nats/Campaign",
  "ReadMe",
  "wrong/Search",
  "Gossip.mutants",
  "Purity"
]

const rank = ({ moduleId }: TestSpecification): number => {
  const index = first.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return index === -1 ? first.length : index
}

class LongestFirst extends BaseSequencer {
  override sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return Promise.resolve(files.toSorted((a, b) => rank(a) - rank(b)))
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/bin/Build.ts",
    setupFiles: "effect/schema/SchemaJITCompiler/enable", // as in all that is built; test/Purity.test.ts compares both
    isolate: false,
    execArgv: ["--max-semi-space-size=64"], // most of what a simulation makes is soon garbage: a tenth less time
    maxWorkers: availableParallelism() + 1, // some tests wait for processes
    testTimeout: 300_000, // whatever takes longer hangs: no machine is that slow
    hookTimeout: 300_000,
    sequence: { sequencer: LongestFirst }
  }
})
