/**
 * Operations and messages in words: for tips, for details, and for people who cannot see the diagram.
 */
import { outcomes, type ReportData } from "../../src/report/ReportData.ts"
import * as SpaceTime from "../../src/report/SpaceTime.ts"
import * as Format from "./Format.ts"

export const fates = {
  delivered: "delivered",
  cut: "dropped by a partition",
  lost: "lost on its way",
  nobody: "dropped: nobody there",
  "under way": "still under way at the end"
}

/** What was asked, such as `broadcast 7`. */
export const name = ({ kinds, operations }: ReportData, index: number): string => {
  const [, , , kind, , , said] = operations[index]!
  return said === "" ? kinds[kind]! : `${kinds[kind]} ${said}`
}

export const operation = (data: ReportData, index: number): string => {
  const [start, took, node, , outcome] = data.operations[index]!
  const end = outcomes[outcome] === "open" ? "never ended" : `${outcomes[outcome]} after ${Format.ms(took)}`
  return `${name(data, index)} at ${data.addresses[node]}, ${Format.moment(start)}, ${end}`
}

export const message = ({ addresses, messages, types }: ReportData, index: number): string => {
  const [src, dest, type, sent, took, , size] = messages[index]!
  const fate = SpaceTime.fateOf(messages[index]!)
  const end = fate === "delivered" ? `delivered after ${Format.ms(took ?? 0)}` : fates[fate]
  return `${types[type]}, ${addresses[src]} to ${addresses[dest]}, ${Format.moment(sent)}, ${end}, ${
    Format.bytes(size)
  }`
}

export const of = (data: ReportData, { index, kind }: SpaceTime.Thing): string =>
  kind === "operation" ? operation(data, index) : message(data, index)
