import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as History from "gossip-girl/workloads/History"

const invoke: History.Event = { index: 0, time: 1, process: 0, type: "invoke", f: "read", value: null }
const failure: History.Failure = { _tag: "NoReply" }
const end: History.Event = { ...invoke, index: 1, time: 5001, type: "info", error: failure }
const history: History.History = [invoke, end]
console.log(History.elapsed(invoke, end)) // 5000 ms

const text = History.toText(history)
const back = History.fromLines([...History.lines(history)])
console.log(text, Result.isSuccess(back))
console.log(Schema.is(History.Event)(invoke), Schema.is(History.Failure)(failure)) // true, true
