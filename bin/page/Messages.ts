/**
 * What was sent: by type, and between whom. Both are tables, so that they can be read as well as seen.
 */
import { fates, type ReportData, role } from "../../src/report/ReportData.ts"
import { checkbox, el, svg, table } from "./Dom.ts"
import * as Format from "./Format.ts"
import { messageClass } from "./Marks.ts"

const types = ({ messages, types }: ReportData): HTMLElement => {
  const rows = types.map((name, type) => {
    const of = messages.filter((message) => message[2] === type)
    const delivered = of.filter(([, , , , , fate]) => fates[fate] === "delivered")
    const took = delivered.map(([, , , , took]) => took ?? 0).toSorted((a, b) => a - b)
    const size = of.reduce((sum, [, , , , , , size]) => sum + size, 0)
    return { name, type, count: of.length, dropped: of.length - delivered.length, size, took: took[took.length >> 1] }
  }).toSorted((a, b) => b.count - a.count)
  const most = Math.max(1, ...rows.map(({ count }) => count))
  const element = table(
    "By type",
    ["type", "messages", "not delivered", "bytes", "bytes each", "median time"],
    rows.map(({ count, dropped, name, size, took }) => [
      name,
      Format.count(count),
      dropped === 0 ? "–" : Format.count(dropped),
      Format.bytes(size),
      Format.count(Math.round(size / count)),
      took === undefined ? "–" : Format.ms(took)
    ])
  )
  for (const [index, header] of [...element.querySelectorAll("tbody th")].entries()) {
    const { count, type } = rows[index]!
    header.append(svg(
      "svg",
      { class: "share", width: 120, height: 6, "aria-hidden": "true" },
      svg("rect", { class: messageClass(type), width: Math.max(1, 120 * count / most), height: 6, rx: 1 })
    ))
  }
  return element
}

/**
 * Who sent how many messages to whom, darker for more. All clients share one row and column, which are left out unless
 * they are asked for.
 */
const links = ({ addresses, messages }: ReportData, withClients: boolean): HTMLElement => {
  const nameOf = addresses.map((address) => role(address) === "client" ? "clients" : address)
  const names = [...new Set(nameOf)].filter((name) => withClients || name !== "clients")
  const counts = new Map<string, number>()
  const dropped = new Map<string, number>()
  for (const [src, dest, , , , fate] of messages) {
    const key = `${nameOf[src]} ${nameOf[dest]}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
    if (fates[fate] !== "delivered") dropped.set(key, (dropped.get(key) ?? 0) + 1)
  }
  const of = (src: string, dest: string): number => counts.get(`${src} ${dest}`) ?? 0
  const most = Math.max(1, ...names.flatMap((src) => names.map((dest) => of(src, dest))))
  const wide = names.length > 12
  const short = (count: number): string =>
    count === 0 ? "" : wide && count >= 1000 ? `${(count / 1000).toFixed(count < 9950 ? 1 : 0)}k` : Format.count(count)
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Messages by link" },
    el(
      "table",
      { class: wide ? "heat wide" : "heat" },
      el("caption", {}, "By link: from the row to the column"),
      el(
        "thead",
        {},
        el("tr", {}, el("th", { scope: "col" }, "from \\ to"), ...names.map((name) => el("th", { scope: "col" }, name)))
      ),
      el(
        "tbody",
        {},
        ...names.map((src) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, src),
            ...names.map((dest) => {
              const count = of(src, dest)
              const lost = dropped.get(`${src} ${dest}`) ?? 0
              const share = Math.sqrt(count / most)
              return el("td", {
                style: count === 0 ? undefined : `--share: ${share.toFixed(3)}`,
                class: count === 0 ? "nothing" : share > 0.9 ? "much" : share > 0.6 ? "some" : undefined,
                title: `${src} → ${dest}: ${Format.count(count)}${
                  lost > 0 ? `, ${Format.count(lost)} not delivered` : ""
                }`
              }, short(count))
            })
          )
        )
      )
    )
  )
}

export const messages = (data: ReportData, mount: HTMLElement): void => {
  if (data.messages.length === 0) {
    mount.append(el(
      "p",
      { class: "none" },
      data.hasJournal ? "No message was sent." : "This run kept no journal of its messages."
    ))
    return
  }
  if (data.unrecorded > 0) {
    mount.append(el(
      "p",
      { class: "note" },
      `The journal has the first ${Format.count(data.messages.length)} messages; ${
        Format.count(data.unrecorded)
      } more were not kept.`
    ))
  }
  const matrix = el("div")
  const draw = (withClients: boolean): void => matrix.replaceChildren(links(data, withClients))
  const between = data.messages.some(([src, dest]) =>
    role(data.addresses[src]!) !== "client" && role(data.addresses[dest]!) !== "client"
  )
  draw(!between)
  mount.append(types(data), matrix, el("p", { class: "controls" }, checkbox("with clients", !between, draw)))
}
