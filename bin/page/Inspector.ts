/**
 * What stands beside the diagram: the details of the selection, and the operations that a finding is about.
 */
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import { button, el, list } from "./Dom.ts"
import * as Format from "./Format.ts"
import * as Words from "./Words.ts"

type Select = (thing: SpaceTime.Thing) => void

const operation = ({ addresses, kinds, operations }: ReportData, index: number): ReadonlyArray<Node> => {
  const [start, took, node, kind, outcome, process, said, result] = operations[index]!
  const ended = outcomes[outcome]!
  return [
    el("h3", {}, `${kinds[kind]} at ${addresses[node]}`),
    list([
      ["asked", said || "–"],
      ["outcome", ended],
      [ended === "ok" ? "answer" : "why", result || "–"],
      ["from", Format.moment(start)],
      ["to", ended === "open" ? "never ended" : Format.moment(start + took)],
      ["took", ended === "open" ? "–" : Format.ms(took)],
      ["process", String(process)]
    ])
  ]
}

const message = (data: ReportData, index: number, select: Select): ReadonlyArray<Node> => {
  const [src, dest, type, sent, took, , size, id, msgId, inReplyTo, body] = data.messages[index]!
  const arrived = SpaceTime.arrival(data.messages[index]!)
  const other = SpaceTime.partner(data, index)
  const ids = [
    `${id}`,
    ...msgId === null ? [] : [`msg_id ${msgId}`],
    ...inReplyTo === null ? [] : [`in_reply_to ${inReplyTo}`]
  ]
  return [
    el("h3", {}, `${data.types[type]}, ${data.addresses[src]} to ${data.addresses[dest]}`),
    list([
      ["fate", Words.fates[SpaceTime.fateOf(data.messages[index]!)]],
      ["sent", Format.moment(sent)],
      ...arrived === undefined
        ? []
        : [["ended", Format.moment(arrived)] as const, ["took", Format.ms(took ?? 0)] as const],
      ["size", Format.bytes(size)],
      ["message", ids.join(", ")],
      ...body === undefined ? [] : [["body", body] as const]
    ]),
    ...other === undefined ? [] : [
      el(
        "p",
        {},
        button(inReplyTo === null ? "Its reply" : "What it replies to", () => select({ kind: "message", index: other }))
      )
    ]
  ]
}

export const details = (data: ReportData, thing: SpaceTime.Thing | undefined, select: Select): ReadonlyArray<Node> =>
  thing === undefined
    ? []
    : thing.kind === "operation"
    ? operation(data, thing.index)
    : message(data, thing.index, select)

export const evidence = (data: ReportData, index: number, select: Select, clear: () => void): ReadonlyArray<Node> => {
  const { about, finding, operations } = data.evidence[index]!
  return [
    el("h3", {}, `Finding ${finding + 1}: ${about}`),
    el("p", { class: "finding" }, data.findings[finding] ?? ""),
    el(
      "ol",
      {},
      ...operations.map((index) =>
        el("li", {}, button(Words.operation(data, index), () => select({ kind: "operation", index })))
      )
    ),
    button("Clear", clear)
  ]
}
