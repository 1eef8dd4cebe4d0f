import { assert, describe, it } from "@effect/vitest"
import * as Raft from "../../../src/services/raft/Raft.ts"
import { run, searches } from "./Searches.ts"

/** `STATES=1000000` looks at all of them, which takes hours for some. */
const states = Number(process.env["STATES"] ?? 1000)

describe("Raft, in every order of events", { timeout: 1e8 }, () => {
  it.each(Object.entries(searches))("keeps its promises: %s", (name, search) => {
    const found = run(Raft, search, states)
    assert.isUndefined(found.violation, found.course.join("\n"))
    assert.isTrue(found.isComplete || found.states === states)
    if (process.env["STATES"] !== undefined) {
      console.info(`${name}: ${found.states} states${found.isComplete ? ", which are all" : ""}`)
    }
  })
})
