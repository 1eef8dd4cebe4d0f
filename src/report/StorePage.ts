/**
 * The list of the runs in a store, as a page.
 */
import { latency } from "../simulator/Limits.ts"
import type { Summary } from "../simulator/Run.ts"
import { type Assets, type Html, html, page } from "./Html.ts"
import { verdict } from "./VerdictMark.ts"

/** A run in the store. */
export interface Stored {
  /** Where it is, as `workload/name`. */
  readonly path: string
  /** When it ended, or if it never did, when it began, in ms since 1970, if that is known. */
  readonly time: number | undefined
  /** Undefined when its results cannot be read. */
  readonly summary: Summary | undefined
  /** The names of the files and folders that it left. */
  readonly files: ReadonlyArray<string>
  /** The names of the logs of its nodes. */
  readonly logs: ReadonlyArray<string>
}

const number = (value: number, digits = 0): string => value.toLocaleString("en", { maximumFractionDigits: digits })

const when = (time: number | undefined): Html =>
  time === undefined
    ? html`–`
    : html`<time datetime="${new Date(time).toISOString()}">${
      new Date(time).toISOString().replace("T", " ").slice(0, 19)
    }</time>`

const address = (path: string): string => `/${path.split("/").map(encodeURIComponent).join("/")}`

const link = ({ files, path }: Stored, file: string, text: string): Html | undefined =>
  files.includes(file)
    ? html`<a href="${address(path)}/${file}">${text}</a> `
    : undefined

/** So many logs are seen at a glance; more are put away. */
const fewLogs = 5

/** Links to what the nodes have logged. */
const logLinks = ({ logs, path }: Stored): ReadonlyArray<Html> => {
  const links = logs.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).map((name) =>
    html`<a href="${address(path)}/node-logs/${encodeURIComponent(name)}">${name.replace(/\.log$/, "")}</a> `
  )
  if (links.length === 0) return []
  return links.length <= fewLogs
    ? [html`logs: `, ...links]
    : [html`<details><summary>${number(links.length)} logs</summary>${links}</details>`]
}

/** The row of a run without results. */
const fate = ({ files }: Stored): string => {
  if (files.includes("results.json")) return "its results cannot be read"
  // What happened is written at the end, be it an interrupt.
  return files.includes("history.jsonl") ? "interrupted" : "interrupted, or still at work"
}

const row = (run: Stored): Html => {
  const { path, summary } = run
  const files = [
    link(run, "history.jsonl", "history"),
    link(run, "messages.jsonl", "messages"),
    link(run, "results.json", "results"),
    ...logLinks(run)
  ]
  if (summary === undefined) {
    return html`<tr><td class="text">${
      when(run.time)
    }</td><th scope="row" class="text">${path}</th><td colspan="8" class="text">${
      fate(run)
    }</td><td class="text">${files}</td></tr>`
  }
  const { options, program, results } = summary
  const { max, median } = latency(results)
  return html`<tr><td class="text">${when(run.time)}</td><th scope="row" class="text">${
    link(run, "report.html", summary.title) ?? summary.title
  }</th><td class="text">${verdict(results)}</td><td class="text program" title="${program}">${
    program.split("/").at(-1)
  }</td><td>${number(options.nodeCount)}</td><td class="text">${options.nemesis.join(", ") || "–"}</td><td>${
    number(results.operations.count)
  }</td><td>${Math.floor(results.okFraction * 10_000) / 100} %</td><td>${
    number(results.messagesPerOperation.servers, 3)
  }</td><td>${number(median, 1)} / ${number(max, 1)}</td><td class="text">${files}</td></tr>`
}

const head = [
  "ended, UTC",
  "run",
  "verdict",
  "program",
  "nodes",
  "faults",
  "operations",
  "ok",
  "msgs/op",
  "median / max ms",
  "files"
]
const isText = new Set(["ended, UTC", "run", "verdict", "program", "faults", "files"])

/** The page of these runs, in the given order. `store` is the folder in which they are. */
export const storePage = (store: string, runs: ReadonlyArray<Stored>, assets: Assets): string => {
  const invalid = runs.filter(({ summary }) => summary?.results.validity === "invalid").length
  return page({
    title: "Gossip Girl",
    assets,
    body: html`<header class="top"><p class="brand">Gossip Girl</p><h1>Runs</h1><p class="what">${store}: ${
      runs.length === 0
        ? "no run yet"
        : `${number(runs.length)} ${runs.length === 1 ? "run" : "runs"}, ${
          invalid === 0 ? "none" : number(invalid)
        } invalid, the newest first`
    }</p></header>
<main id="main">${
      runs.length === 0
        ? html`<p class="none">Runs come here by <code>gossip-girl test</code>.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table class="runs"><thead><tr>${
          head.map((name) => html`<th scope="col"${isText.has(name) ? html` class="text"` : undefined}>${name}</th>`)
        }</tr></thead><tbody>${runs.map(row)}</tbody></table></div>`
    }</main>`
  })
}
