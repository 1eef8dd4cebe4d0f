/**
 * How records stand in a file: one a line, so that the file can be read by eye.
 *
 * A line is `checksum number length text`: the CRC-32C of the rest of the line, as eight hexadecimal digits; which record
 * of the file it is, from 1; how many bytes the text has; and the text, which contains no line break.
 *
 * {@link decode} tells apart what may befall the end of a file in a crash and what must never befall a file:
 * - **Torn**: a crash may leave a part of the last record, from its beginning. Such a part lacks the line break and has
 *   fewer bytes than its length says. What is torn was never reported as safe, so it may be cut off.
 * - **Damaged**: anything else. A flipped bit fails the checksum, but changes no length; so the last record is not taken
 *   for torn because its line break has flipped, nor because its length has, since its line break is there. A record
 *   that is missing in the middle leaves a gap in the numbers, and zeros in place of records are no part of any record.
 *   What is damaged may have been reported as safe: only a human can say what to do, so nothing is thrown away.
 *
 * Not found: whole records that are missing at the end, and two errors of the right kind in the last record.
 */
import * as Result from "effect/Result"
import { crc32c } from "./Crc32c.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const lineBreak = 0x0a

/** The line of a record, with its line break. */
export const encode = (number: number, text: string): Uint8Array => {
  const bytes = encoder.encode(text)
  const header = encoder.encode(`00000000 ${number} ${bytes.length} `)
  const line = new Uint8Array(header.length + bytes.length + 1)
  line.set(header)
  line.set(bytes, header.length)
  line[line.length - 1] = lineBreak
  encoder.encodeInto(crc32c(line.subarray(9, -1)).toString(16).padStart(8, "0"), line)
  return line
}

export interface Decoded {
  readonly texts: ReadonlyArray<string>
  /** How many bytes the whole records have. What comes after them is torn. */
  readonly length: number
}

/** What may stand at the beginning of a record: of a torn one, any part of this, from its beginning. */
const header = /^([0-9a-f]{8}) ([1-9][0-9]*) ([0-9]+) /
const partOfHeader = /^[0-9a-f]{0,8}$|^[0-9a-f]{8} ([1-9][0-9]*( [0-9]*)?)?$/

/** Whether this can be what a crash has left of a record: it has no line break. */
const isTorn = (bytes: Uint8Array): boolean => {
  if (bytes.includes(0)) return false
  const start = decoder.decode(bytes.subarray(0, 64))
  const match = header.exec(start)
  return match === null ? partOfHeader.test(start) : bytes.length <= match[0].length + Number(match[3])
}

/** Reads a file; a failure says in one line where it is damaged. */
export const decode = (bytes: Uint8Array): Result.Result<Decoded, string> => {
  const texts: Array<string> = []
  let start = 0
  while (start < bytes.length) {
    const number = texts.length + 1
    const end = bytes.indexOf(lineBreak, start)
    if (end === -1 && isTorn(bytes.subarray(start))) break
    const line = end === -1 ? undefined : decodeLine(bytes.subarray(start, end), number)
    if (line === undefined) return Result.fail(`record ${number}, at byte ${start} of ${bytes.length}, is damaged`)
    texts.push(line)
    start = end + 1
  }
  return Result.succeed({ texts, length: start })
}

/** The text of this line, if it is sound and has this number. */
const decodeLine = (line: Uint8Array, number: number): string | undefined => {
  const match = header.exec(decoder.decode(line.subarray(0, 64)))
  if (match === null || Number(match[2]) !== number) return undefined
  const [whole, checksum, , length] = match
  const text = line.subarray(whole.length)
  if (text.length !== Number(length) || crc32c(line.subarray(9)) !== Number.parseInt(checksum!, 16)) return undefined
  return decoder.decode(text)
}
