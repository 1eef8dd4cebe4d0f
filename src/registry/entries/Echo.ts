import { Echo } from "../../programs/Echo.ts"
import { EchoProtocol } from "../../schema/EchoProtocol.ts"
import { EchoWorkload } from "../../workloads/echo/EchoWorkload.ts"
import type { Entry } from "../Entry.ts"

export const echo = () => ({ echo: { program: Echo } })

export const entry = () =>
  ({
    protocol: EchoProtocol,
    workload: EchoWorkload,
    programs: echo(),
    challenges: [{ id: "1", options: { nodeCount: 1, concurrency: 1, timeLimit: 10_000 } }]
  }) satisfies Entry
