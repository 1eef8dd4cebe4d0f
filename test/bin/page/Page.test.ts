/**
 * Reports as people meet them: opened from disk in a real browser, offline, with a keyboard.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Browser, chromium, type Page } from "playwright-core"
import { registry } from "../../../src/registry/Registry.ts"
import { extract } from "../../../src/report/Extract.ts"
import type { Assets } from "../../../src/report/Html.ts"
import { report } from "../../../src/report/HtmlReport.ts"
import { role } from "../../../src/report/ReportData.ts"
import { Address } from "../../../src/schema/Address.ts"
import type * as Journal from "../../../src/simulator/network/Journal.ts"
import * as Run from "../../../src/simulator/Run.ts"
import * as Runs from "../../report/Runs.ts"
import * as Wrong from "../../wrong/BroadcastNodes.ts"

const root = join(import.meta.dirname, "../../..")

if (Runs.chromium === undefined) {
  console.warn("\n*** No Chromium here: reports are NOT tested in a browser. Install it, or name it by CHROMIUM. ***\n")
}

/** Some operations are slow, some fail, the outcome of some is unknown. */
const central = Runs.run({
  workload: registry["unique-ids"].workload,
  program: registry["unique-ids"].programs.central.program,
  nodeCount: 3,
  concurrency: 6,
  rate: 20,
  timeLimit: 10_000,
  latency: { mean: 10, dist: "exponential" },
  loss: 0.05,
  nemesis: ["kill"],
  nemesisInterval: 2000
})

const forgetful = Runs.run({
  workload: registry.broadcast.workload,
  program: Wrong.forgetful,
  rate: 10,
  timeLimit: 10_000,
  latency: { mean: 40, dist: "exponential" },
  nemesis: ["partition"],
  nemesisInterval: 3000,
  seed: 1
})

const echo = registry.echo
const echoing = { workload: echo.workload, program: echo.programs.echo.program, timeLimit: 1000 }

/** 100,000 messages among 25 nodes in 20 s. */
const many = (): Run.Run => {
  const run = Runs.run({ ...echoing, nodeCount: 25, concurrency: 25, timeLimit: 20_000 })
  const messages = Array.from({ length: 100_000 }, (_, id): Journal.Message => ({
    id,
    src: Address.make(`n${id % 25}`),
    dest: Address.make(`n${(id * 7 + 1) % 25}`),
    type: "gossip",
    size: 100,
    sent: id / 5,
    ended: id / 5 + 100,
    fate: id % 50 === 0 ? "cut" : "delivered",
    body: "{}"
  }))
  return { ...run, messages: { messages, unrecorded: 5 } }
}

describe.skipIf(Runs.chromium === undefined)("a report in a browser", () => {
  let folder: string
  let assets: Assets
  let browser: Browser

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gossip-girl-"))
    ;[assets, browser] = await Promise.all([
      Runs.assets(),
      chromium.launch({ executablePath: Runs.chromium! })
    ])
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Fails afterwards if anything was said on the console, or asked of a network. */
  const visit = async (
    url: string,
    look: (page: Page) => Promise<void>,
    options: Parameters<Browser["newPage"]>[0] = {}
  ): Promise<void> => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, reducedMotion: "reduce", ...options })
    const complaints: Array<string> = []
    page.on("console", (message) => complaints.push(message.text()))
    page.on("pageerror", ({ message }) => complaints.push(message))
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith("data:")) {
        complaints.push(`asked for ${request.url()}`)
      }
    })
    page.setDefaultTimeout(5000)
    await page.goto(url)
    await page.waitForSelector(".stage svg")
    await look(page)
    await page.close()
    assert.deepStrictEqual(complaints, [])
  }

  const open = (run: Run.Run, look: (page: Page) => Promise<void>, options?: Parameters<Browser["newPage"]>[0]) => {
    const file = join(folder, "report.html")
    writeFileSync(file, report(run, assets))
    return visit(pathToFileURL(file).href, look, options)
  }

  /** How many things the marks in there stand for. */
  const count = (page: Page, selector: string): Promise<number> =>
    page.$$eval(selector, (all) => all.reduce((sum, one) => sum + Number(one.getAttribute("data-count")), 0))

  const rangeOf = async (page: Page): Promise<readonly [from: number, to: number]> => {
    const [from, to] = await page.$$eval(
      ".range input",
      (inputs) => inputs.map((input) => Number((input as HTMLInputElement).value))
    )
    return [from!, to!]
  }

  /** Presses a key, and waits for the next frame. */
  const press = async (page: Page, ...keys: ReadonlyArray<string>): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  }

  const focusStage = async (page: Page): Promise<void> => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press("Tab")
      if (await page.evaluate(() => document.activeElement?.classList.contains("stage") === true)) return
    }
    assert.fail("Tab never came to the diagram")
  }

  it("draws each operation and each message, from disk and offline", () =>
    open(central, async (page) => {
      const { addresses, messages, operations } = extract(central)
      assert.isTrue(new Set(operations.map(([, , , , outcome]) => outcome)).size > 1)
      assert.strictEqual(await count(page, "#latency .points"), operations.length)
      assert.strictEqual(await page.locator("#quantiles .chart path.quantile").count(), 8)
      assert.isAbove(await page.locator("#latency .chart .fault.kill").count(), 0)
      await focusStage(page)
      await press(page, "0")
      const isClient = (address: number): boolean => role(addresses[address]!) === "client"
      const between = messages.filter(([src, dest]) => !isClient(src) && !isClient(dest))
      assert.strictEqual(await count(page, "#diagram .stage .message:not(.head):not(.cross)"), between.length)
      const isDropped = ([, , , , , fate]: (typeof between)[number]): boolean => fate !== 0 && fate !== 4
      assert.strictEqual(await count(page, "#diagram .stage .cross"), between.filter(isDropped).length)
      assert.strictEqual(await count(page, "#diagram .stage .operation"), operations.length)
      const cells = await page.$$eval("#messages .heat td", (all) =>
        all.map((cell) => Number(cell.textContent?.replace(",", ""))))
      assert.strictEqual(
        cells.reduce((sum, n) =>
          sum + n, 0),
        between.length
      )
      await page.getByLabel("clients", { exact: true }).check()
      await press(page)
      assert.strictEqual(
        await count(page, "#diagram .stage .message:not(.head):not(.cross)"),
        messages.length
      )
    }))

  it("is moved, zoomed and read by keys alone", () =>
    open(central, async (page) => {
      await focusStage(page)
      await press(page, "0")
      const [start, end] = await rangeOf(page)
      await press(page, "+", "+", "+")
      const [from, to] = await rangeOf(page)
      assert.closeTo((to - from) / (end - start), 0.6 ** 3, 0.01)
      await press(page, "ArrowRight")
      const [moved] = await rangeOf(page)
      assert.closeTo(moved - from, (to - from) / 10, 0.01)
      await press(page, "Home")
      assert.closeTo((await rangeOf(page))[0], start, 0.01)
      await press(page, "n")
      assert.match(await page.locator(".status").innerText(), /^generate at n\d, .*after/)
      assert.strictEqual(await page.locator(".stage rect.selected").count(), 1)
      await press(page, "m")
      assert.match(await page.locator(".status").innerText(), /to lin-tso/)
      await page.getByRole("button", { name: "Its reply" }).click()
      assert.match(await page.locator(".inspector h3").innerText(), /ts_ok, lin-tso to/)
      await focusStageAgain(page)
      await press(page, "i")
      assert.isAbove(await page.locator(".stage .message.in").count(), 0)
      assert.isAbove(await page.locator(".stage .message.out").count(), 0)
      await press(page, "?")
      assert.isTrue(await page.locator("dialog").isVisible())
      await press(page, "Escape")
      assert.isFalse(await page.locator("dialog").isVisible())
      await page.getByRole("slider", { name: "End of the range" }).focus()
      const [, before] = await rangeOf(page)
      await press(page, "ArrowRight")
      assert.isAbove((await rangeOf(page))[1], before)
    }))

  const focusStageAgain = (page: Page): Promise<void> => page.locator(".stage").focus()

  it("leads from a finding to its operations", () =>
    open(forgetful, async (page) => {
      const { evidence } = extract(forgetful)
      assert.include(await page.locator("h1").innerText(), "invalid")
      assert.strictEqual(await page.locator("[data-evidence]").count(), evidence.length)
      await page.locator("[data-evidence='1']").focus()
      await press(page, "Enter")
      const accused = page.locator(".stage rect.accused")
      const shown = await accused.evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-operation"))))
      assert.sameMembers(shown, [...evidence[1]!.operations])
      assert.isTrue(await page.locator(".stage").evaluate((stage) => stage === document.activeElement))
      assert.isAbove(await page.locator(".stage .side-1").count(), 0, "partitions are drawn")
      assert.isAbove(await page.locator(".stage .cross").count(), 0, "what they drop is crossed")
      await press(page, "f")
      assert.include(await page.locator(".status").innerText(), `broadcast ${evidence[1]!.about} at`)
      await press(page, "e")
      assert.strictEqual(await page.locator("[data-evidence='2']").getAttribute("aria-pressed"), "true")
      await press(page, "Escape")
      assert.strictEqual(await accused.count(), 0)
    }))

  it("is moved by a pointer too, and a point of a chart leads to its operation", () =>
    open(central, async (page) => {
      await page.locator(".stage").scrollIntoViewIfNeeded()
      await page.locator(".toolbar").evaluate((toolbar) => toolbar.scrollIntoView())
      const stage = (await page.locator(".stage").boundingBox())!
      const [from, to] = await rangeOf(page)
      await page.mouse.move(stage.x + 600, stage.y + 40)
      await page.mouse.down()
      await page.mouse.move(stage.x + 400, stage.y + 40)
      await page.mouse.up()
      await press(page)
      assert.isAbove((await rangeOf(page))[0], from)
      await page.keyboard.down("Control")
      await page.mouse.wheel(0, -300)
      await page.keyboard.up("Control")
      await press(page)
      const zoomed = await rangeOf(page)
      assert.isBelow(zoomed[1] - zoomed[0], to - from)
      const overview = (await page.locator(".overview").boundingBox())!
      await page.mouse.move(overview.x + 1000, overview.y + 20)
      await page.mouse.down()
      await page.mouse.move(overview.x + 400, overview.y + 20)
      await page.mouse.up()
      await press(page)
      const chosen = await rangeOf(page)
      assert.closeTo((chosen[1] - chosen[0]) / extract(central).duration * 1000, 600 / (overview.width - 80), 0.02)
      await page.locator("#latency .chart").evaluate((chart) => chart.scrollIntoView({ block: "center" }))
      const mark = await page.locator("#latency .chart .points.ok").evaluate((path) => {
        const box = path.closest("svg")!.getBoundingClientRect()
        const [, x, y] = /^M([\d.]+),([\d.]+)/.exec(path.getAttribute("d")!)!
        return { x: box.x + Number(x), y: box.y + Number(y) }
      })
      await page.mouse.click(mark.x, mark.y)
      assert.match(await page.locator(".status").innerText(), /^generate /)
    }))

  it("follows the system's light and dark, and prints what is to be read", () =>
    open(forgetful, async (page) => {
      const luminance = (property: string): Promise<number> =>
        page.evaluate((name) => {
          const parts = getComputedStyle(document.body).getPropertyValue(name).match(/\d+/g)!
          return parts.slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765
        }, property)
      assert.isBelow(await luminance("background-color"), 0.15)
      assert.isAbove(await luminance("color"), 0.85)
      await page.emulateMedia({ colorScheme: "light" })
      assert.isAbove(await luminance("background-color"), 0.95)
      assert.isBelow(await luminance("color"), 0.2)
      await page.emulateMedia({ media: "print" })
      assert.isFalse(await page.locator("nav").isVisible())
      assert.isTrue(await page.locator(".findings").isVisible())
    }, { colorScheme: "dark" }))

  it("fits a narrow window, and names its parts", () =>
    open(forgetful, async (page) => {
      assert.isAtMost(await page.evaluate(() => document.documentElement.scrollWidth), 360)
      for (const landmark of ["banner", "navigation", "main"] as const) {
        assert.strictEqual(await page.getByRole(landmark).count(), 1)
      }
      const levels = await page.$$eval("h1, h2, h3", (all) => all.map(({ tagName }) => Number(tagName[1])))
      for (const [i, level] of levels.entries()) assert.isAtMost(level - (levels[i - 1] ?? 0), 1, levels.join(" "))
      const unnamed = await page.$$eval("button, [role=img], [role=slider], [role=application], section", (all) =>
        all.filter((one) =>
          !one.hasAttribute("aria-label") && !one.hasAttribute("aria-labelledby") && one.textContent === ""
        ).length)
      assert.strictEqual(unnamed, 0)
    }, { viewport: { width: 360, height: 700 } }))

  it("with 100,000 messages among 25 nodes draws what can be seen", () =>
    open(many(), async (page) => {
      assert.include(await page.locator("#messages .note").innerText(), "5 more")
      const lines = await count(page, ".stage .message:not(.head):not(.cross)")
      assert.isTrue(lines > 100 && lines <= 2500, `${lines}`)
      await focusStageAgain(page)
      await press(page, "0")
      assert.include(await page.locator("#diagram .note").innerText(), "100,000 messages")
      assert.strictEqual(await page.locator(".stage .message").count(), 0)
      assert.isAbove(await page.locator(".stage .density").count(), 1)
      await page.evaluate(() => {
        const counter = Object.assign(window, { made: 0 })
        document.createElementNS = new Proxy(document.createElementNS, {
          apply: (make, self, args) => {
            counter.made++
            return Reflect.apply(make, self, args)
          }
        })
      })
      const steps = [...Array.from({ length: 10 }, () => "+"), ...Array.from({ length: 10 }, () => "ArrowRight")]
      await press(page, ...steps)
      const made = await page.evaluate(() => (window as unknown as { made: number }).made)
      assert.isBelow(made, steps.length * 150, "elements, however many messages there are")
      assert.isAbove(await page.locator(".stage .message").count(), 0)
    }))

  it("draws nothing where there is nothing", async () => {
    for (
      const run of [
        Runs.run({ ...echoing, nodeCount: 1, rate: 0 }),
        Runs.run({ ...echoing, nodeCount: 1, journal: false }),
        { ...central, history: [], messages: { messages: [], unrecorded: 0 } }
      ]
    ) {
      await open(run, async (page) => {
        await focusStageAgain(page)
        await press(page, "0", "+", "n", "m", "p", "M", "e", "f", "i", "ArrowDown", "n", "Escape", "End", "-")
        assert.isTrue((await rangeOf(page)).every(Number.isFinite))
        assert.notInclude(await page.locator("main").innerHTML(), "NaN")
      })
    }
  })

  describe("served", () => {
    let server: ChildProcess
    afterAll(() => void server?.kill())

    it("from a list of the store", async () => {
      const built = "dist/gossip-girl.js"
      const store = join(folder, "store")
      for (const [name, run] of [["1", central], ["2", forgetful]] as const) {
        const runFolder = join(store, run.workload, name)
        mkdirSync(runFolder, { recursive: true })
        writeFileSync(join(runFolder, "results.json"), Run.toJson(run))
        writeFileSync(join(runFolder, "report.html"), report(run, assets))
      }
      writeFileSync(join(folder, "secret"), "secret")
      server = spawn(process.execPath, [built, "serve", "--store", store, "--port", "0"], { cwd: root })
      const url = await new Promise<string>((resolve, reject) => {
        server.stdout?.on("data", (text: Buffer) => resolve(/http:\S+/.exec(text.toString())![0]))
        server.on("exit", () => reject(new Error("the server has ended")))
      })
      const page = await browser.newPage()
      await page.goto(url)
      assert.strictEqual(await page.locator("tbody tr").count(), 2)
      assert.deepStrictEqual((await page.locator("tbody .verdict").allInnerTexts()).toSorted(), [
        "✓ valid",
        "✗ invalid"
      ])
      await page.getByRole("link", { name: "broadcast" }).click()
      await page.waitForSelector(".stage svg")
      assert.include(await page.locator("h1").innerText(), "broadcast")
      await page.close()
      for (
        const path of ["../secret", "%2e%2e/secret", "..%2fsecret", "broadcast/../../secret", "nothing", "%00", "%"]
      ) {
        const socket = await raw(url, `/${path}`)
        assert.match(socket, /^HTTP\/1.1 40[04]/, path)
      }
      assert.match(await raw(url, "/", "elsewhere.example"), /^HTTP\/1.1 403/)
      assert.match(await raw(url, "/"), /^HTTP\/1.1 200/)
    })
  })
})

/** What is answered to a path as it is: browsers and clients would tidy it up. */
const raw = async (url: string, path: string, host?: string): Promise<string> => {
  const { request } = await import("node:http")
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers: host === undefined ? {} : { host } }, (response) => {
      response.resume()
      resolve(`HTTP/1.1 ${response.statusCode}`)
    }).on("error", reject).end()
  })
}
