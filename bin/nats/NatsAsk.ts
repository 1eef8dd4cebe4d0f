/**
 * One request to a node on NATS.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NatsClient } from "../../src/nats/NatsClient.ts"
import type { Address } from "../../src/schema/Address.ts"
import type { Body } from "../../src/schema/Envelope.ts"
import * as NatsNode from "./NatsNode.ts"

export interface Request {
  readonly url: string
  readonly cluster: string
  readonly to: Address
  readonly body: Body
  readonly timeout: Duration.Duration
}

/** The body of the reply, or the error with which the node answered. */
export const ask = ({ body, cluster, timeout, to, url }: Request) =>
  Effect.flatMap(NatsClient, (client) => Effect.result(client.request(to, body, timeout))).pipe(
    Effect.provide(Layer.provide(NatsClient.layer, NatsNode.busAt(url, cluster)))
  )
