/**
 * A server for this machine alone: what `serve` and `play` have in common.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerError from "effect/http/HttpServerError"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { createServer } from "node:http"
import * as Setting from "../../src/workloads/Setting.ts"
import * as Flags from "./Flags.ts"
import * as Usage from "./Usage.ts"

export const portFlag = Flags.number(
  "port",
  Setting.whole(0, 65_535, { help: "Port on this machine; 0 takes any that is free", usual: 8080 })
)

/** Another page could reach a server on this machine by a name of its own that it lets point here. */
const isLocal = (host: string | undefined): boolean => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? "")

export const status = (code: number, text: string) => HttpServerResponse.text(`${text}\n`, { status: code })

/** Why nobody gets an answer to this request, if that is so. */
export const refusal = (request: HttpServerRequest.HttpServerRequest) =>
  !isLocal(request.headers["host"])
    ? status(403, "This is for this machine alone.")
    : request.method !== "GET" && request.method !== "HEAD"
    ? status(405, "There is nothing to change here.")
    : undefined

/** What a request asks for. Empty, if nobody can read it. */
export const pathOf = (request: HttpServerRequest.HttpServerRequest): string =>
  Result.getOrElse(Result.try(() => decodeURIComponent(request.url.replace(/[?#].*/, ""))), () => "")

const isServeError = (error: unknown): error is HttpServerError.ServeError => Predicate.isTagged(error, "ServeError")

/** Why the port cannot be had. */
const portFault = (
  port: number,
  error: HttpServerError.ServeError
): Effect.Effect<never, HttpServerError.ServeError | CliError.ValidationError> => {
  const { cause } = error
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "EADDRINUSE") return Usage.wrong(`port ${port} is in use; --port takes another.`)
  if (code === "EACCES") return Usage.wrong(`port ${port} is not for everybody; --port takes another.`)
  return Effect.fail(error)
}

/** Answers at this port until the process ends. `said` is called with the address when there is one. */
export const run = <E, R, E2, R2>(
  port: number,
  answer: Effect.Effect<void, E, R>,
  said: (url: string) => Effect.Effect<void, E2, R2>
) =>
  Effect.gen(function*() {
    // When a browser goes away before it has all, Effect looks at every property of the answer, and Node warns of old ones.
    process.noDeprecation = true
    yield* answer
    const { address } = yield* HttpServer.HttpServer
    yield* said(`http://localhost:${"port" in address ? address.port : port}/`)
    return yield* Effect.never
  }).pipe(
    Effect.provide(
      NodeHttpServer.layer(() => createServer(), { port, host: "localhost", disablePreemptiveShutdown: true })
    ),
    Effect.scoped,
    Effect.catchIf(isServeError, (error) => portFault(port, error))
  )
