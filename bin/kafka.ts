import "effect/schema/SchemaJITCompiler/enable"
import * as Effect from "effect/Effect"
import { Kafka } from "../src/programs/Kafka.ts"
import { layerGossip } from "./live/Dissemination.ts"
import * as Live from "./live/Live.ts"

Live.run(Effect.provide(Kafka, layerGossip))
