/**
 * Elements, made in one expression.
 */

/** The attributes of an element. One that is undefined or false is left out; one that is true is there, empty. */
type Attributes = { readonly [name: string]: string | number | boolean | undefined }

type Child = Node | string | undefined

const fill = <E extends Element>(element: E, attributes: Attributes, children: ReadonlyArray<Child>): E => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value))
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

export const el = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: ReadonlyArray<Child>
): HTMLElementTagNameMap[K] => fill(document.createElement(tag), attributes, children)

export const svg = <K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: ReadonlyArray<Child>
): SVGElementTagNameMap[K] => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children)

export const button = (label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement => {
  const element = el("button", { type: "button", ...attributes }, label)
  element.addEventListener("click", onClick)
  return element
}

export const checkbox = (label: string, checked: boolean, onChange: (checked: boolean) => void): HTMLLabelElement => {
  const input = el("input", { type: "checkbox", checked })
  input.addEventListener("change", () => onChange(input.checked))
  return el("label", {}, input, ` ${label}`)
}

/** Draws now, and again whenever the width changes, and when asked to. */
export const drawn = (container: HTMLElement, draw: (width: number) => void): () => void => {
  let width = 0
  const redraw = (): void => {
    if (width > 0) draw(width)
  }
  new ResizeObserver(() => {
    const now = Math.floor(container.clientWidth)
    if (now === width) return
    width = now
    redraw()
  }).observe(container)
  return redraw
}

export const list = (entries: ReadonlyArray<readonly [name: string, value: string]>): HTMLDListElement =>
  el("dl", { class: "list" }, ...entries.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))))

/** A table whose first column says what the row is. */
export const table = (
  caption: string,
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): HTMLElement =>
  el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
      el(
        "tbody",
        {},
        ...rows.map(([first = "", ...rest]) =>
          el("tr", {}, el("th", { scope: "row" }, first), ...rest.map((cell) => el("td", {}, cell)))
        )
      )
    )
  )
