import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { GCounter } from "../src/programs/Counter.ts"
import { layerGossipRelaxed } from "./live/Dissemination.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(GCounter, layerGossipRelaxed))
