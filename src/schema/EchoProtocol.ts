import { Json } from "./Json.ts"
import * as Rpc from "./Rpc.ts"

/** Challenge 1: the reply has the value of the request. */
export const Echo = Rpc.make("echo", { request: { echo: Json }, reply: { echo: Json } })

export const EchoProtocol = [Echo] as const
