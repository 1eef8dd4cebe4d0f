/**
 * Real NATS servers on loopback, for tests. Where none is installed these tests say so, and are skipped.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NatsServer from "../../bin/nats/NatsServer.ts"
import * as NatsServers from "../../bin/nats/NatsServers.ts"

/** Whether tests that need a server can run. */
export const isInstalled = NatsServer.executable() !== undefined
if (!isInstalled) {
  process.stderr.write("\n*** SKIPPED: no nats-server is installed, so nothing is tested on NATS ***\n\n")
}

/** One server of its own. */
export const one = (more = "") =>
  Effect.gen(function*() {
    return yield* NatsServer.start({ port: yield* NatsServer.freePort, folder: yield* NatsServers.folder, more })
  })

/** What the environment of a process would say. */
export const environment = (variables: Readonly<Record<string, string>>) =>
  Layer.provideMerge(ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))
