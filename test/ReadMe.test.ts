/**
 * What the documents say that one can do: every command that they show is run, briefly, and every link leads somewhere.
 * Code that they show is a file of this project, so it is compiled and tested as such (see bin/docs/Generators.ts).
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Documents from "../bin/docs/Documents.ts"
import { built, root } from "./bin/GossipGirl.ts"

const documents = Documents.texts(root)

/** The commands in a document's blocks for a shell, each on one line, without comments. */
const commandsIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block]) =>
    block!.replaceAll(/\\\n\s*/g, "").split("\n").map((line) => line.replace(/\s+#.*$/, "").trim())
  ).filter((line) => line !== "")

/** What other tests run, and what takes another machine. */
const elsewhere = /^(npm|cd|(SEEDS=\d+ )?npx vitest|\.\/maelstrom|npx gossip-girl (new|serve|costs)|sudo|ssh|scp)\b/

/** The same for a second of the time of a few nodes. */
const brief = (command: string): string =>
  command.replace(/^npx gossip-girl/, `node ${built}`)
    .replace(/ challenges/, " challenges --only 1")
    .replace(/ --(time-limit|nemesis-interval) \d+/g, "")
    .replace(/ --seeds \d+/, " --seeds 2 --jobs 1")
    .replace(/ --node-count 25/, " --node-count 5")
    .replace(/ (simulate|test) /, " $1 --time-limit 1 --nemesis-interval 0.3 --recovery 2 ")

describe("documents", () => {
  const commands = new Set(documents.flatMap(([, text]) => commandsIn(text)).filter((one) => !elsewhere.test(one)))
  const store = mkdtempSync(join(tmpdir(), "gossip-girl-"))

  afterAll(() => rmSync(store, { recursive: true, force: true }))

  it.concurrent.each([...commands])("%s", async (command) => {
    const args = ["-c", brief(command).replace(/ test (?=--time)/, ` test --store ${store} `)]
    const { code, stderr, stdout } = await new Promise<{ code: unknown; stderr: string; stdout: string }>((resolve) =>
      execFile(
        "sh",
        args,
        { cwd: root },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stderr, stdout })
      )
    )
    assert.isTrue((code === 0 || code === 1) && stdout !== "", `${args[1]}\n${stderr}`)
  })

  it("lead to files that are there", () => {
    for (const [name, text] of documents) {
      for (const [, link] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (/^https?:/.test(link!)) continue
        assert.isTrue(existsSync(join(root, dirname(name), link!)), `${name}: ${link}`)
      }
    }
  })

  it("begin with a README of at most 700 words", () => {
    const [, text] = documents.find(([name]) => name === "README.md")!
    const read = text.replaceAll(/<!-- .*? -->/g, "") // nobody reads where a region begins and ends
    assert.isAtMost(read.split(/\s+/).filter((word) => word !== "").length, 700)
  })
})
