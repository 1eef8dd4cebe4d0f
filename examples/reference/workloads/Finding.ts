import * as Schema from "effect/Schema"
import * as Finding from "gossip-girl/workloads/Finding"

const twice = [{ value: 7, node: "n1", event: 12 }]

/** One finding for all that is wrong in the same way, with the first three as examples; none if nothing is. */
const findings = Finding.of(
  "lock",
  "held twice",
  "strict",
  twice,
  ({ event, node, value }): Finding.Example => Finding.example([node], { value }, [event])
)

const alone: Finding.Finding = Finding.once("lock", "never held", "strict")
const rules: Finding.Rules = alone.rules
console.log([...findings, alone].map(Finding.nameOf), rules, Finding.most) // lock: held twice, lock: never held
console.log(Schema.is(Finding.Finding)(alone), Schema.is(Finding.Example)({}), Schema.is(Finding.Rules)("strict"))
