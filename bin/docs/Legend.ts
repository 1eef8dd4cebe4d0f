/**
 * What the signs of a space-time diagram mean, in rows below it: of each sign that is in the picture, and of no other.
 */

/** A sign, drawn in a space of 20 by 10 whose upper left corner is at these coordinates. */
export interface Sign {
  readonly draw: (x: number, y: number) => string
  readonly text: string
}

const letter = 5.7 // the width of a letter, about
const rowHeight = 18

/** A message of a type, in the colour that its arrows have. */
export const message = (type: string, colour: string, marker: string): Sign => ({
  draw: (x, y) =>
    `<line x1="${x}" y1="${y + 5}" x2="${x + 20}" y2="${
      y + 5
    }" stroke="${colour}" stroke-width="2" marker-end="url(#${marker})"/>`,
  text: `${type}, a message`
})

export const lost: Sign = {
  draw: (x, y) => `<path d="M${x + 6} ${y + 1}l8 8m0 -8l-8 8" stroke="#dc2626" stroke-width="2"/>`,
  text: "lost there"
}

export const operation = (text: string, colour: string): Sign => ({
  draw: (x, y) => `<rect x="${x + 7}" y="${y}" width="6" height="10" rx="2" fill="${colour}"/>`,
  text
})

export const fault: Sign = {
  draw: (x, y) => `<rect x="${x}" y="${y}" width="20" height="10" fill="#dc2626" opacity="0.15"/>`,
  text: "a fault"
}

/** The signs with their meanings, from these coordinates and up to this width, and how high all rows are. */
export const draw = (
  signs: ReadonlyArray<Sign>,
  left: number,
  top: number,
  width: number
): { readonly svg: ReadonlyArray<string>; readonly height: number } => {
  let x = left
  let y = top
  const svg = signs.flatMap(({ draw, text }) => {
    const takes = text.length * letter + 44
    if (x > left && x + takes > width) {
      x = left
      y += rowHeight
    }
    const drawn = [draw(x, y), `<text x="${x + 26}" y="${y + 9}" fill="#334155">${text}</text>`]
    x = Math.round(x + takes)
    return drawn
  })
  return { svg, height: y + rowHeight - top }
}
