/**
 * What LinKvChecker finds, in words: what was seen, what it should have been, and the operations that have no order.
 */
import type * as LinKvChecker from "../../workloads/lin-kv/LinKvChecker.ts"
import type { Tell } from "./Sentences.ts"
import { type About, list, objects, text } from "./Text.ts"

const second = (time: About[string] | undefined): string => (Number(time) / 1000).toFixed(3)

/** An operation's key and what it is about; of a `cas` that is from what to what. */
const parts = ({ value }: About) => {
  const [key, of] = list(value)
  const [from, to] = list(of)
  return { key, of, from, to }
}

const asked = (operation: About): string => {
  const { from, of, to } = parts(operation)
  if (operation["f"] === "read") return operation["outcome"] === "ok" ? `read ${text(of)}` : "read"
  return operation["f"] === "write" ? `write ${text(of)}` : `cas from ${text(from)} to ${text(to)}`
}

const ended = ({ code, end, outcome }: About): string => {
  if (outcome === "unknown") return "outcome unknown"
  const how = outcome === "ok"
    ? "ok"
    : code === 20
    ? "the key does not exist"
    : code === 22
    ? "another value"
    : "refused"
  return `to ${second(end)} s, ${how}`
}

const line = (operation: About): string =>
  `${String(operation["node"])}, process ${String(operation["process"])}: ${asked(operation)}, from ${
    second(operation["begin"])
  } s ${ended(operation)}`

/** What a client was answered. */
const answer = (operation: About): string => {
  const node = String(operation["node"])
  const key = text(parts(operation).key)
  const { from, of } = parts(operation)
  if (operation["outcome"] === "ok") {
    return operation["f"] === "read"
      ? `${node} answered ${text(of)} to a read of key ${key}`
      : `${node} acknowledged a ${asked(operation)} of key ${key}`
  }
  return operation["code"] === 20
    ? `${node} answered that key ${key} does not exist`
    : `${node} refused a ${asked(operation)} of key ${key}, as if the key did not hold ${text(from)}`
}

/** The values that the key may have held. */
const held = (possible: ReadonlyArray<About>): string => {
  const values = possible.flatMap((one) => "value" in one ? [text(one["value"])] : [])
  const ways = [
    ...values.length > 0 ? [`held ${values.join(" or ")}`] : [],
    ...values.length < possible.length ? ["did not exist"] : []
  ]
  return ways.length === 0 ? "held something else" : ways.join(" or ")
}

/** The operation that a wrong answer comes from. */
const origin = (operation: About | undefined, last: About): string => {
  if (operation === undefined) return ""
  const whose = `${String(operation["node"])}'s ${asked(operation)} at ${second(operation["begin"])} s`
  if (operation["outcome"] === "fail") return `; only an operation that was refused would have left that: ${whose}`
  return last["code"] === undefined ? `; the last to leave that was ${whose}` : ""
}

export const linKv: Readonly<Record<keyof typeof LinKvChecker.kinds.kinds, Tell>> = {
  "not linearizable": ({ about }) => {
    const [last] = objects([about["last"] ?? null])
    const [from] = objects([about["origin"] ?? null])
    const operations = objects(about["operations"])
    if (last === undefined) {
      return `no order of its ${String(about["count"])} operations explains what key ${text(about["key"])} held; `
        + "no small part of them shows it"
    }
    const expected = `the key ${held(objects(about["possible"]))} then`
    return [
      `${answer(last)} at ${second(last["end"])} s, but ${expected}${origin(from, last)}`,
      ...operations.length < 2
        ? []
        : ["  these operations have no order:", ...operations.map((one) => `  - ${line(one)}`)]
    ].join("\n")
  },
  undecided: ({ about }) =>
    `there are too many ways to order the ${String(about["count"])} operations of key ${text(about["key"])}`
}
