import * as Finding from "gossip-girl/workloads/Finding"
import * as Kinds from "gossip-girl/workloads/Kinds"

/** What a checker can find, declared once. */
const kinds = Kinds.make("lock", {
  "held twice": { rules: "strict", means: "two owners at the same time", there: Kinds.nothing },
  "never held": { rules: "strict", means: "nobody ever got the lock", there: Kinds.nothing }
})

const twice = [{ first: "worker 0", second: "worker 1" }]
console.log(kinds.of("held twice", twice, (owners) => Finding.example([], owners)), kinds.once("never held"))
