import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Rpc from "gossip-girl/schema/Rpc"

const Add = Rpc.make("add", { request: { delta: Schema.Int } }) // add_ok has no field of its own
const Read = Rpc.make("read", { reply: { value: Schema.Int } })
export const protocol = [Add, Read] as const

let value = 0
export const handlers: Rpc.Handlers<typeof protocol> = {
  add: ({ delta }) => Effect.sync(() => ((value += delta), {})),
  read: () => Effect.sync(() => ({ value }))
}
