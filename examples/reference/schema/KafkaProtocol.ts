import {
  CommitOffsets,
  KafkaProtocol,
  ListCommittedOffsets,
  Offset,
  Offsets,
  Poll,
  Send
} from "gossip-girl/schema/KafkaProtocol"

const offsets: Offsets = Offsets.make({ k1: Offset.make(1000) })
console.log(Send.encodeRequest({ key: "k1", msg: 123 }))
console.log(Poll.encodeRequest({ offsets }), CommitOffsets.encodeRequest({ offsets }))
console.log(ListCommittedOffsets.encodeRequest({ keys: ["k1"] }))
console.log(KafkaProtocol.map(({ type }) => type))
