/**
 * A node's connection to the world over core NATS, in the place of standard input and output: the same lines of text.
 *
 * - **Who it is.** Where Maelstrom sends `init`, the environment says who the node is: {@link layer} makes an `init`
 *   from it, hands it to the node, and drops the reply. {@link layerFrom} hands the node an `init` that somebody else
 *   has sent.
 * - **Bench services** (lin-kv and the like) are answered in this process, see NatsServices.
 * - **Bad input** is refused as from standard input: it is logged and skipped. So is a message for another node.
 * - **Too much input** is refused or dropped while the node waits for its disk, see Admission.
 * - **Input ends** when this process closes the connection; nobody else can.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { ClientId, NodeId } from "../schema/Address.ts"
import * as Envelope from "../schema/Envelope.ts"
import { Init } from "../schema/InitProtocol.ts"
import { MessageIO } from "../services/node/MessageIO.ts"
import * as Admission from "./Admission.ts"
import { NatsBus } from "./NatsBus.ts"
import * as NatsLines from "./NatsLines.ts"
import { NatsServices } from "./NatsServices.ts"

/** This node's name, and those of all nodes, separated by commas, in the same order at each: `NODE_ID` and `NODE_IDS`. */
export const membership = Config.all({
  id: Config.schema(NodeId, "NODE_ID"),
  ids: Config.Array(NodeId, "NODE_IDS")
})

/** The client that says `init` and gets `init_ok`. No other client has this name: theirs go on with a number. */
const starter = ClientId.make("c-init")

/** Who this node is, as its `init`. */
interface Start {
  readonly id: NodeId
  readonly init: Envelope.Envelope
}

const make = ({ id, init }: Start) =>
  Effect.gen(function*() {
    const { connection } = yield* NatsBus
    const lines = yield* NatsLines.make
    const services = yield* NatsServices
    const log = Effect.runForkWith(yield* Effect.context())
    const skip = (why: string, line: string): void =>
      void log(Effect.logWarning(`skipped a line: ${why}: ${line.slice(0, 200)}`))
    const send = (message: Envelope.Envelope): void => lines.send(message.dest, Envelope.encode(message))
    let take: (message: Envelope.Envelope) => void = () => {}

    return MessageIO.of({
      receive: Effect.fnUntraced(function*(onMessage, crowded = () => undefined) {
        take = onMessage
        const admit = yield* Admission.make(crowded, onMessage, send)
        yield* Effect.acquireRelease(
          Effect.sync(() =>
            lines.take(id, (line) => {
              const message = Envelope.decode(line)
              if (Result.isFailure(message)) skip(message.failure, line)
              else if (message.success.dest !== id) skip(`it is for ${message.success.dest}`, line)
              else admit(message.success)
            })
          ),
          (stop) => Effect.sync(stop)
        )
        onMessage(init)
        yield* Effect.ignore(Effect.tryPromise(() => connection.closed()))
      }, Effect.scoped),
      send: (message) => {
        if (message.dest === starter || services.answer(message, (reply) => take(reply))) return
        send(message)
      },
      flush: Effect.suspend(() => connection.isClosed() ? Effect.void : Effect.promise(() => connection.flush()))
    })
  })

export const layer = Layer.effect(
  MessageIO,
  Effect.flatMap(membership, ({ id, ids }) => {
    const body = { type: Init.type, msg_id: 1, ...Init.encodeRequest({ node_id: id, node_ids: ids }) }
    return make({ id, init: { src: starter, dest: id, body } })
  })
)

export const layerFrom = (start: Start) => Layer.effect(MessageIO, make(start))
