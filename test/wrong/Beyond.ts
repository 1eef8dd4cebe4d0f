/**
 * The nodes that are wrong on purpose and that Maelstrom's rules let pass, in the run in which strict rules find them
 * first: all that is found there is of a kind that Maelstrom does not look for (see docs/checkers.md), or it does not know
 * enough to find it. It finds all others.
 */
export const beyond: ReadonlyArray<string> = [
  "broadcast insincere",
  "broadcast inventive",
  "broadcast prophetic",
  "broadcast stuttering",
  "broadcast wavering",
  "broadcast reticent",
  "g-counter insincere",
  "g-counter wavering",
  "g-counter reticent",
  "g-counter amnesiac",
  "kafka forgetful",
  "kafka hasty",
  "kafka secretive",
  "kafka reticent",
  "lin-kv blind",
  "txn-rw-register replicates each write by itself",
  "txn-rw-register numbers the versions of each key",
  "txn-rw-register acknowledges what it does not do",
  "txn-rw-register delivers the write sets of each node in order, but not in causal order",
  "txn-rw-register reads now and then what it had a while ago",
  "txn-rw-register keeps what comes last",
  "txn-rw-register keeps either of two with the same stamp",
  "txn-rw-register does not count what it has recovered: its clock goes back when it starts again",
  "txn-rw-register stamps with the time of day",
  "txn-rw-register reads always null",
  "txn-rw-register reads what nobody wrote",
  "txn-rw-register answers only reads",
  "txn-rw-register does not replicate",
  "txn-list-append moves the root without looking what it was",
  "txn-list-append appends what may be there already",
  "txn-list-append keeps the log in seq-kv"
]
