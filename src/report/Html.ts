/**
 * Text into HTML, escaped.
 */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** HTML that has been made here: it goes into other HTML as it is. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Html | undefined | ReadonlyArray<Part>

const write = (part: Part): string => {
  if (part === undefined) return ""
  if (part instanceof Html) return part.text
  if (typeof part === "object") return part.map(write).join("")
  return String(part).replaceAll(/[&<>"']/g, (character) => entities[character]!)
}

/** A template whose values are escaped, unless they are HTML themselves. */
export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<Part>): Html =>
  new Html(strings.map((text, i) => text + write(values[i])).join(""))

/** What looks of a page, and what brings it to life: the bundles of bin/page. */
export interface Assets {
  readonly script: string
  readonly style: string
}

/** A style or a script ends where its end tag stands, whatever it means there. */
const inline = (text: string): Html => new Html(text.replaceAll(/<\/(?=script|style)/gi, "<\\/"))

/** JSON in a script element: with no `<` in it, no tag can begin or end there. */
export const json = (value: unknown): Html =>
  new Html(
    JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")
  )

/** A whole page that asks nothing of any network, and could not. */
export const page = (options: {
  readonly title: string
  readonly body: Html
  readonly assets: Assets
  readonly data?: Html
}): string => {
  const { assets, body, data, title } = options
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${inline(assets.style)}</style>
</head>
<body>
${body}
${
    data && html`<script id="data" type="application/json">${data}</script>
<script>${inline(assets.script)}</script>
`
  }</body>
</html>
`.text
}
