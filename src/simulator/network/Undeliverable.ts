/**
 * A message to an address that nobody has, as a finding tells it: whether nobody ever had it, or somebody who has left,
 * and whether the message is the answer for which that one had waited in vain.
 */
import type { Envelope } from "../../schema/Envelope.ts"
import type { Json } from "../../schema/Json.ts"
import type { Network } from "./Network.ts"

/** Times are in ms. */
export const about = (network: Network, { body, dest, src }: Envelope): { readonly [name: string]: Json } => {
  const departure = network.departed(dest)
  const type = String(body["type"])
  if (departure === undefined) return { type, dest }
  const { ago, unanswered } = departure
  const isAnswer = unanswered?.node === src && unanswered.msg_id === body["in_reply_to"]
  return { type, dest, ago, ...isAnswer && { asked: unanswered.type, waited: unanswered.waited } }
}
