import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { Broadcast } from "../src/programs/Broadcast.ts"
import { layerGossip } from "./live/Dissemination.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(Broadcast, layerGossip))
