import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { TxnListAppend } from "../src/programs/TxnListAppend.ts"
import { LinKv } from "../src/services/kv/Kv.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(TxnListAppend, LinKv.layer))
