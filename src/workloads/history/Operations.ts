/**
 * A history folded once: which event ends which operation. Checkers go on from here, and none pairs events by itself.
 *
 * A process asks one thing at a time, so an event that is no `invoke` ends what its process began last. What the nemesis
 * does belongs to no operation, nor does a client that crashes on purpose, which ends nothing.
 *
 * One pass; a small object for each operation, and four bytes for each event.
 */
import type { NodeId } from "../../schema/Address.ts"
import type { Event, History } from "./History.ts"

/** An operation, from its beginning to its end. */
export interface Operation {
  /** Its place in the order in which operations began. */
  readonly id: number
  readonly invoke: Event
  /** The event that ends it; none, if the run was over before. */
  readonly completion: Event | undefined
}

/** An operation that has ended. */
export type Completed = Operation & { readonly completion: Event }

export interface Operations {
  readonly history: History
  /** All operations, also those that never ended, in the order in which they began. */
  readonly all: ReadonlyArray<Operation>
  /** The operation that this event begins or ends; undefined if there is none. */
  readonly of: (event: Event) => Operation | undefined
  /** The nodes that clients asked anything, in the order in which they first did. */
  readonly nodes: ReadonlyArray<NodeId>
}

export const fold = (history: History): Operations => {
  const all: Array<{ readonly id: number; readonly invoke: Event; completion: Event | undefined }> = []
  const operationOf = new Int32Array(history.length).fill(-1)
  const open = new Map<Event["process"], number>()
  const nodes = new Set<NodeId>()
  for (const event of history) {
    const { index, node, process, type } = event
    if (process === "nemesis") continue
    if (type === "invoke") {
      if (node !== undefined) nodes.add(node)
      open.set(process, all.length)
      operationOf[index] = all.length
      all.push({ id: all.length, invoke: event, completion: undefined })
      continue
    }
    const id = open.get(process)
    if (id === undefined) continue
    open.delete(process)
    operationOf[index] = id
    all[id]!.completion = event
  }
  return { history, all, of: ({ index }) => all[operationOf[index] ?? -1], nodes: [...nodes] }
}

export const isCompleted = (operation: Operation): operation is Completed => operation.completion !== undefined

/** The operations of a history that have ended, in the order in which they began. */
export const completed = (history: History): ReadonlyArray<Completed> => fold(history).all.filter(isCompleted)

/** Whether the operation took place. Nobody knows that of an operation that never ended. */
export const outcome = ({ completion }: Operation): "ok" | "fail" | "unknown" =>
  completion?.type === "ok" ? "ok" : completion?.type === "fail" ? "fail" : "unknown"

/** Whether the operation may have taken place: it was not refused. */
export const isPossible = (operation: Operation): boolean => outcome(operation) !== "fail"

/** The last operation that clients asked of this node; with `f`, the last of this kind. */
export const lastAsked = ({ all }: Operations, node: NodeId, f?: string): Operation | undefined =>
  all.findLast(({ invoke }) => invoke.node === node && (f === undefined || invoke.f === f))

/** What there is to do at each event, in the order of the history. */
export interface Steps {
  readonly begin?: (operation: Operation) => void
  readonly end?: (operation: Completed) => void
  /** Called for what the nemesis does. */
  readonly fault?: (event: Event) => void
}

export const walk = ({ history, of }: Operations, { begin, end, fault }: Steps): void => {
  for (const event of history) {
    if (event.process === "nemesis") {
      fault?.(event)
      continue
    }
    const operation = of(event)
    if (operation === undefined) continue
    if (event.type === "invoke") begin?.(operation)
    else if (isCompleted(operation)) end?.(operation)
  }
}

/**
 * The reads at the end: of each process the last operation that ended, if it is a read that was ok, and began when every
 * write had ended. They stand in the order in which something first ended of their processes.
 */
export const finalReads = (
  operations: Operations,
  { isRead, isWrite }: { readonly isRead: (invoke: Event) => boolean; readonly isWrite: (invoke: Event) => boolean }
): ReadonlyArray<Completed> => {
  let lastWriteEnded = -1
  const last = new Map<Event["process"], Completed>()
  walk(operations, {
    end: (operation) => {
      const { completion, invoke } = operation
      last.set(invoke.process, operation)
      if (isWrite(invoke)) lastWriteEnded = completion.index
    }
  })
  return [...last.values()].filter(({ completion, invoke }) =>
    isRead(invoke) && completion.type === "ok" && invoke.index > lastWriteEnded
  )
}
