/**
 * Whether the system can run a file, found out before a run, so that one line says what to mend: the file, its mode, or
 * the interpreter that its first line names.
 */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs"
import { basename, join } from "node:path"

/** As a shell takes it for one word. */
export const quote = (word: string): string =>
  /^[\w./:=,@%+~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

const mayRun = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** How many bytes of a first line Linux reads. */
const longest = 256

/** The first line of a file, if it is one that names an interpreter. */
const shebang = (file: string): string | undefined => {
  const bytes = Buffer.alloc(longest)
  try {
    const descriptor = openSync(file, "r")
    const length = readSync(descriptor, bytes, 0, longest, 0)
    closeSync(descriptor)
    const [line = ""] = bytes.toString("utf8", 0, length).split("\n", 1)
    return line.startsWith("#!") ? line.slice(2) : undefined
  } catch {
    return undefined // who may run a file need not be allowed to read it
  }
}

const inPath = (name: string): string | undefined =>
  (process.env["PATH"] ?? "").split(":").map((directory) => join(directory, name)).find(mayRun)

/** What to do about a name of which there is no file: --bin takes a file, and neither a command nor a line of words. */
const meant = (file: string): string => {
  const name = basename(file)
  if (/\s/.test(name)) return "; arguments go behind --"
  const found = inPath(name)
  return found === undefined ? "" : `; the command of that name is ${found}`
}

/** What is wrong with the interpreter that the first line of a file names, if it names one. */
const interpreterFault = (file: string): string | undefined => {
  const line = shebang(file)
  if (line === undefined) return undefined
  if (line.endsWith("\r")) {
    return "its first line ends with a carriage return, as on Windows, which is taken for a part of a name"
  }
  const [interpreter = "", name = ""] = line.trim().split(/\s+/)
  if (!mayRun(interpreter)) return `its first line asks for the interpreter ${interpreter}, which is not there`
  if (basename(interpreter) !== "env" || name.startsWith("-") || name.includes("=") || inPath(name) !== undefined) {
    return undefined
  }
  return `its first line asks for the interpreter ${name}, which is nowhere in PATH`
}

/** What is wrong with a file that is to be run, if anything. */
export const fault = (file: string): string | undefined => {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return `there is no such file${meant(file)}`
  if (found.isDirectory()) return "that is a directory"
  if (!found.isFile()) return "that is no regular file"
  if (!mayRun(file)) return `that file is not executable (chmod +x ${quote(file)})`
  return interpreterFault(file)
}
