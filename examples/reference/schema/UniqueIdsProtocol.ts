import { Generate, UniqueIdsProtocol } from "gossip-girl/schema/UniqueIdsProtocol"

console.log(Generate.encodeReply({ id: "n0-1" }), UniqueIdsProtocol.length) // { id: "n0-1" }, 1
