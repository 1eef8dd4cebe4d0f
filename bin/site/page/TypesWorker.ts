/**
 * Checks types apart from the page. The first message brings the files, and each later one a text to check.
 */
import * as Types from "../Types.ts"

export type Request = { readonly files: string } | { readonly text: string }

const inflate = async (base64: string): Promise<Types.Files> => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))
  return await new Response(stream).json()
}

let check: Promise<(text: string) => ReadonlyArray<Types.TypeError>>

globalThis.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if ("files" in data) check = inflate(data.files).then(Types.make)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
  else void check.then((check) => globalThis.postMessage(check(data.text)))
})
