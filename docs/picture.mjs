// Makes docs/report.png, the README's picture: npm run build && node docs/picture.mjs
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { chromium } from "playwright-core"

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "gossip-girl-"))
const file = join(folder, "report.html")
const flags =
  "-w broadcast --node-count 9 --rate 25 --time-limit 12 --latency 100 --latency-dist uniform --nemesis partition"
execFileSync(process.execPath, [
  join(root, "dist/gossip-girl.js"),
  "simulate",
  ...`${flags} --nemesis-interval 2 --seed 5 --report ${file}`.split(" ")
])

const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium" })
const page = await browser.newPage({ viewport: { width: 1180, height: 700 }, reducedMotion: "reduce" })
await page.goto(pathToFileURL(file).href)
await page.addStyleTag({
  content:
    "nav, .hint, .status { display: none !important } #diagram { padding: 1.2rem } .stage:focus-visible { outline: none }"
})
await page.getByLabel("from, in seconds").fill("8.4")
await page.getByLabel("to, in seconds").fill("10.2")
await page.getByLabel("to, in seconds").press("Enter")
await page.locator(".stage").focus()
await page.locator("#diagram").screenshot({ path: join(root, "docs/report.png") })
await browser.close()
rmSync(folder, { recursive: true })
