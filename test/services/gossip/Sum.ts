/** The least that a program of gossip keeps: the sum of the operations that it was given. */
export const make = () => {
  let sum = 0
  return {
    add: (n: number): void => {
      sum += n
    },
    value: (): number => sum,
    snapshot: () => [sum],
    restore: () => {
      let other = 0
      return {
        add: (part: number): void => {
          other += part
        },
        install: (): void => {
          sum = other
        }
      }
    }
  }
}
