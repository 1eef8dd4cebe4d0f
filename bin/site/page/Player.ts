/**
 * Which moment of a run the page shows, and how it moves: by itself, or from one event to the next or the last one.
 */
export interface Player {
  readonly time: () => number
  readonly isPlaying: () => boolean
  readonly play: () => void
  readonly pause: () => void
  readonly seek: (time: number) => void
  readonly step: (direction: 1 | -1) => void
  /** Plays so many ms of the run in a second. */
  readonly setSpeed: (msPerSecond: number) => void
  /** How many frames a second it has drawn lately, while it plays. */
  readonly frameRate: () => number
  /** Takes another run: its moments and its end, in ms. */
  readonly load: (moments: ReadonlyArray<number>, end: number) => void
}

/** How long a frame lasts at 60 frames a second, in ms. */
const shortestFrame = 1000 / 60

/** Calls `show` when the moment has changed, at most once a frame. */
export const make = (show: (time: number) => void): Player => {
  let moments: ReadonlyArray<number> = []
  let end = 0
  let time = 0
  let speed = 1000
  let frame: number | undefined
  let lastFrame = 0
  let frameTime = shortestFrame

  const seek = (wanted: number): void => {
    time = Math.max(0, Math.min(end, wanted))
    show(time)
  }
  const pause = (): void => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
    show(time)
  }
  const advance = (now: number): void => {
    const next = time + Math.min(100, now - lastFrame) * speed / 1000
    frameTime += (now - lastFrame - frameTime) / 30
    lastFrame = now
    frame = requestAnimationFrame(advance)
    if (next >= end) {
      time = end
      return pause()
    }
    seek(next)
  }
  return {
    time: () => time,
    isPlaying: () => frame !== undefined,
    play: () => {
      if (frame !== undefined) return
      if (time >= end) time = 0
      lastFrame = performance.now()
      frameTime = shortestFrame
      frame = requestAnimationFrame(advance)
      show(time)
    },
    pause,
    seek,
    step: (direction) => {
      pause()
      const next = direction === 1
        ? moments.find((moment) => moment > time)
        : moments.findLast((moment) => moment < time)
      seek(next ?? (direction === 1 ? end : 0))
    },
    setSpeed: (msPerSecond) => {
      speed = msPerSecond
    },
    frameRate: () => 1000 / frameTime,
    load: (newMoments, newEnd) => {
      moments = newMoments
      end = newEnd
      seek(Math.min(time, newEnd))
    }
  }
}
