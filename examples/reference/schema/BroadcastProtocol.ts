import { Broadcast, BroadcastProtocol, Read } from "gossip-girl/schema/BroadcastProtocol"

console.log(Broadcast.encodeRequest({ message: 7 })) // { message: 7 }
console.log(Read.encodeReply({ messages: [7] })) // { messages: [7] }
console.log(BroadcastProtocol.map(({ type }) => type)) // broadcast, read
