/**
 * @typedef {import("./runtime.js").Numbers} Numbers
 */

/**
 * Makes a seeded generator of random numbers: Chris Doty-Humphrey's sfc32. Each of its functions fills an array.
 *
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let a = 0,
    b = seed | 0,
    c = 1,
    counter = 1;
  for (let i = 0; i < 20; i++) bits();

  /** Returns 32 random bits. */
  function bits() {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Returns a number from 0 up to but without 1, in steps of float32. */
  function coarse() {
    return (bits() >>> 8) / 2 ** 24;
  }

  /** Returns a number from 0 up to but without 1, in steps of float64. */
  function fine() {
    return ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
  }

  return {
    /** @param {Numbers} out */
    uniform(out) {
      const next = out instanceof Float32Array ? coarse : fine;
      for (let i = 0; i < out.length; i++) out[i] = next();
    },

    /** Draws from the normal distribution of mean 0 and variance 1, by Box and Muller's method. @param {Numbers} out */
    normal(out) {
      for (let i = 0; i < out.length; i++) {
        out[i] = Math.sqrt(-2 * Math.log(1 - fine())) * Math.cos(2 * Math.PI * fine());
      }
    },

    /** Draws from the exponential distribution of mean 1. @param {Numbers} out */
    exponential(out) {
      for (let i = 0; i < out.length; i++) out[i] = -Math.log(1 - fine());
    },

    /** Draws integers from `low` up to but without `high`. @param {Numbers} out @param {number} low @param {number} high */
    integers(out, low, high) {
      for (let i = 0; i < out.length; i++) out[i] = low + Math.floor(fine() * (high - low));
    },

    /** Draws a permutation of the integers from 0 on. @param {Numbers} out */
    permutation(out) {
      for (let i = 0; i < out.length; i++) {
        const other = Math.floor(fine() * (i + 1));
        out[i] = out[other];
        out[other] = i;
      }
    },
  };
}
