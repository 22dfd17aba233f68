/** What was recorded of a run, read from the page's data, and what comes in later. */

/** @typedef {import("../contract.js").SeriesData} Series */

/**
 * @typedef {object} Moment a recorded step
 * @property {number} step
 * @property {number} seconds
 * @property {number} rows
 * @property {(number | string | null)[]} rates
 * @property {Float32Array} numbers
 * @property {Uint8Array} counts
 */

/** @typedef {{ name: string, each: number, steps: number[], values: number[] }} Curve */

/** @param {string} text */
function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** @param {import("../contract.js").CurveData} curve @returns {Curve} */
function curveFrom(curve) {
  return {
    ...curve,
    values: curve.values.map((value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : Number(value))),
  };
}

/** @param {import("../contract.js").RunNews} data */
export function replayOf(data) {
  /** @type {Moment[]} */
  let moments = [];
  /** @type {Map<string, { at: number[], values: Float32Array }>} */
  let columns = new Map();
  const replay = {
    /** @type {Series[]} */ series: [],
    /** @type {string[]} */ optimizers: [],
    /** @type {string[]} */ models: [],
    /** @type {Curve[]} */ losses: [],
    /** @type {Curve[]} */ notes: [],
    /** @type {string[]} */ fields: [],
    bins: 0,
    steps: 0,
    remark: "",
    serial: 0,
    generation: -1,
    get moments() {
      return moments;
    },

    /** Takes over what is new. @param {import("../contract.js").RunNews} news */
    absorb(news) {
      if (news.isWhole) {
        moments = [];
        const { series, optimizers, models, fields, bins } = news;
        Object.assign(replay, { series, optimizers, models, fields, bins });
      }
      const { steps, remark, serial, generation } = news;
      Object.assign(replay, { steps, remark, serial, generation });
      replay.losses = news.losses.map(curveFrom);
      replay.notes = news.notes.map(curveFrom);
      for (const frame of news.frames) {
        const numbers = new Float32Array(bytesOf(frame.numbers).buffer);
        const moment = { ...frame, numbers, counts: bytesOf(frame.counts) };
        if (moments.length && moments[moments.length - 1].step === moment.step) moments.pop();
        moments.push(moment);
      }
      columns = new Map();
    },

    /** One measure, or undefined where there is none. @param {number | null} row @param {string} field @param {number} at */
    value(row, field, at) {
      const moment = moments[at];
      if (row === null || !moment || row >= moment.rows) return undefined;
      const start = row * replay.fields.length;
      return moment.numbers[start] > 0 ? moment.numbers[start + replay.fields.indexOf(field)] : undefined;
    },

    /** Where the last measures before a moment are, or at it. @param {number | null} row @param {number} at */
    latest(row, at) {
      if (row === null) return undefined;
      for (let i = Math.min(at, moments.length - 1); i >= 0; i--)
        if (replay.value(row, "size", i) !== undefined) return i;
      return undefined;
    },

    /** A measure at all the moments that have it. @param {number | null} row @param {string} field */
    column(row, field) {
      const key = `${row} ${field}`;
      let found = columns.get(key);
      if (!found) {
        /** @type {number[]} */
        const at = [];
        const values = [];
        for (let i = 0; i < moments.length; i++) {
          const value = replay.value(row, field, i);
          if (value !== undefined) {
            at.push(i);
            values.push(value);
          }
        }
        found = { at, values: Float32Array.from(values) };
        columns.set(key, found);
      }
      return found;
    },

    /** The histogram at a moment. @param {number} row @param {number} at */
    histogram(row, at) {
      return moments[at].counts.subarray(row * replay.bins, (row + 1) * replay.bins);
    },

    /** The elements of a small parameter. @param {Series} series @param {number} at */
    elements(series, at) {
      const moment = moments[at];
      if (!series.whole || !moment) return undefined;
      const start = moment.rows * replay.fields.length + series.whole[0];
      const elements = moment.numbers.subarray(start, start + series.whole[1]);
      return elements.length === series.whole[1] ? elements : undefined;
    },

    /** The moment nearest to a step. @param {number} step */
    nearest(step) {
      let best = 0;
      for (let i = 1; i < moments.length; i++)
        if (Math.abs(moments[i].step - step) <= Math.abs(moments[best].step - step)) best = i;
      return best;
    },

    /** A name that tells models apart, where there are several. @param {Series} series */
    title(series) {
      return replay.models.length > 1 && series.model ? `${series.model}.${series.name}` : series.name;
    },
  };
  replay.absorb(data);
  return replay;
}

/** @typedef {ReturnType<typeof replayOf>} Replay */
