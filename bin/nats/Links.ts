/**
 * What joins NATS servers of one cluster, each of which is on a host, or stands for one.
 */

export interface Links {
  readonly address: (host: number) => string
  /** The port of the address of `to` at which the server of `from` finds it. */
  readonly port: (from: number, to: number) => number
  /** How a command runs on a host. */
  readonly on: (host: number, command: Command) => Command
  /** From now on these links are cut, and no others. */
  readonly cut: (isCut: IsCut) => void
  /** How links are cut, in words. */
  readonly way: string
}

export interface Command {
  readonly file: string
  readonly args: ReadonlyArray<string>
}

/** Whether one host does not reach another one. */
export type IsCut = (from: number, to: number) => boolean

export const loopback = "127.0.0.1"

/** All on this machine, as it is, listening to each other at these ports: no link can be cut. */
export const local = (ports: ReadonlyArray<number>): Links => ({
  address: () => loopback,
  port: (_, to) => ports[to]!,
  on: (_, command) => command,
  cut: () => {},
  way: "not"
})
