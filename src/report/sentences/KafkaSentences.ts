/**
 * What the checkers of kafka find, in words.
 */
import type { Tell } from "./Sentences.ts"
import type { About } from "./Text.ts"
import { at, objects, text } from "./Text.ts"

const by = (about: About, process = "process", time = "time"): string =>
  `process ${String(about[process])} ${at(about[time])}`

const message = (about: About): string => `message ${text(about["value"])} of key ${String(about["key"])}`

const placed = (about: About): string =>
  `${message(about)} at offset ${
    objects(about["offsets"]).map((place) =>
      `${String(place["offset"])} (${place["by"] === "send" ? "acknowledged to" : "polled by"} ${by(place)})`
    ).join(" and ")
  }`

const sighting: Tell = ({ about }) => `${message(about)} at offset ${String(about["offset"])}, polled by ${by(about)}`

const conflict: Tell = ({ about }) =>
  `key ${String(about["key"])}: offset ${String(about["offset"])} by ${by(about)}, after ${
    String(about["formerOffset"])
  }${about["formerProcess"] === undefined ? "" : ` by ${by(about, "formerProcess", "formerTime")}`}`

const skip: Tell = ({ about }) =>
  `key ${String(about["key"])}: offset ${String(about["skipped"])}${
    Number(about["count"]) > 1 ? ` and ${Number(about["count"]) - 1} more` : ""
  } before ${String(about["offset"])}, by ${by(about)}`

const commit: Tell = ({ about, nodes }) => {
  const listed = about["listed"] === undefined ? "nothing" : `offset ${String(about["listed"])}`
  const other = about["offset"] === undefined
    ? "nothing was ever polled"
    : `offset ${String(about["offset"])} was ${about["by"] === "poll" ? "polled" : "listed"} by ${
      by(about, "formerProcess", "formerTime")
    }`
  return `key ${String(about["key"])}: ${nodes[0]} listed ${listed} to ${by(about)}, though ${other}`
}

export const kafka: Readonly<Record<string, Tell>> = {
  lost: ({ about }) =>
    `${placed(about)}, never polled, though offset ${String(about["laterOffset"])} was by ${
      by(about, "laterProcess", "laterTime")
    }`,
  unseen: ({ about }) => `${placed(about)}, never polled`,
  "nothing to judge by": () => "no message was polled: there is nothing to judge by",
  duplicate: ({ about }) => placed(about),
  "inconsistent offsets": ({ about }) =>
    `offset ${String(about["offset"])} holds ${objects(about["messages"]).map(placed).join("; and ")}`,
  "nonmonotonic within a poll": conflict,
  "nonmonotonic polls": conflict,
  "nonmonotonic sends": conflict,
  "skipped within a poll": skip,
  "skipped by a poll": skip,
  "polled but not asked for": sighting,
  "polled but never sent before": sighting,
  "polled though refused": sighting,
  "missing at the end": ({ about }) => `${placed(about)}, at ${String(about["missingAt"])}`,
  "commit went back": commit,
  "commit ahead of what was polled": commit,
  "commit missing at the end": commit
}
