import { MessageId } from "gossip-girl/schema/MessageId"

const next = (last: MessageId): MessageId => MessageId.make(last + 1)
console.log(next(MessageId.make(0)))
