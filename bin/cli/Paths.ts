/**
 * Whether something can be written, found out before a run: what it costs is lost otherwise. Nothing is touched, since
 * what is there is still wanted if the run does not come to its end.
 */
import * as Effect from "effect/Effect"
import { accessSync, constants, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Usage from "./Usage.ts"

const mayWrite = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** What is there, through links; nothing either if the way there leads through a file or is closed. */
const found = (path: string) => {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

const fileFault = (path: string): string | undefined => {
  const file = found(path)
  if (file?.isDirectory() === true) return "that is a directory"
  if (file !== undefined) return mayWrite(path) ? undefined : "that file cannot be written"
  const folder = dirname(resolve(path))
  if (found(folder)?.isDirectory() !== true) return `there is no directory ${folder}`
  return mayWrite(folder) ? undefined : `nothing can be written in ${folder}`
}

const directoryFault = (path: string): string | undefined => {
  const there = found(path)
  if (there !== undefined && !there.isDirectory()) return "that is no directory"
  // It is made with all that leads to it.
  let nearest = resolve(path)
  while (found(nearest) === undefined && dirname(nearest) !== nearest) nearest = dirname(nearest)
  if (found(nearest)?.isDirectory() !== true) return `${nearest} is no directory`
  return mayWrite(nearest) ? undefined : `nothing can be written in ${nearest}`
}

const check = (faultOf: (path: string) => string | undefined) => (flag: string, path: string) => {
  if (path === "") return Usage.wrong(`--${flag} needs a value.`)
  const fault = faultOf(path)
  return fault === undefined ? Effect.void : Usage.wrong(`--${flag} ${path}: ${fault}.`)
}

/** Fails unless a file can be written there, in the place of another one if need be. */
export const file = check(fileFault)

/** Fails unless a directory is there, or can be made, in which something can be written. */
export const directory = check(directoryFault)
