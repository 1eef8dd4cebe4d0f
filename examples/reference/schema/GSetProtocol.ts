import { Add, GSetProtocol, Read } from "gossip-girl/schema/GSetProtocol"

console.log(Add.encodeRequest({ element: "a" }), Read.replyType) // { element: "a" }, read_ok
console.log(GSetProtocol.length) // 2
