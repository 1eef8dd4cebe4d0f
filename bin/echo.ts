import "effect/schema/SchemaJITCompiler/enable"
import { Echo } from "../src/programs/Echo.ts"
import * as Live from "./live/Live.ts"

Live.run(Echo)
