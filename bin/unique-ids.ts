import "effect/schema/SchemaJITCompiler/enable"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { UniqueIds } from "../src/programs/UniqueIds.ts"
import { IdGenerator } from "../src/services/ids/IdGenerator.ts"
import { Timestamps } from "../src/services/ids/Timestamps.ts"
import * as Live from "./live/Live.ts"

const layers = {
  flake: IdGenerator.layerFlake,
  random: IdGenerator.layerRandom,
  central: Layer.provide(IdGenerator.layerCentral, Timestamps.layer)
}

/** Environment variable `ID_GENERATOR`: flake (the default), random or central. */
const generator = Config.Literals(["flake", "random", "central"], "ID_GENERATOR").pipe(Config.withDefault("flake"))

Live.run(Effect.provide(UniqueIds, Layer.unwrap(Effect.map(generator, (name) => layers[name]))))
