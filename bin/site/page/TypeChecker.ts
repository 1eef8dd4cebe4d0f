/**
 * Type errors on demand: the page loads the compiler and all types when somebody asks for the first time.
 */
import { button, el } from "../../page/Dom.ts"
import type { TypeError } from "../Types.ts"
import type { Editor } from "./Editor.ts"

declare global {
  /** The site's types.js sets it. */
  var TYPES: { readonly worker: string; readonly files: string } | undefined
}

/** Loads it as a script, since pages from disk may load nothing else. */
const load = (): Promise<Worker> =>
  new Promise((resolve, reject) => {
    const script = el("script", { src: "types.js" })
    script.addEventListener("error", () => reject(new Error("types.js cannot be loaded")))
    script.addEventListener("load", () => {
      const { files, worker: text } = globalThis.TYPES!
      const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })))
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      worker.postMessage({ files })
      resolve(worker)
    })
    document.head.append(script)
  })

export const make = (editor: Editor) => {
  let worker: Promise<Worker> | undefined
  const status = el("output", { role: "status" })
  const list = el("ol", { class: "type-errors" })

  const show = (errors: ReadonlyArray<TypeError>): void => {
    status.textContent = errors.length === 0 ? "no type errors" : `type errors: ${errors.length}`
    list.replaceChildren(
      ...errors.map(({ from, line, message }) =>
        el("li", {}, button(`line ${line}`, () => editor.goTo(from)), ` ${message}`)
      )
    )
    editor.mark(errors)
  }
  const check = async (): Promise<void> => {
    status.textContent = worker === undefined ? "loading the compiler" : "checking types"
    worker ??= load()
    try {
      const asked = await worker
      const text = editor.text()
      const errors = await new Promise<ReadonlyArray<TypeError>>((resolve) => {
        asked.addEventListener("message", ({ data }) => resolve(data), { once: true })
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
        asked.postMessage({ text })
      })
      if (text === editor.text()) show(errors)
      else await check()
    } catch (error) {
      worker = undefined
      status.textContent = String(error)
    }
  }
  return {
    controls: [button("check types", () => void check()), status],
    list,
    /** The text has changed, so earlier errors no longer stand. */
    forget: (): void => {
      status.textContent = ""
      list.replaceChildren()
    }
  }
}
