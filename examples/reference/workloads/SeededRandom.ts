import * as SeededRandom from "gossip-girl/workloads/SeededRandom"

const random = SeededRandom.make(42) // the same seed gives the same numbers
console.log(random.below(10), random.chance(0.5), random.pick(["a", "b"]), random.shuffle([1, 2, 3]))
const faults: SeededRandom.SeededRandom = random.fork("faults") // a stream of its own
console.log(faults.below(10))
