/**
 * What the checkers of kafka find, in words.
 */
import type * as KafkaChecker from "../../workloads/kafka/KafkaChecker.ts"
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

const sighting = (what: (about: About) => string): Tell => ({ about }) =>
  `${message(about)} at offset ${String(about["offset"])}, polled by ${by(about)}, ${what(about)}`

/** What a process got, or was answered, after which offset. */
const conflict = (verb: string): Tell => ({ about }) =>
  about["formerTime"] === undefined
    ? `key ${String(about["key"])}: process ${String(about["process"])} ${verb} offset ${
      String(about["offset"])
    } after ${String(about["formerOffset"])}, ${at(about["time"])}; offsets must rise`
    : `key ${String(about["key"])}: process ${String(about["process"])} ${verb} offset ${String(about["offset"])} ${
      at(about["time"])
    }, after ${String(about["formerOffset"])} ${at(about["formerTime"])}; offsets must rise`

const skip: Tell = ({ about }) =>
  `key ${String(about["key"])}: process ${String(about["process"])} polled offset ${String(about["offset"])} ${
    at(about["time"])
  }, and not ${String(about["skipped"])}${
    Number(about["count"]) > 1 ? ` and ${Number(about["count"]) - 1} more` : ""
  } before it`

const commit: Tell = ({ about, nodes }) => {
  const listed = about["listed"] === undefined ? "nothing" : `offset ${String(about["listed"])}`
  const other = about["offset"] === undefined
    ? "nothing was ever polled"
    : `offset ${String(about["offset"])} was ${about["by"] === "poll" ? "polled" : "listed"} by ${
      by(about, "formerProcess", "formerTime")
    }`
  return `key ${String(about["key"])}: ${nodes[0]} listed ${listed} to ${by(about)}, though ${other}`
}

export const kafka: Readonly<Record<Exclude<keyof typeof KafkaChecker.kinds.kinds, `no final ${string}`>, Tell>> = {
  lost: ({ about }) =>
    `${placed(about)}, never polled, though offset ${String(about["laterOffset"])} was by ${
      by(about, "laterProcess", "laterTime")
    }`,
  unseen: ({ about }) => `${placed(about)}, never polled`,
  "nothing to judge by": () => "no message was polled: there is nothing to judge by",
  duplicate: ({ about }) => `${placed(about)}; a message has one offset`,
  "inconsistent offsets": ({ about }) =>
    `offset ${String(about["offset"])} holds ${objects(about["messages"]).map(placed).join("; and ")}`,
  "nonmonotonic within a poll": conflict("polled"),
  "nonmonotonic polls": conflict("polled"),
  "nonmonotonic sends": conflict("was told"),
  "nonmonotonic sends across an assign": conflict("was told"),
  "skipped within a poll": skip,
  "skipped by a poll": skip,
  "skipped from where it asked": skip,
  "polled but not asked for": sighting(({ from }) =>
    from === undefined ? "which had not asked for this key" : `which had asked from offset ${String(from)} on`
  ),
  "polled but never sent before": sighting(() => "and nobody had sent it to this key before"),
  "polled though refused": sighting(() => "and every send of it was refused"),
  "missing at the end": ({ about }) =>
    `${String(about["missingAt"])} does not show ${placed(about)} when it is asked for all`,
  "commit went back": commit,
  "commit ahead of what was polled": commit,
  "commit missing at the end": commit
}
