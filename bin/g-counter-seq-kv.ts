import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { GCounterSeqKv } from "../src/programs/GCounterSeqKv.ts"
import { SeqKv } from "../src/services/kv/Kv.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(GCounterSeqKv, SeqKv.layer))
