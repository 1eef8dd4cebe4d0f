/**
 * Links between NATS servers of one machine that can be cut: each server finds each other one at a port of this
 * process, which carries what they say to each other.
 *
 * A cut link carries nothing. What is on it waits, just as TCP sends again and again on a network that drops packets,
 * and neither end hears that the other one is gone. Each direction is cut on its own.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect, createServer, type Server, type Socket } from "node:net"
import * as Links from "./Links.ts"

/** One direction of a connection between two servers. */
const wayOf = (from: number, to: number, source: Socket, sink: Socket) => {
  let hasEnded = false
  let isClosed = false
  const tell = (): void => {
    if (hasEnded && !isClosed) sink.destroySoon()
  }
  source.setNoDelay().on("data", (bytes) => sink.write(bytes)).on("error", () => {}) // the end is told at "close"
  source.on("close", () => {
    hasEnded = true
    tell()
  })
  return {
    cut: (isCut: Links.IsCut): void => {
      isClosed = isCut(from, to)
      if (isClosed) source.pause()
      else source.resume()
      tell()
    }
  }
}

const listening = (onConnection: (socket: Socket) => void): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer(onConnection).listen(0, Links.loopback, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )

/** Links between servers, each of which listens to the others at one of these ports. */
export const make = Effect.fnUntraced(function*(ports: ReadonlyArray<number>) {
  const ways = new Set<ReturnType<typeof wayOf>>()
  const sockets = new Set<Socket>()
  let isCut: Links.IsCut = () => false
  const join = (from: number, to: number, near: Socket): void => {
    const far = connect(ports[to]!, Links.loopback)
    const both = [wayOf(from, to, near, far), wayOf(to, from, far, near)]
    for (const way of both) {
      ways.add(way)
      way.cut(isCut)
    }
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on("close", () => {
        sockets.delete(socket)
        if (near.closed && far.closed) both.forEach((way) => ways.delete(way))
      })
    }
  }
  const found = yield* Effect.forEach(
    ports,
    (_, from) => Effect.forEach(ports, (_, to) => listening((socket) => join(from, to, socket)))
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => sockets.forEach((socket) => socket.destroy())))
  return {
    ...Links.local(ports),
    port: (from, to) => {
      if (from === to) return ports[to]!
      const address = found[from]![to]!.address()
      return typeof address === "object" && address !== null ? address.port : 0
    },
    cut: (next) => {
      isCut = next
      for (const way of ways) way.cut(isCut)
    },
    way: "between servers, at ports of this process"
  } satisfies Links.Links as Links.Links
})
