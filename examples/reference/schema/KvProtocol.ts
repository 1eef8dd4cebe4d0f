import { Cas, KvProtocol, Read, Write } from "gossip-girl/schema/KvProtocol"

console.log(Read.encodeRequest({ key: "x" }), Write.encodeRequest({ key: "x", value: 1 }))
console.log(Cas.encodeRequest({ key: "x", from: 1, to: 2, create_if_not_exists: true }))
console.log(KvProtocol.map(({ type }) => type)) // read, write, cas
