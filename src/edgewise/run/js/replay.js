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
function decodeBytes(text) {
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

/** What was recorded of a run. */
export class Replay {
  /** @type {Series[]} */
  series = [];
  /** @type {string[]} */
  optimizers = [];
  /** @type {string[]} */
  models = [];
  /** @type {Curve[]} */
  losses = [];
  /** @type {Curve[]} */
  notes = [];
  /** The measures of a row. @type {readonly string[]} */
  fields = [];
  bins = 0;
  steps = 0;
  remark = "";
  serial = 0;
  generation = -1;
  /** @type {Moment[]} */
  moments = [];
  /** @type {Map<string, { at: number[], values: Float32Array }>} */
  #columns = new Map();

  /** @param {import("../contract.js").RunNews} data */
  constructor(data) {
    this.absorb(data);
  }

  /** Takes over what is new. @param {import("../contract.js").RunNews} news */
  absorb(news) {
    if (news.isWhole) {
      this.moments = [];
      const { series = [], optimizers = [], models = [], fields = [], bins = 0 } = news;
      Object.assign(this, { series, optimizers, models, fields, bins });
    }
    const { steps, remark, serial, generation } = news;
    Object.assign(this, { steps, remark, serial, generation });
    this.losses = news.losses.map(curveFrom);
    this.notes = news.notes.map(curveFrom);
    for (const frame of news.frames) {
      const numbers = new Float32Array(decodeBytes(frame.numbers).buffer);
      const moment = { ...frame, numbers, counts: decodeBytes(frame.counts) };
      if (this.moments.length && this.moments[this.moments.length - 1].step === moment.step) this.moments.pop();
      this.moments.push(moment);
    }
    this.#columns = new Map();
  }

  /** One measure, or undefined where there is none. @param {number | null} row @param {string} field @param {number} at */
  value(row, field, at) {
    const moment = this.moments[at];
    if (row === null || !moment || row >= moment.rows) return undefined;
    const start = row * this.fields.length;
    return moment.numbers[start] > 0 ? moment.numbers[start + this.fields.indexOf(field)] : undefined;
  }

  /** Where the last measures before a moment are, or at it. @param {number | null} row @param {number} at */
  latest(row, at) {
    if (row === null) return undefined;
    for (let i = Math.min(at, this.moments.length - 1); i >= 0; i--)
      if (this.value(row, "size", i) !== undefined) return i;
    return undefined;
  }

  /** The last measure before a moment, or at it. @param {number | null} row @param {string} field @param {number} at */
  latestValue(row, field, at) {
    return this.value(row, field, this.latest(row, at) ?? at);
  }

  /** A measure at all the moments that have it. @param {number | null} row @param {string} field */
  column(row, field) {
    const key = `${row} ${field}`;
    let found = this.#columns.get(key);
    if (!found) {
      /** @type {number[]} */
      const at = [];
      const values = [];
      for (let i = 0; i < this.moments.length; i++) {
        const value = this.value(row, field, i);
        if (value !== undefined) {
          at.push(i);
          values.push(value);
        }
      }
      found = { at, values: Float32Array.from(values) };
      this.#columns.set(key, found);
    }
    return found;
  }

  /** The histogram at a moment. @param {number} row @param {number} at */
  histogram(row, at) {
    return this.moments[at].counts.subarray(row * this.bins, (row + 1) * this.bins);
  }

  /** The elements of a small parameter. @param {Series} series @param {number} at */
  elements(series, at) {
    const moment = this.moments[at];
    if (!series.whole || !moment) return undefined;
    const start = moment.rows * this.fields.length + series.whole[0];
    const elements = moment.numbers.subarray(start, start + series.whole[1]);
    return elements.length === series.whole[1] ? elements : undefined;
  }

  /** The moment nearest to a step. @param {number} step */
  nearest(step) {
    const { moments } = this;
    let best = 0;
    for (let i = 1; i < moments.length; i++)
      if (Math.abs(moments[i].step - step) <= Math.abs(moments[best].step - step)) best = i;
    return best;
  }

  /** A name that distinguishes models, where there are several. @param {Series} series */
  title(series) {
    return this.models.length > 1 && series.model ? `${series.model}.${series.name}` : series.name;
  }

  /** What the page calls a tensor. @param {Series} series */
  key(series) {
    return `${series.kind} ${this.title(series)}`;
  }
}
