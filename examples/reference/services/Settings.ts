import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Settings from "gossip-girl/services/Settings"

const { acknowledged, bounded, locked, mesh, pull, relaxedMesh, relaxedStar, star, thrifty } = Settings

// What the layers of Gossip wait for, with what environment variables say instead.
const environment = ConfigProvider.fromUnknown({ GOSSIP_HUB_WINDOW: "300 millis" })
for (const config of [star, locked, thrifty, mesh, pull, acknowledged, bounded, relaxedStar, relaxedMesh]) {
  const settings: Settings.Settings = await Effect.runPromise(config.parse(environment))
  console.log(settings.leafWindow, settings.hubWindow) // ms
}
