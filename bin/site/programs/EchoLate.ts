/** Answers with what it was sent. Or does it? */
import * as Effect from "effect/Effect"
import { EchoProtocol } from "../../../src/schema/EchoProtocol.ts"
import type { Json } from "../../../src/schema/Json.ts"
import { Node } from "../../../src/services/node/Node.ts"

export const EchoLate = Effect.gen(function*() {
  const node = yield* Node
  let last: Json = "nothing yet"

  yield* node.serve(EchoProtocol, {
    echo: ({ echo }) => {
      last = echo
      return Effect.sync(() => ({ echo: last })).pipe(Effect.delay("100 millis"))
    }
  })
})
