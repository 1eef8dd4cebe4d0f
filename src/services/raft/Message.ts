import type * as RaftProtocol from "../../schema/RaftProtocol.ts"
import type * as Rpc from "../../schema/Rpc.ts"

export type Vote = Rpc.Request<typeof RaftProtocol.vote>
export type Voted = Rpc.Request<typeof RaftProtocol.voted>
export type Lead<A> = Rpc.Request<ReturnType<typeof RaftProtocol.lead<A>>>
export type Relayed<A> = Rpc.Request<ReturnType<typeof RaftProtocol.relayed<A>>>
export type Follow<A> = Rpc.Request<ReturnType<typeof RaftProtocol.follow<A>>>
export type Detour<A> = Rpc.Request<ReturnType<typeof RaftProtocol.detour<A>>>
export type Install = Rpc.Request<typeof RaftProtocol.install>

/** What a server says to another. */
export type Message<A> =
  | { readonly type: "vote"; readonly body: Vote }
  | { readonly type: "voted"; readonly body: Voted }
  | { readonly type: "lead"; readonly body: Lead<A> }
  | { readonly type: "relayed"; readonly body: Relayed<A> }
  | { readonly type: "follow"; readonly body: Follow<A> }
  | { readonly type: "install"; readonly body: Install }
  | { readonly type: "detour"; readonly body: Detour<A> }
