import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Rpc from "gossip-girl/schema/Rpc"
import { Peers } from "gossip-girl/services/Peers"

const Tell = Rpc.make("tell", { request: { news: Schema.String } })

/** Tells all peers, each until it has answered. */
export const program = Effect.gen(function*() {
  const peers = yield* Peers
  yield* peers.handle([Tell] as const, { tell: ({ news }, from) => Effect.as(Effect.log(`${from}: ${news}`), {}) })
  const tell = (news: string) =>
    Effect.forEach(peers.ids, (peer) => Effect.eventually(peers.ask(peer, Tell, { news })), {
      concurrency: "unbounded"
    })
  yield* tell(`${peers.self} is one of ${peers.members.length}`)
})
