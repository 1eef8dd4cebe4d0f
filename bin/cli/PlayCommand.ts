/**
 * `gossip-girl play`: the playground, and the pages of the documentation, in a browser on this machine.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpStaticServer from "effect/http/HttpStaticServer"
import { spawn } from "node:child_process"
import { join } from "node:path"
import * as LocalServer from "./LocalServer.ts"
import * as Output from "./Output.ts"
import * as Playground from "./Playground.ts"
import * as Usage from "./Usage.ts"

/** Where the build puts it. */
const folder = join(import.meta.dirname, "site")

const answer = Effect.gen(function*() {
  const files = yield* HttpStaticServer.make({ root: folder, index: "index.html", cacheControl: "no-cache" })
  yield* HttpServer.serveEffect(Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const refused = LocalServer.refusal(request)
    if (refused !== undefined) return refused
    if (LocalServer.pathOf(request) === "/") return HttpServerResponse.redirect("/playground.html")
    return yield* Effect.orElseSucceed(files, () => LocalServer.status(404, "There is no such page."))
  }))
})

const openers: Readonly<Record<string, ReadonlyArray<string>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""]
}

/** In the person's own browser. Where there is none, the address is on the screen. */
const openBrowser = (url: string) =>
  Effect.sync(() => {
    const [file = "xdg-open", ...args] = openers[process.platform] ?? ["xdg-open"]
    spawn(file, [...args, url], { detached: true, stdio: "ignore" }).on("error", () => {}).unref()
  })

export const playCommand = Command.make(
  "play",
  {
    address: Argument.String("address").pipe(
      Argument.withDescription("A run to begin with: an address of a playground, or what stands behind its #"),
      Argument.withDefault("")
    ),
    port: LocalServer.portFlag,
    open: Flag.Boolean("open").pipe(
      Flag.withDescription("Open it in your browser; --no-open only tells the address"),
      Flag.withDefault(true)
    )
  },
  Effect.fnUntraced(function*({ address, open, port }) {
    const hash = address === "" ? "" : `playground.html#${Playground.fragment(yield* Playground.setupOf(address))}`
    return yield* LocalServer.run(port, answer, (url) =>
      Effect.andThen(
        Output.out(`The playground: ${url}${hash} (Ctrl+C to end)\n`),
        open ? openBrowser(`${url}${hash}`) : Effect.void
      ))
  })
).pipe(
  Command.withDescription("Show the playground: a cluster to break, in a browser on this machine"),
  Command.withExamples([
    { command: `${Usage.self} play`, description: "Opens it at http://localhost:8080/" },
    { command: `${Usage.self} play --port 0 --no-open`, description: "At any port that is free, and opens nothing" }
  ])
)
