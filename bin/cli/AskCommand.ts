/**
 * `gossip-girl ask`: one request to a node on NATS, and its answer.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Address } from "../../src/schema/Address.ts"
import * as Json from "../../src/schema/Json.ts"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Conclusion from "./Conclusion.ts"
import * as Flags from "./Flags.ts"
import * as Nats from "./Nats.ts"
import * as Output from "./Output.ts"
import * as Usage from "./Usage.ts"

const flags = {
  node: Argument.String("node").pipe(Argument.withDescription("Whom to ask, such as n1")),
  type: Argument.String("type").pipe(Argument.withDescription("Type of the request, such as read")),
  fields: Argument.String("json").pipe(
    Argument.withDescription("The other fields of its body, as a JSON object"),
    Argument.optional
  ),
  timeout: Flags.number(
    "timeout",
    Setting.whole(1, 3_600_000, { help: "How long to wait for the answer, in ms", usual: 5000 })
  ),
  ...Nats.flags
}

type Given = Command.Command.Config.Infer<typeof flags>

const decodeFields = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Record(Schema.String, Json.Json)))

const handler = Effect.fnUntraced(function*({ cluster, fields, nats, node, timeout, type }: Given) {
  const decoded = decodeFields(Option.getOrElse(fields, () => "{}"))
  if (Result.isFailure(decoded)) {
    return yield* Usage.wrong(`the fields must be a JSON object, not ${Option.getOrElse(fields, () => "")}.`)
  }
  const { ask } = yield* Effect.promise(() => import("../nats/NatsAsk.ts"))
  const url = Nats.urlOf(nats) ?? Nats.usualUrl
  const answer = yield* ask({
    url,
    cluster: Nats.clusterOf(cluster),
    to: Address.make(node),
    body: { ...decoded.success, type },
    timeout: Duration.millis(timeout)
  }).pipe(Nats.unavailable)
  if (Result.isSuccess(answer)) return yield* Output.out(`${JSON.stringify(answer.success)}\n`)
  const { code, definite, text } = answer.failure
  const outcome = definite ? "it did not take place" : "nobody knows whether it took place"
  yield* Output.err(`gossip-girl: ${node} ${type}: error ${code}, ${text}; ${outcome}.\n`)
  return yield* new Conclusion.Invalid()
})

export const askCommand = Command.make("ask", flags, handler).pipe(
  Command.withDescription("Send one request to a node on NATS, and print the body of its reply"),
  Command.withExamples([
    { command: `${Usage.self} ask n1 broadcast '{"message": 1}'` },
    { command: `${Usage.self} ask n2 read` }
  ])
)
