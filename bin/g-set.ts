import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { GSet } from "../src/programs/GSet.ts"
import { layerGossip } from "./live/Dissemination.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(GSet, layerGossip))
