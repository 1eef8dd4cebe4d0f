/**
 * lin-kv: every request meets the newest state.
 */
import * as Register from "./Register.ts"
import * as Service from "./Service.ts"

export const make = (): Service.Service => {
  const registers = new Map<string, Register.Register>()

  return {
    handle: (_client, request) => {
      if (!Service.isKeyValueRequest(request)) return Service.notSupported(request)

      const name = Register.nameOf(request.key)
      const { reply, writes } = Register.step(registers.get(name), request)
      if (writes !== undefined) registers.set(name, writes)
      return reply
    }
  }
}
