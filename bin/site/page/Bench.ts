/**
 * The worker as the page sees it: it asks one question at a time. If an answer takes too long, the page ends the
 * worker, and with it a program that never ends, and starts another one.
 */
import type { Recording } from "../Recording.ts"
import type { Setup } from "../Setup.ts"
import type { Answer, Request } from "./Worker.ts"

declare const WORKER: string

/** How long the worker may be silent, in ms. */
const longestSilence = 8000

export interface Bench {
  /** Asks; an earlier question that is not answered is given up. */
  readonly ask: (
    what: Request["what"],
    setup: Setup | string,
    onRuns?: (runs: number) => void
  ) => Promise<Recording | string>
}

const start = (): Worker => new Worker(URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" })))

export const make = (): Bench => {
  let worker = start()
  let isBusy = false
  let lastId = 0
  let giveUp: (() => void) | undefined
  const restart = (): void => {
    worker.terminate()
    worker = start()
    isBusy = false
  }
  return {
    ask: (what, setup, onRuns = () => {}) => {
      giveUp?.()
      if (isBusy) restart()
      isBusy = true
      const id = ++lastId
      return new Promise((resolve) => {
        let silence: ReturnType<typeof setTimeout>
        let forget = (): void => {}
        const end = (result: Recording | string): void => {
          clearTimeout(silence)
          forget()
          giveUp = undefined
          if (id === lastId) isBusy = false
          resolve(result)
        }
        const wait = (): void => {
          clearTimeout(silence)
          silence = setTimeout(() => {
            restart()
            end(`Nothing was heard for ${longestSilence / 1000} s, so it was ended. Does the program loop for ever?`)
          }, longestSilence)
        }
        giveUp = () => end("Something else was asked.")
        wait()
        const hear = ({ data }: MessageEvent<Answer>): void => {
          if (data.id !== id) return
          if ("recording" in data) return end(data.recording)
          if ("failure" in data) return end(data.failure)
          onRuns(data.runs)
          wait()
        }
        const asked = worker
        asked.addEventListener("message", hear)
        forget = () => asked.removeEventListener("message", hear)
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
        asked.postMessage({ id, what, setup } satisfies Request)
      })
    }
  }
}
