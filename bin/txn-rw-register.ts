import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { TxnRwRegister } from "../src/programs/TxnRwRegister.ts"
import { layerGossip } from "./live/Dissemination.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(TxnRwRegister, layerGossip))
