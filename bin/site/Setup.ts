/**
 * What the playground runs, as data, and as a text in the address of a page. So whoever has the address sees the same
 * run, and the command line can make it as well.
 *
 * The text is JSON, deflated (RFC 1951) and written in base64url (RFC 4648, section 5).
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Script } from "../../src/simulator/faults/Script.ts"

export const Setup = Schema.Struct({
  workload: Schema.String,
  program: Schema.String,
  /** Options that are not as usual: flags of the command line by name, without dashes. */
  flags: Schema.Record(Schema.String, Schema.String),
  script: Schema.optionalKey(Script),
  /** The text of the program, if somebody has changed it. */
  source: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(100_000)))
})
export type Setup = typeof Setup.Type

const Text = Schema.fromJsonString(Setup)

/** The page refuses an address that is longer than this. */
const longest = 200_000

/** The text before it is deflated. */
export const toText = Schema.encodeSync(Text)

const bytesThrough = async (bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer())

const toBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0))

/** What stands behind the # of an address. */
export const toFragment = (setup: Setup): Effect.Effect<string> =>
  Effect.promise(async () => {
    const text = new TextEncoder().encode(toText(setup))
    return toBase64(await bytesThrough(text, new CompressionStream("deflate-raw")))
  })

/** Fails when the address says no setup. */
export const fromAddress = Effect.fnUntraced(function*(address: string) {
  const fragment = address.slice(address.indexOf("#") + 1)
  const text = yield* Effect.tryPromise(async () => {
    if (fragment.length > longest) throw new Error("it is too long")
    return new TextDecoder().decode(await bytesThrough(fromBase64(fragment), new DecompressionStream("deflate-raw")))
  })
  return yield* Schema.decodeUnknownEffect(Text)(text)
})
