/**
 * What this project is measured against: the same work in plain JavaScript, as short as it can be written. Each function
 * stands alone, so that its text can be run by a bare `node -e`.
 */

/** An echo node as one writes it with Node's `readline`. All replies of a turn of the loop leave in one write. */
export const echoNode = (): void => {
  let out = ""
  process.getBuiltinModule("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { body, dest, src } = JSON.parse(line)
    const { echo, msg_id: in_reply_to, type } = body
    const reply = type === "init" ? { type: "init_ok", in_reply_to } : { type: "echo_ok", in_reply_to, echo }
    if (out === "") {
      setImmediate(() => {
        process.stdout.write(out)
        out = ""
      })
    }
    out += JSON.stringify({ src: dest, dest: src, body: reply }) + "\n"
  })
}

/**
 * The least that an echo node can do: take a chunk, split it, parse, answer, write a chunk. It shows how fast a node
 * could be, not how to write one.
 */
export const echoFloor = (): void => {
  let rest = ""
  process.stdin.setEncoding("utf8")
  process.stdin.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n")
    rest = lines.pop() ?? ""
    let out = ""
    for (const line of lines) {
      const { body, dest, src } = JSON.parse(line)
      const { echo, msg_id: in_reply_to, type } = body
      const reply = type === "init" ? { type: "init_ok", in_reply_to } : { type: "echo_ok", in_reply_to, echo }
      out += JSON.stringify({ src: dest, dest: src, body: reply }) + "\n"
    }
    process.stdout.write(out)
  })
}

/** A kafka node without peers: an array for each key. */
export const kafkaNode = (): void => {
  const logs = new Map<string, Array<[number, unknown]>>()
  let out = ""
  process.getBuiltinModule("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { body, dest, src } = JSON.parse(line)
    const { key, msg, msg_id: in_reply_to, offsets, type } = body
    let reply: object = { type: "init_ok", in_reply_to }
    if (type === "send") {
      const log = logs.get(key) ?? []
      logs.set(key, log)
      reply = { type: "send_ok", in_reply_to, offset: log.push([log.length, msg]) - 1 }
    } else if (type === "poll") {
      const msgs: Record<string, ReadonlyArray<[number, unknown]>> = {}
      const asked = Object.keys(offsets)
      for (const key of asked) {
        const batch = logs.get(key)?.slice(offsets[key], offsets[key] + Math.ceil(500 / asked.length)) ?? []
        if (batch.length > 0) msgs[key] = batch
      }
      reply = { type: "poll_ok", in_reply_to, msgs }
    }
    if (out === "") {
      setImmediate(() => {
        process.stdout.write(out)
        out = ""
      })
    }
    out += JSON.stringify({ src: dest, dest: src, body: reply }) + "\n"
  })
}

/**
 * A simulated network and nothing else: `nodes` × `loops` endless loops of request and reply, encoded and decoded as
 * JSON, lost with probability `loss`. Answers the number of messages sent in `duration` ms of virtual time.
 */
export const world = (
  nodes: number,
  loops: number,
  options: { readonly duration: number; readonly mean: number; readonly loss: number; readonly timeout: number }
): number => {
  interface Event {
    readonly time: number
    readonly line: string
    done: boolean
  }
  const heap: Array<Event> = []
  const push = (event: Event): void => {
    let at = heap.length
    for (; at > 0 && heap[(at - 1) >> 1]!.time > event.time; at = (at - 1) >> 1) heap[at] = heap[(at - 1) >> 1]!
    heap[at] = event
  }
  const pop = (): Event => {
    const root = heap[0]!
    const last = heap.pop()!
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.time < heap[child]!.time) child++
      if (heap[child]!.time >= last.time) break
      heap[at] = heap[child]!
      at = child
    }
    if (heap.length > 0) heap[at] = last
    return root
  }
  let time = 0
  let sent = 0
  let lastId = 0
  const waiting = new Map<number, Event>()
  const after = (delay: number, line: string): Event => {
    const event = { time: time + delay, line, done: false }
    push(event)
    return event
  }
  const send = (message: object): void => {
    sent++
    if (Math.random() < options.loss) return
    after(-options.mean * Math.log(1 - Math.random()), JSON.stringify(message))
  }
  const ask = (src: number): void => {
    const id = ++lastId
    waiting.set(id, after(options.timeout, JSON.stringify({ id, src })))
    const dest = Math.floor(Math.random() * nodes)
    send({ src, dest, body: { type: "ping", msg_id: id, n: dest } })
  }
  for (let i = 0; i < nodes * loops; i++) ask(i % nodes)
  while (time < options.duration) {
    const event = pop()
    if (event.done) continue
    time = event.time
    const { body, dest, id, src } = JSON.parse(event.line)
    if (body === undefined) {
      waiting.delete(id)
      ask(src)
    } else if (body.type === "ping") {
      send({ src: dest, dest: src, body: { type: "ping_ok", in_reply_to: body.msg_id, n: body.n } })
    } else {
      const asked = waiting.get(body.in_reply_to)
      if (asked === undefined) continue
      waiting.delete(body.in_reply_to)
      asked.done = true
      ask(dest)
    }
  }
  return sent
}

/** A responder as one writes it with a client of NATS: it parses a request, and answers at the reply subject. */
export const natsResponder = async (require: NodeJS.Require): Promise<void> => {
  const { connect } = require("@nats-io/transport-node")
  const connection = await connect({ servers: process.env["NATS_URL"] })
  connection.subscribe("plain.n1", {
    callback: (_: unknown, message: { readonly string: () => string; readonly respond: (text: string) => void }) => {
      const { body: { echo, msg_id }, dest, src } = JSON.parse(message.string())
      const body = { type: "echo_ok", in_reply_to: msg_id, echo }
      message.respond(JSON.stringify({ src: dest, dest: src, body }))
    }
  })
}
