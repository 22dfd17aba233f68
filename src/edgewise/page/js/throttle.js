/**
 * What does something again and again, but not all the time: after each time it rests, and what is asked for meanwhile
 * is done once, afterwards.
 *
 * @param {() => void} act looks by itself whether there is something to do
 * @param {number} least so many milliseconds it rests at least
 * @param {number} share and so many times what the last time took
 */
export function createThrottle(act, least, share) {
  let next = 0;
  let timer = 0;

  function now() {
    clearTimeout(timer);
    timer = 0;
    const began = performance.now();
    act();
    next = performance.now() + Math.max(least, share * (performance.now() - began));
  }

  /** As soon as it has rested. */
  function soon() {
    const wait = next - performance.now();
    if (wait <= 0) now();
    else if (!timer) timer = window.setTimeout(now, wait);
  }

  return { now, soon };
}
