/**
 * One key of a key-value store. No request touches two keys, so this is all that the three stores have in common; they
 * differ in which register a request meets.
 *
 * Values are JSON values and compared as such. Like Maelstrom's they tell 1 from 1.0, if a real process wrote it so (see
 * ExactNumbers): nodes in JavaScript have no such difference.
 */
import * as Json from "../../schema/Json.ts"
import * as ExactNumbers from "../../workloads/history/ExactNumbers.ts"
import type { KeyValueRequest, Reply } from "./Service.ts"

/** What a key holds, or `undefined` while it does not exist. Keys are never deleted. */
export type Register = Json.Json | undefined

export interface Step {
  readonly reply: Reply
  /** What the key holds from now on, or `undefined` when the request writes nothing. */
  readonly writes: Register
}

const missing: Step = { reply: { type: "error", code: 20, text: "key does not exist" }, writes: undefined }

/** As in Clojure, where 0 and "" are true. */
const isTruthy = (value: Json.Json | undefined): boolean => value !== undefined && value !== null && value !== false

export const step = (register: Register, request: KeyValueRequest): Step => {
  switch (request.type) {
    case "read":
      return register === undefined ? missing : { reply: { type: "read_ok", value: register }, writes: undefined }
    case "write":
      return { reply: { type: "write_ok" }, writes: request.value }
    case "cas":
      if (register === undefined && !isTruthy(request.create_if_not_exists)) return missing
      if (register === undefined || Json.equals(register, request.from)) {
        return { reply: { type: "cas_ok" }, writes: request.to }
      }
      return { reply: { type: "error", code: 22, text: mismatch(register, request.from) }, writes: undefined }
  }
}

const mismatch = (found: Json.Json, expected: Json.Json): string =>
  `current value ${ExactNumbers.text(found)} is not ${ExactNumbers.text(expected)}`
