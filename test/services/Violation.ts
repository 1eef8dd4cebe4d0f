/** What somebody who watches a cluster has seen that must not happen: which property it is against, and what it was. */
export interface Violation<Property extends string> {
  readonly property: Property
  readonly text: string
}
