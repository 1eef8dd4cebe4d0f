/**
 * The text of a program as visitors read and edit it in the playground.
 */
const relative = /(["'])(?:\.\.?\/)+(?:src\/)?([\w/-]+)\.ts\1/g

/** The text as visitors read and edit it: imports name the package, wherever the file stands. */
export const shown = (text: string): string =>
  text.replace(
    relative,
    (_, quote: string, path: string) => `${quote}gossip-girl/${path.includes("/") ? path : `programs/${path}`}${quote}`
  )
