/**
 * lin-kv: every request meets the newest state.
 */
import * as Json from "../../schema/Json.ts"
import * as Register from "./Register.ts"
import type { KeyValueRequest, Service } from "./Service.ts"

export const make = (): Service<KeyValueRequest> => {
  const registers = new Map<string, Register.Register>()

  return {
    handle: (_client, request) => {
      const name = Json.canonical(request.key)
      const { reply, writes } = Register.step(registers.get(name), request)
      if (writes !== undefined) registers.set(name, writes)
      return reply
    }
  }
}
