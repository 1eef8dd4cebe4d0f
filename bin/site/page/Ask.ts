/**
 * The form for an operation by hand: which request a client sends to the chosen node, and with which fields.
 */
import type { Json } from "../../../src/schema/Json.ts"
import { button, el } from "../../page/Dom.ts"
import type { HandmadeRequest } from "../Recording.ts"

/** The value of a field: text that is no JSON counts as a string. */
const valueOf = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const make = (ask: () => void) => {
  let requests: ReadonlyArray<HandmadeRequest> = []
  const type = el("select", { "aria-label": "Request" })
  const fields = el("span", { class: "fields" })
  const submit = button("", ask, { "aria-keyshortcuts": "a" })

  const inputs = (): ReadonlyArray<HTMLInputElement> => [...fields.querySelectorAll("input")]
  const fill = (): void => {
    const example = requests.find((request) => request.type === type.value)?.fields ?? {}
    fields.replaceChildren(
      ...Object.entries(example).map(([name, value]) => {
        const text = JSON.stringify(value)
        const size = Math.max(8, text.length)
        return el(
          "label",
          {},
          `${name} `,
          el("input", { name, value: text, size, autocomplete: "off", spellcheck: false })
        )
      })
    )
  }
  type.addEventListener("change", fill)
  fields.addEventListener("keydown", (event) => {
    if (event.key === "Enter") submit.click()
  })
  return {
    element: el("div", { class: "bar", role: "group", "aria-label": "An operation by hand" }, type, fields, submit),
    /** Shows which requests this run knows. Fields that somebody has filled in stay. */
    load: (now: ReadonlyArray<HandmadeRequest>): void => {
      const [chosen, isTyped] = [type.value, inputs().some((input) => input.value !== input.defaultValue)]
      requests = now
      type.replaceChildren(...now.map((request) => el("option", { value: request.type }, request.type)))
      const isKnown = now.some((request) => request.type === chosen)
      if (isKnown) type.value = chosen
      if (!isKnown || !isTyped) fill()
    },
    /** Takes the request that stands in the form, and empties the form. */
    take: (): HandmadeRequest => {
      const taken = Object.fromEntries(inputs().map(({ name, value }) => [name, valueOf(value)]))
      for (const input of inputs()) input.value = input.defaultValue
      return { type: type.value, fields: taken }
    },
    ask: () => submit.click(),
    /** Shows to which node the request would go, or why to none. */
    show: (node: string | undefined, why: string): void => {
      const label = node === undefined ? why : `ask ${node} (a)`
      if (submit.textContent !== label) submit.textContent = label // the page calls this with each frame
      submit.disabled = node === undefined || requests.length === 0
    }
  }
}
