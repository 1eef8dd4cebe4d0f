import * as Schema from "effect/Schema"
import * as Json from "gossip-girl/schema/Json"

const isJson = Schema.is(Json.Json)
console.log(isJson({ a: [1, null] }), isJson(2 ** 60), Json.maxDepth) // true, false: no double is sure to be that integer

const a: Json.Json = { x: 1, y: 2 }
const b: Json.Json = { y: 2, x: 1 }
console.log(Json.equals(a, b), Json.canonical(a) === Json.canonical(b)) // true, true
console.log(Json.isList(a)) // false
