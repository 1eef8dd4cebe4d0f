import { Ts, TsoProtocol } from "gossip-girl/schema/TsoProtocol"

console.log(Ts.encodeReply({ ts: 12 }), TsoProtocol.length) // { ts: 12 }, 1
