/**
 * Maelstrom's four services, on the network under their names.
 */
import * as Result from "effect/Result"
import { type Address, ServiceId } from "../../schema/Address.ts"
import * as Envelope from "../../schema/Envelope.ts"
import { explain } from "../../schema/Explain.ts"
import { KvProtocol } from "../../schema/KvProtocol.ts"
import * as ProtocolError from "../../schema/ProtocolError.ts"
import type * as Rpc from "../../schema/Rpc.ts"
import { TsoProtocol } from "../../schema/TsoProtocol.ts"
import type { Network } from "../Network.ts"
import type { SeededRandom } from "../SeededRandom.ts"
import * as Eventual from "./Eventual.ts"
import * as Linearizable from "./Linearizable.ts"
import * as Sequential from "./Sequential.ts"
import type * as Service from "./Service.ts"
import * as TimestampOracle from "./TimestampOracle.ts"

const requests = new Map<unknown, Rpc.Any>([...KvProtocol, ...TsoProtocol].map((rpc) => [rpc.type, rpc]))

const answer = (service: Service.Service, client: Address, body: Envelope.Body): Envelope.Body => {
  const refuse = (error: ProtocolError.ProtocolError) => ({ type: "error", ...ProtocolError.toBody(error) })
  const rpc = requests.get(body["type"])
  if (rpc === undefined) return refuse(new ProtocolError.NotSupported({ text: `unknown request: ${body["type"]}` }))
  const fields = rpc.decodeRequest(body)
  if (Result.isFailure(fields)) return refuse(new ProtocolError.MalformedRequest({ text: explain(fields.failure) }))
  // The requests of these protocols are those that a service takes; the map has lost which one this is.
  const request = { type: rpc.type, ...(fields.success as object) } as Service.Request
  return { ...service.handle(client, request) }
}

export const join = (network: Network, random: SeededRandom): void => {
  const services: Record<string, Service.Service> = {
    "lin-kv": Linearizable.make(),
    "seq-kv": Sequential.make(random.fork("seq-kv")),
    "lww-kv": Eventual.make(random.fork("lww-kv")),
    "lin-tso": TimestampOracle.make()
  }
  for (const [name, service] of Object.entries(services)) {
    const id = ServiceId.make(name)
    network.join(id, (line) => {
      const message = Envelope.decode(line)
      if (Result.isFailure(message)) return
      const { body, src } = message.success
      const reply = { ...answer(service, src, body), in_reply_to: body["msg_id"] }
      network.send(id, src, Envelope.encode({ src: id, dest: src, body: reply }))
    })
  }
}
