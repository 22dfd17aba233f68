/** How fast a network is trained, while it is trained by itself. */

/**
 * @typedef {"full" | "frame" | "10" | "1"} Pace as many steps as fit a frame, one for each frame, or so many a second
 *
 * @type {[Pace, string][]}
 */
export const PACES = [
  ["full", "as fast as it can"],
  ["frame", "one step a frame"],
  ["10", "10 steps a second"],
  ["1", "1 step a second"],
];

/** So many milliseconds of a frame are for steps and for showing them: the rest is the browser's. */
const FRAME_TIME = 12;
/** So many are for steps at least, where showing them takes longer. */
const LEAST_FOR_STEPS = 4;
/** After a longer pause, as in the background, the steps that were missed are not made up for. */
const LONGEST_BREAK = 250;

/**
 * Takes steps, frame by frame.
 *
 * @param {object} given
 * @param {() => boolean} given.train takes one step; whether there can be another one
 * @param {() => void} given.show shows what the steps gave
 * @param {(on: boolean) => void} given.turned called when it begins and when it ends
 */
export function createRunner({ train, show, turned }) {
  /** @type {Pace} */
  let pace = "full";
  let running = false;
  let showing = 0; // milliseconds that it took the last time
  let before = 0; // the time of the frame before this one
  let due = 0; // of a step, where there are fewer of them than frames

  /** How many steps belong to a frame, at most. @param {number} now */
  function countSteps(now) {
    if (pace === "full") return Infinity;
    if (pace === "frame") return 1;
    due += (Math.min(now - before, LONGEST_BREAK) * Number(pace)) / 1000;
    const whole = Math.floor(due + 1e-9);
    due -= whole;
    return whole;
  }

  /** @param {number} now */
  function frame(now) {
    if (!running) return;
    const steps = countSteps(now);
    before = now;
    const began = performance.now();
    const end = began + Math.max(LEAST_FOR_STEPS, FRAME_TIME - showing);
    let taken = 0;
    let isGoingOn = true;
    while (isGoingOn && taken < steps && (taken === 0 || performance.now() < end)) {
      isGoingOn = train();
      taken += 1;
    }
    if (taken) {
      const trained = performance.now();
      show();
      showing = performance.now() - trained;
    }
    if (isGoingOn) requestAnimationFrame(frame);
    else turn(false);
  }

  /** @param {boolean} on */
  function turn(on) {
    if (on === running) return;
    running = on;
    turned(on);
    if (!on) return;
    due = 1;
    before = performance.now();
    requestAnimationFrame(frame);
  }

  return {
    turn,
    isRunning: () => running,
    get pace() {
      return pace;
    },
    /** @param {string} to */
    choose(to) {
      pace = PACES.find(([name]) => name === to)?.[0] ?? "full";
      due = 0;
    },
  };
}
