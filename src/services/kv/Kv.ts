/**
 * The key-value services of the bench.
 *
 * After an error that is not definite, such as a `Timeout`, nobody knows whether a write took place. {@link Kv.update}
 * copes with that by itself; after `write`, `cas` and `create` the caller has to.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { ServiceId } from "../../schema/Address.ts"
import type { Json } from "../../schema/Json.ts"
import { Cas, Read, Write } from "../../schema/KvProtocol.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import { Node } from "../node/Node.ts"
import type { Key } from "./Key.ts"
import * as Updates from "./Updates.ts"

export interface Kv {
  /** Fails with `KeyDoesNotExist`. */
  readonly read: <A>(key: Key<A>) => Effect.Effect<A, ProtocolError.ProtocolError>
  readonly write: <A>(key: Key<A>, value: A) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** Fails with `PreconditionFailed` when the key holds another value, with `KeyDoesNotExist` when it holds none. */
  readonly cas: <A>(key: Key<A>, from: A, to: A) => Effect.Effect<void, ProtocolError.ProtocolError>
  /** Fails with `KeyAlreadyExists`. lww-kv cannot create by compare-and-set: there it is `KeyDoesNotExist`. */
  readonly create: <A>(key: Key<A>, value: A) => Effect.Effect<void, ProtocolError.ProtocolError>
  /**
   * Applies `f` to what the key holds, or to `initial`, **exactly once**, and answers what it made of it; see Updates.
   * `f` may be called several times, and must be pure. Retries until the outcome is known, and fails only with definite
   * errors.
   */
  readonly update: Updates.Update
}

/** Nobody stores this value, so a `cas` from it never matches what a key holds: it succeeds only by creating the key. */
const absent: Json = { "gossip-girl": "absent" }

const make = (service: ServiceId) =>
  Effect.gen(function*() {
    const node = yield* Node
    const writer = `${node.id}-${(yield* Random.nextInt).toString(36)}`

    const read: Kv["read"] = (key) =>
      Effect.flatMap(node.ask(service, Read, { key: key.name }), ({ value }) => key.decode(value))

    const write: Kv["write"] = (key, value) =>
      Effect.asVoid(node.ask(service, Write, { key: key.name, value: key.encode(value) }))

    const cas: Kv["cas"] = (key, from, to) =>
      Effect.asVoid(node.ask(service, Cas, { key: key.name, from: key.encode(from), to: key.encode(to) }))

    const create: Kv["create"] = (key, value) =>
      node.ask(service, Cas, {
        key: key.name,
        from: absent,
        to: key.encode(value),
        create_if_not_exists: true
      }).pipe(
        Effect.asVoid,
        Effect.catchTag("PreconditionFailed", ({ text }) => Effect.fail(new ProtocolError.KeyAlreadyExists({ text })))
      )

    return { read, write, cas, create, update: Updates.make({ read, cas, create }, writer) } satisfies Kv
  })

const layer = <I>(tag: Context.Service<I, Kv>, service: string) => Layer.effect(tag, make(ServiceId.make(service)))

/** Linearizable: a request meets the effects of all that were answered before it was sent. */
export class LinKv extends Context.Service<LinKv, Kv>()("gossip-girl/LinKv") {
  static readonly layer = layer(LinKv, "lin-kv")
}

/**
 * Sequential: all nodes see changes in the same order, but a read may meet an old state, again and again. Only a
 * request that changes something is sure to meet the newest state.
 */
export class SeqKv extends Context.Service<SeqKv, Kv>()("gossip-girl/SeqKv") {
  static readonly layer = layer(SeqKv, "seq-kv")
}

/** The last writer wins, on several replicas: an acknowledged write may vanish. */
export class LwwKv extends Context.Service<LwwKv, Kv>()("gossip-girl/LwwKv") {
  static readonly layer = layer(LwwKv, "lww-kv")
}
