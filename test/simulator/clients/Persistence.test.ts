import { assert, describe, it } from "@effect/vitest"
import { ClientId, NodeId } from "../../../src/schema/Address.ts"
import type { Body } from "../../../src/schema/Envelope.ts"
import type { Client } from "../../../src/simulator/clients/Client.ts"
import * as Persistence from "../../../src/simulator/clients/Persistence.ts"
import * as VirtualTime from "../../../src/simulator/time/VirtualTime.ts"
import type { Failure } from "../../../src/workloads/history/History.ts"
import type { Outcome, Question } from "../../../src/workloads/Workload.ts"
import * as Told from "../../Told.ts"

const refused: Outcome = { type: "fail", error: Told.refused("busy") }
const silence: Outcome = { type: "info", error: { _tag: "NoReply" } }
const malformed: Failure = { _tag: "Malformed", field: "x" }
const ok: Outcome = { type: "ok", value: "done" }

const question = (type: string, next: Outcome | Question = ok): Question => ({
  readOnly: true,
  request: { type },
  outcome: (reply) => reply["type"] === "ok" ? next : refused
})

/** What a node answers, one thing after the other: a reply, or an outcome that is none. */
type Answer = "ok" | "refused" | Outcome

const ask = (first: Question, answers: ReadonlyArray<Answer>, until: number) => {
  const time = VirtualTime.make()
  const asked: Array<readonly [at: number, type: unknown]> = []
  const ended: Array<readonly [at: number, outcome: Outcome, tries: number]> = []
  const client: Client = {
    id: ClientId.make("c0"),
    ask: (node, { outcome, request }, done) => {
      asked.push([time.now(), request["type"]])
      const answer = answers[asked.length - 1] ?? "refused"
      if (typeof answer !== "string") return void time.after(5000, () => done(answer))
      const reply: Body = { type: answer }
      const result = outcome(reply)
      if ("request" in result) client.ask(node, result, done)
      else time.after(0, () => done(result))
    },
    close: () => {}
  }
  Persistence.ask({ client, timeline: time, until }, NodeId.make("n0"), first, (outcome, tries) => {
    ended.push([time.now(), outcome, tries])
  })
  time.run(() => false)
  return { asked, ended }
}

describe("Persistence", () => {
  it("asks again what was refused or not answered, after a pause, until it is answered", () => {
    const { asked, ended } = ask(question("read"), ["refused", silence, "refused", "ok"], 10_000)
    assert.deepStrictEqual(asked, [[0, "read"], [200, "read"], [5400, "read"], [5600, "read"]])
    assert.deepStrictEqual(ended, [[5600, ok, 4]])
  })

  it("until its time is over", () => {
    assert.deepStrictEqual(ask(question("read"), [], 1000).ended, [[800, refused, 5]])
    assert.deepStrictEqual(ask(question("read"), [], 0).ended, [[0, refused, 1]])
  })

  it("asks for the rest of an operation, not for what has taken place", () => {
    const { asked, ended } = ask(question("poll", question("commit")), ["ok", "refused", "ok"], 1000)
    assert.deepStrictEqual(asked, [[0, "poll"], [0, "commit"], [200, "commit"]])
    assert.deepStrictEqual(ended, [[200, ok, 2]])
  })

  it("does not ask again where the reply was none", () => {
    const outcome: Outcome = { type: "info", error: malformed }
    assert.deepStrictEqual(ask(question("read"), [outcome], 10_000).ended, [[5000, outcome, 1]])
  })
})
