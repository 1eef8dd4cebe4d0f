/**
 * The report of a run: one page that needs nothing else, neither a network nor a file beside it.
 *
 * What is short stands in the page as text. What is long stands there once as data (see ReportData), and is drawn when
 * somebody looks at it.
 */
import type { Json } from "../schema/Json.ts"
import { latency } from "../simulator/Limits.ts"
import { Options } from "../simulator/Options.ts"
import type { Run } from "../simulator/Run.ts"
import * as Operations from "../workloads/history/Operations.ts"
import { quantile } from "../workloads/history/Sorted.ts"
import * as Setting from "../workloads/Setting.ts"
import { extract } from "./Extract.ts"
import { type Assets, type Html, html, json, page } from "./Html.ts"
import type { ReportData } from "./ReportData.ts"
import { beyondHeading, beyondHint } from "./TextReport.ts"
import { marks, verdict } from "./VerdictMark.ts"

const number = (value: number, digits = 0): string =>
  value.toLocaleString("en", {
    maximumFractionDigits: digits,
    minimumFractionDigits: Number.isInteger(value) ? 0 : digits
  })

/** A share as a percentage, never rounded up: 100 % means all of them. */
const percentage = (fraction: number): string => `${Math.floor(fraction * 10_000) / 100} %`

const bytes = (size: number): string =>
  size < 10_000 ? `${number(size)} B` : size < 1e7 ? `${number(size / 1000)} kB` : `${number(size / 1e6, 1)} MB`

/** As exact as there is room for in a tile. */
const latencyOf = (ms: number): string => `${number(ms, ms < 1000 ? 1 : 0)} ms`

const tile = (name: string, value: string, note?: string): Html =>
  html`<div><dt>${name}</dt><dd>${value}</dd>${note && html`<dd class="aside">${note}</dd>`}</div>`

const below = (limit: number | undefined): string | undefined =>
  limit === undefined ? undefined : `limit ${number(limit)}`

const tiles = ({ limits, results }: Run): Html => {
  const { latencies, messagesPerOperation, network, okFraction, operations } = results
  const { max, median } = latency(results)
  const spreads = results.workload.figures["stableLatencies"] !== undefined
  return html`<dl class="tiles">${[
    tile("Operations", number(operations.count)),
    tile("ok", percentage(okFraction)),
    tile("Server messages an operation", number(messagesPerOperation.servers, 3), below(limits?.messagesPerOperation)),
    tile(
      spreads ? "Median until all have it" : "Median latency",
      latencyOf(median),
      below(limits?.medianLatency)
    ),
    tile(spreads ? "Longest until all have it" : "Longest latency", latencyOf(max), below(limits?.maxLatency)),
    ...spreads ? [tile("Slowest reply", latencyOf(latencies.max))] : [],
    tile("Between servers", number(network.servers.sent), bytes(network.servers.bytes))
  ]}</dl>`
}

const finding = (data: ReportData, index: number): Html => {
  const evidence = data.evidence.flatMap((one, at) => one.finding === index ? [{ ...one, at }] : [])
  return html`<li><p>${data.findings[index]}</p>${
    evidence.length > 0
      ? html`<p class="evidence">Show in the diagram: ${
        evidence.map(({ about, at }) => html`<button type="button" data-evidence="${at}">${about}</button> `)
      }</p>`
      : undefined
  }</li>`
}

const findings = (data: ReportData): Html => {
  const all = [...data.findings.keys()]
  const counted = all.slice(0, data.counted)
  const beyond = all.slice(data.counted)
  return html`${
    counted.length === 0
      ? html`<p class="none">Nothing speaks against this run.</p>`
      : html`<ol class="findings">${counted.map((index) => finding(data, index))}</ol>`
  }${
    beyond.length === 0 ? undefined : html`<h3>What is ${beyondHeading}</h3><p class="lead">${beyondHint}.</p>
<ol class="findings beyond">${beyond.map((index) => finding(data, index))}</ol>`
  }`
}

const table = (caption: string, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): Html =>
  html`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${
    rows.map(([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`
    )
  }</tbody>
</table></div>`

/** What was asked, how it ended, and how long it took. */
const operations = ({ history, results }: Run): Html => {
  const all = Operations.completed(history)
  const rows = Object.entries(results.operationsByKind).map(([f, { count, fail, info, ok }]) => {
    const sorted = all.filter(({ completion, invoke }) => invoke.f === f && completion.type === "ok")
      .map(({ completion, invoke }) => completion.time - invoke.time).toSorted((a, b) => a - b)
    const at = (fraction: number): string => sorted.length === 0 ? "–" : number(quantile(sorted, fraction), 1)
    return [f, number(count), number(ok), number(fail), number(info), at(0.5), at(0.95), at(0.99), at(1)]
  })
  return rows.length === 0
    ? html`<p class="none">No operation was ever invoked.</p>`
    : table("Operations, and the latencies in ms of those that were ok", [
      "operation",
      "count",
      "ok",
      "fail",
      "info",
      "median",
      "95 %",
      "99 %",
      "longest"
    ], rows)
}

const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const value = (it: Json): string =>
  typeof it === "number"
    ? number(it, 3)
    : typeof it === "string"
    ? it
    : Array.isArray(it)
    ? it.map(value).join("; ")
    : typeof it === "object" && it !== null
    ? Object.entries(it).map(([name, part]) => `${name}: ${value(part)}`).join(", ")
    : JSON.stringify(it)

const list = (name: string, entries: ReadonlyArray<readonly [name: string, value: string]>): Html | undefined =>
  entries.length === 0
    ? undefined
    : html`<div><h3>${name}</h3><dl class="list">${
      entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
    }</dl></div>`

/** What the declaration of each option says of it. */
const rows = (options: Options): ReadonlyArray<readonly [name: string, value: string]> =>
  Setting.fieldsOf(Options).flatMap((field) => {
    const set = Setting.get(options, field)
    return set === undefined ? [] : [[field.label, Setting.show(field, set)] as const]
  })

const details = ({ options, playground, program, replay, results, title, workload }: Run): Html => {
  const { all, clients, servers } = results.network
  return html`<div class="columns">
${
    list("Options", [
      ["run", title],
      ["workload", workload],
      ["program", program],
      ...rows(options),
      ...Object.entries(options.settings ?? {}).map(([name, setting]) => [words(name), value(setting)] as const),
      ...Object.entries(options.config ?? {})
    ])
  }
${
    list(
      "What the checker counted",
      Object.entries(results.workload.figures).map(([name, figure]) => [words(name), value(figure)])
    )
  }
${
    list("Network", [
      ["between servers", `${number(servers.sent)} messages, ${bytes(servers.bytes)}`],
      ["with clients", `${number(clients.sent)} messages, ${bytes(clients.bytes)}`],
      ["all", `${number(all.sent)} sent, ${number(all.received)} received`],
      [
        "an operation",
        `${number(results.messagesPerOperation.servers, 3)} between servers, ${
          number(results.messagesPerOperation.all, 3)
        } in all`
      ]
    ])
  }
</div>
<h3>Once more</h3>
<pre class="command"><code>${replay}</code></pre>
${
    playground && html`<p>In the playground, to step through and to change:</p>
<pre class="command"><code>${playground.command}</code></pre>`
  }
${playground?.address && html`<p><a href="${playground.address}">Open it there</a></p>`}`
}

const chart = (id: string, title: string, text: string): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2><p class="lead">${text}</p><div class="mount"><p class="none">Drawn by this page's script.</p></div></section>
`

const sections = (data: ReportData): ReadonlyArray<readonly [id: string, title: string, text: string]> => [
  ...data.series.length === 0 ? [] : [
    [
      "spread",
      "Until everybody has it",
      "Each value by when it was known, and how long until no read lacked it any more."
    ] as const
  ],
  ["latency", "Latency", "Each operation by when it began and how long it took. Choose one to see it in the diagram."],
  ["quantiles", "Latency over time", "Quantiles of the operations that ended ok, by when they began."],
  ["rate", "Rate", "How many operations ended each second, and how."],
  [
    "diagram",
    "Space and time",
    "Each line is a node, time goes to the right. Operations are bars on their node's line; messages lead from who sent them to who received them."
  ],
  ["messages", "Messages", "What was sent, and between whom."]
]

const faults = ({ faults }: ReportData): Html | undefined => {
  const time = (ms: number): string => `${number(ms / 1000, 3)} s`
  return faults.length === 0
    ? undefined
    : html`<h3>Faults</h3><ul class="faults">${
      faults.map(({ end, start, what }) => html`<li>${time(start)} to ${time(end)}: ${what}</li>`)
    }</ul>`
}

/** The report of a run, as the text of a whole HTML file. */
export const report = (run: Run, assets: Assets): string => {
  const data = extract(run)
  const { options, program, results, workload } = run
  const drawn = sections(data)
  const title = run.title === workload ? workload : run.title
  return page({
    title: `${marks[results.validity]} ${title} – Gossip Girl`,
    assets,
    data: json(data),
    body: html`<a class="skip" href="#main">Skip to the report</a>
<header class="top">
<p class="brand">Gossip Girl</p>
<h1>${title} ${verdict(results)}</h1>
<p class="what">${program} on ${options.nodeCount} ${options.nodeCount === 1 ? "node" : "nodes"}, ${
      number(options.rate, 2)
    } operations a second for ${number(options.timeLimit / 1000, 3)} s${
      options.latency.mean > 0 ? `, ${number(options.latency.mean, 3)} ms latency` : ""
    }${options.nemesis.length > 0 ? `, with ${options.nemesis.join(", ")}` : ""}, seed ${String(options.seed)}</p>
</header>
<nav aria-label="Sections"><ul><li><a href="#verdict">Verdict</a></li>${
      drawn.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)
    }<li><a href="#details">Details</a></li></ul><button type="button" class="help" aria-keyshortcuts="?">Keys <kbd>?</kbd></button></nav>
<main id="main" tabindex="-1">
<section id="verdict" aria-labelledby="verdict-title"><h2 id="verdict-title">Verdict</h2>
${findings(data)}
${tiles(run)}
${operations(run)}
</section>
${drawn.map(([id, title, text]) => chart(id, title, text))}
<section id="details" aria-labelledby="details-title"><h2 id="details-title">Details</h2>
${details(run)}
${faults(data)}
</section>
</main>`
  })
}
