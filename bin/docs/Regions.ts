/**
 * Parts of Markdown files that are generated. Such a region stands between two comments, of which the first names what
 * gives its text, and the arguments for that:
 *
 *     <!-- generated: challenges -->
 *     <!-- end -->
 */

/** Gives the text of a region; what stands behind its name are the arguments. */
export type Generator = (...args: ReadonlyArray<string>) => string | Promise<string>

export type Generators = Readonly<Record<string, Generator>>

const region = /(<!-- generated: ([^\n]*?) -->\n)([^]*?)(<!-- end -->|(?=<!-- generated: )|$)/g

/** A file whose regions cannot be generated. */
export class WrongRegion extends Error {}

/** The text with each of its regions generated anew. Fails when nothing gives a region, or when one does not end. */
export const update = async (text: string, generators: Generators): Promise<string> => {
  const parts = [...text.matchAll(region)]
  const generated = await Promise.all(parts.map(async ([, , what, , end]) => {
    const [name = "", ...args] = what!.split(/\s+/)
    const generator = generators[name]
    if (generator === undefined) {
      throw new WrongRegion(`nothing generates ${name}: there is ${Object.keys(generators).join(", ")}`)
    }
    if (end === "") throw new WrongRegion(`the region ${what} has no end`)
    return (await generator(...args)).trim()
  }))
  let at = 0
  return text.replace(region, (_, begin: string) => `${begin}\n${generated[at++]!}\n\n<!-- end -->`)
}
