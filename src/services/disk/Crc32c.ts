/**
 * The checksum CRC-32C, which finds every error of up to five flipped bits in records of up to 655 bytes, every burst of
 * up to 32 bits in records of any length, and any other error with a probability of 1 − 2⁻³². (Castagnoli et al.,
 * "Optimization of Cyclic Redundancy-Check Codes with 24 and 32 Parity Bits", 1993; Koopman, "32-Bit Cyclic Redundancy
 * Codes for Internet Applications", 2002.)
 */

/** The polynomial, its bits reversed. */
const polynomial = 0x82f63b78

/** What each value of the lowest byte does to the rest. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
  return crc
})

export const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffff_ffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffff_ffff) >>> 0
}
