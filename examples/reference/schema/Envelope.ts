import * as Result from "effect/Result"
import * as Envelope from "gossip-girl/schema/Envelope"

const line = `{"src":"c1","dest":"n0","body":{"type":"echo","msg_id":1,"echo":"Hello"}}`
const message = Envelope.decode(line)
if (Result.isSuccess(message)) {
  const { body, dest, src } = message.success
  const reply: Envelope.Envelope = {
    src: dest,
    dest: src,
    body: { ...body, type: "echo_ok", in_reply_to: body["msg_id"] }
  }
  console.log(Envelope.encode(reply))
}
