/**
 * What is found against nodes and against a run as a whole, in words; and by the checkers of a few lines.
 */
import type { Json } from "../../schema/Json.ts"
import type * as Findings from "../../simulator/Findings.ts"
import type * as EchoWorkload from "../../workloads/echo/EchoWorkload.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"
import type { Failure } from "../../workloads/history/History.ts"
import type * as UniqueIdsWorkload from "../../workloads/unique-ids/UniqueIdsWorkload.ts"
import * as Failures from "./Failures.ts"
import type { Tell } from "./Sentences.ts"
import { type About, at, atSecond, list, objects, printable, seconds, text } from "./Text.ts"

// The events of a history are where it comes from.
const failureOf = (about: About): Failure | undefined => about["failure"] as unknown as Failure | undefined

const withFailures = (sentence: string, about: About): string =>
  [sentence, Failures.failures(about["failures"])].filter((part) => part !== "").join(": ")

const figures: Readonly<Record<string, string>> = {
  messagesPerOperation: "messages an operation",
  medianLatency: "median latency in ms",
  maxLatency: "maximum latency in ms"
}

export const run: Readonly<Record<keyof typeof Findings.run.kinds, Tell>> = {
  "not available": ({ about }) =>
    withFailures(`${String(about["failed"])} of ${String(about["count"])} operations were not ok`, about),
  "never ok": ({ about }) => withFailures(`no ${String(about["f"])} was ever ok`, about),
  "over its limit": ({ about: { figure, limit, value } }) =>
    `${figures[String(figure)] ?? String(figure)}: ${Math.round(Number(value) * 1000) / 1000}, not below ${
      String(limit)
    }`,
  deadlock: ({ about }) => `nothing can happen any more, ${at(about["time"])}`,
  livelock: ({ about }) => `time stands still, ${at(about["time"])}`
}

/** The last lines that a real process wrote to a stream. */
const lastLines = (lines: Json | undefined, stream: string, nothing: string): string =>
  lines === undefined
    ? ""
    : list(lines).length === 0
    ? `\nit wrote ${nothing} to ${stream}`
    : [`\nthe last that it wrote to ${stream}:`, ...list(lines).map((line) => `\n  ${printable(String(line))}`)].join(
      ""
    )

/** What a real process wrote last. */
const said = ({ stderr, stdout, unended }: About): string =>
  [
    lastLines(stdout, "standard output", unended === undefined ? "nothing" : "no whole line"),
    unended === undefined
      ? ""
      : `\nit wrote this to standard output without a newline, so it is no message yet:\n  ${
        printable(String(unended))
      }`,
    lastLines(stderr, "standard error", "nothing")
  ].join("")

const ended = (about: About): string =>
  about["signal"] !== undefined
    ? `was killed by ${String(about["signal"])}`
    : about["code"] !== undefined
    ? `exited with code ${String(about["code"])}`
    : "exited"

const advices: Readonly<Record<string, string>> = {
  blank: "each message ends with one newline, and nothing stands between it and the next",
  torn: "write each message at once, as one line, one thread at a time",
  text: "standard output is for messages alone: write logs to standard error"
}

/** What to do about a line that is no message. */
const advice = (form: Json | undefined): string => {
  const found = advices[String(form)]
  return found === undefined ? "" : `\n${found}`
}

/** What to do about a node of which nothing was ever heard. */
const flushing = ({ stdout, unended }: About): string =>
  stdout !== undefined && list(stdout).length === 0 && unended === undefined
    ? "\nif it has answered, its answer waits in a buffer: flush standard output after each message"
    : ""

const against = (tell: (about: About) => string): Tell => ({ about, nodes }) =>
  `${nodes[0]} ${tell(about)}${said(about)}`

export const node: Readonly<Record<Findings.NodeKind, Tell>> = {
  exited: against((about) => `${ended(about)}, ${atSecond(about["time"])}`),
  crashed: against((about) => `crashed: ${String(about["cause"])}, ${atSecond(about["time"])}`),
  "sent to nobody": against((about) => {
    const { ago, asked, dest, time, type, waited } = about
    const sent = `sent ${String(type)} to ${String(dest)}`
    if (ago === undefined) return `${sent}, which does not exist, ${atSecond(time)}`
    if (asked === undefined) return `${sent}, which had left ${seconds(ago)} before, ${atSecond(time)}`
    return [
      `${sent} too late, ${atSecond(time)}: ${String(dest)} had asked (${String(asked)}), waited ${seconds(waited)} `,
      `and left; the reply came ${seconds(ago)} later`
    ].join("")
  }),
  "does not keep up": against(({ bytes, count, from, time }) =>
    `left ${String(bytes)} bytes of messages unread, more than the bench keeps, ${atSecond(time)}; ${
      String(from)
    } had sent it the most, ${String(count)} messages`
  ),
  "spoke for another": against(({ dest, src, time, type }) =>
    `sent ${String(type)} to ${String(dest)} in the name of ${String(src)}, ${
      atSecond(time)
    }: the src of what a node writes is the node itself`
  ),
  "ended no line": against(({ time }) => `has not ended the line that it wrote ${atSecond(time)}`),
  "misunderstood by a service": ({ about: { fault, service, time, type }, nodes }) =>
    `${nodes[0]} sent ${String(service)} a request ${String(type)}, ${
      atSecond(time)
    }, which it does not understand and `
    + `never answers: ${String(fault)}`,
  "wrote what is no message": against((about) =>
    `wrote to standard output what is no message (${String(about["fault"])}), ${atSecond(about["time"])}\n  ${
      printable(String(about["line"]))
    }${advice(about["form"])}`
  ),
  "did not answer": against((about) => {
    const failure = failureOf(about)
    const why = failure === undefined ? "" : Failures.plain(failure)
    return `did not answer ${String(about["f"])}: ${why}${flushing(about)}`
  }),
  "malformed reply": against((about) => {
    const failure = failureOf(about)
    return `gave a ${failure === undefined ? "malformed reply" : Failures.plain(failure)}`
  })
}

export const echo: Readonly<Record<keyof typeof EchoWorkload.kinds.kinds, Tell>> = {
  "wrong echo": ({ about }) => {
    const failure = failureOf(about)
    const seen = about["seen"] === undefined ? "nothing" : ExactNumbers.text(about["seen"])
    const heard = failure === undefined ? seen : `no echo: ${Failures.plain(failure)}`
    return `process ${String(about["process"])} said ${ExactNumbers.text(about["expected"])} and heard ${heard}`
  }
}

export const uniqueIds: Readonly<Record<keyof typeof UniqueIdsWorkload.kinds.kinds, Tell>> = {
  "duplicate id": ({ about }) =>
    `${text(about["value"], 200)} was handed out ${String(about["times"])} times: ${
      objects(about["told"]).map(({ process, time }) => `process ${String(process)} ${at(time)}`).join(", ")
    }`
}
