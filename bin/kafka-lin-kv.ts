import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { KafkaLinKv } from "../src/programs/KafkaLinKv.ts"
import { LinKv } from "../src/services/kv/Kv.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(KafkaLinKv, LinKv.layer))
