import { Address, ClientId, isClient, NodeId, ServiceId } from "gossip-girl/schema/Address"

const n0 = NodeId.make("n0")
const client = ClientId.make("c1")
const service = ServiceId.make("lin-kv")
const anybody: ReadonlyArray<Address> = [n0, client, service, Address.make("x")]
console.log(anybody.filter(isClient)) // c1
