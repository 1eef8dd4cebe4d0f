import * as Schema from "effect/Schema"
import * as Options from "gossip-girl/simulator/Options"
import * as Setting from "gossip-girl/workloads/Setting"

// What flags of `gossip-girl simulate` say, as options, and back again.
const texts: Options.Texts = { "node-count": "5", rate: "100", nemesis: "partition,kill" }
const options = Options.fromTexts(Options.Simulated, texts)
for (const [field, text] of Options.toTexts(Options.Simulated, options, options.nodeCount)) {
  console.log(`--${field.flag} ${text}`)
}

// The same run with three nodes: what there is so many of for each node goes along.
const nodes = Setting.fieldsOf(Options.Simulated).find(({ flag }) => flag === "node-count")!
const stored: Options.Options = Options.change(Options.Simulated, options, nodes, 3)
console.log(Schema.is(Options.Options)(stored), stored.concurrency)

// `gossip-girl test` has those of Trial; settings of a workload have flags of their own.
console.log(Setting.usualOf(Options.Trial).rules, Options.maxSeed) // maelstrom
const settings = Schema.Struct({ keyCount: Setting.whole(1, 10, { help: "How many keys", usual: 5 }) })
console.log(Options.settingsFromTexts(settings, { "key-count": "2" }, 3)) // { keyCount: 2 }
