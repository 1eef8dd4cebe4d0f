import { LinKvProxy } from "../../programs/LinKvProxy.ts"
import { KvProtocol } from "../../schema/KvProtocol.ts"
import { LinKvWorkload } from "../../workloads/lin-kv/LinKvWorkload.ts"
import type { Entry } from "../Entry.ts"

export const linKv = () => ({ proxy: { program: LinKvProxy } }) as const

export const entry = () =>
  ({
    protocol: KvProtocol,
    workload: LinKvWorkload,
    programs: linKv(),
    challenges: [],
    stricter: "a refusal (20, 22) also says what the key held"
  }) satisfies Entry
