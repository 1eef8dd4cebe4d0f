/**
 * A name in a cluster belongs to one process: two that both took themselves for n1 would both answer what n1 is asked.
 *
 * A node that starts listens where claims to its name are made, and makes one. A claim that it hears before its own was
 * earlier, so the node gives way. One that it hears after its own is later, so the node objects, and whoever has made
 * that claim gives way. A node listens before it claims, and so of two nodes on one server the later one is heard by the
 * earlier one. On several servers claims may come in different orders: then both give way, and neither does harm.
 *
 * A node whose process stands still does not object until it goes on; then whoever took its name gives way.
 */
import { createInbox } from "@nats-io/transport-node"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { NodeId } from "../schema/Address.ts"
import { NatsBus } from "./NatsBus.ts"

/** Another process has this name in the cluster. */
export class NameTaken extends Data.TaggedError("NameTaken")<{ readonly id: NodeId; readonly cluster: string }> {
  override get message(): string {
    const { cluster, id } = this
    return `another process runs as ${id} of cluster ${cluster}; end it, or choose another name for one of the clusters `
      + "(--cluster, NATS_CLUSTER)"
  }
}

export interface Claim {
  /** Fails as soon as another process turns out to have the name. */
  readonly lost: Effect.Effect<never, NameTaken>
}

/** Claims a name until the scope ends. */
export const claim = Effect.fnUntraced(function*(id: NodeId) {
  const { cluster, connection, subject } = yield* NatsBus
  const taken = yield* Deferred.make<never, NameTaken>()
  const giveWay = (): void => void Deferred.doneUnsafe(taken, Effect.fail(new NameTaken({ id, cluster })))
  const claims = `${subject(id)}.claim`
  const own = createInbox()
  let isMade = false
  yield* Effect.acquireRelease(
    Effect.sync(() => [
      connection.subscribe(claims, {
        callback: (error, message) => {
          if (error !== null) return // this user may not listen here, which the bus logs
          if (message.reply === own) isMade = true
          else if (isMade) message.respond()
          else giveWay()
        }
      }),
      connection.subscribe(own, { callback: (error) => error === null ? giveWay() : undefined })
    ]),
    (subscriptions) => Effect.sync(() => subscriptions.forEach((subscription) => subscription.unsubscribe()))
  )
  connection.publish(claims, "", { reply: own })
  return { lost: Deferred.await(taken) } satisfies Claim as Claim
})
