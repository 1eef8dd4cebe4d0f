/**
 * What Raft costs as one writes it first, and as Maelstrom's raft.rb does it: lin-kv, as long as nothing fails.
 *
 * The first node leads. The others hand each request to it, and pass its answer back. Reads are entries of the log, as
 * writes are. The leader sends each entry to each follower, in a message that is answered. When a majority has the entry,
 * the leader executes it, after all those before it. That is linearizable, for the leader alone executes, one by one.
 *
 * Nobody is elected and nothing is written to a disk, which would only add to what is counted.
 *
 * Cost, in messages an operation among n nodes: 2 (n - 1) for the entry and its answers, and 2 if another than the leader
 * was asked.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Json from "../../src/schema/Json.ts"
import { Cas, KvProtocol, Read, Write } from "../../src/schema/KvProtocol.ts"
import * as ProtocolError from "../../src/schema/ProtocolError.ts"
import * as Rpc from "../../src/schema/Rpc.ts"
import { Node } from "../../src/services/node/Node.ts"
import { Peers } from "../../src/services/node/Peers.ts"

const AppendEntries = Rpc.make("append_entries", { request: { entry: Json.Json }, reply: {} })

export const PlainRaft = Effect.gen(function*() {
  const peers = yield* Peers
  const leader = peers.members[0]!
  const othersOfMajority = Math.floor(peers.members.length / 2)
  const values = new Map<string, Json.Json>()
  let before: Deferred.Deferred<void> | undefined

  /** Executes this when a majority has the entry, and all before it are executed. */
  const append = <A>(entry: Json.Json, execute: () => Effect.Effect<A, ProtocolError.ProtocolError>) =>
    Effect.gen(function*() {
      const previous = before
      const done = before = Deferred.makeUnsafe<void>()
      const majority = Deferred.makeUnsafe<void>()
      let answers = 0
      const ask = (peer: typeof leader) =>
        Effect.andThen(
          peers.ask(peer, AppendEntries, { entry }),
          () => ++answers === othersOfMajority ? Deferred.succeed(majority, undefined) : Effect.void
        )
      for (const peer of peers.ids) yield* Effect.forkDetach(ask(peer))
      yield* Deferred.await(majority)
      if (previous !== undefined) yield* Deferred.await(previous)
      return yield* Effect.ensuring(Effect.suspend(execute), Deferred.succeed(done, undefined))
    })

  const perform = <Type extends string, Q extends Json.Json, P>(
    rpc: Rpc.Rpc<Type, Q, P>,
    execute: (request: Q) => Effect.Effect<P, ProtocolError.ProtocolError>
  ) =>
  (request: Q) => peers.self === leader ? append(request, () => execute(request)) : peers.ask(leader, rpc, request)

  const read = (key: Json.Json) => {
    const value = values.get(Json.canonical(key))
    return value === undefined
      ? Effect.fail(new ProtocolError.KeyDoesNotExist({ text: "there is no such key" }))
      : Effect.succeed(value)
  }
  const write = (key: Json.Json, value: Json.Json) => Effect.sync(() => (values.set(Json.canonical(key), value), {}))

  yield* peers.handle([AppendEntries] as const, { append_entries: () => Effect.succeed({}) })
  return yield* Node.serve(KvProtocol, {
    read: perform(Read, ({ key }) => Effect.map(read(key), (value) => ({ value }))),
    write: perform(Write, ({ key, value }) => write(key, value)),
    cas: perform(Cas, ({ from, key, to }) =>
      Effect.flatMap(read(key), (value) =>
        Json.equals(value, from)
          ? write(key, to)
          : Effect.fail(new ProtocolError.PreconditionFailed({ text: "it has another value" }))))
  })
})
