/**
 * Traces single elements: which elements of a step's operands an element of its result comes from. It mirrors
 * program/elements.py.
 *
 * A step that moves elements, such as a slice, is run on their numbers instead, so its own code says where each comes
 * from. A sum, a product of matrices and a maximum are taken apart by their shapes.
 *
 * @typedef {import("../contract.js").StepData} StepData
 * @typedef {import("../contract.js").Program} Program
 *
 * @typedef {object} Source an element of a value of the Program, or a number that the Program holds
 * @property {number} place of the value; -1 for a number
 * @property {number} at its position in row-major order
 * @property {number} number
 *
 * @typedef {object} Origin what an element was made from
 * @property {"copy" | "call" | "sum" | "product" | "whole" | "none"} way
 * @property {string} primitive
 * @property {Source[][]} terms
 */

/** Primitives whose result has the elements of their operands, and which of these: from where, and up to where. */
const MOVING = new Map(
  /** @type {[string, [number, number]][]} */ ([
    ...["broadcast_to", "cast", "flip", "gather", "permute", "repeat", "reshape", "roll", "slice"].map((name) => [
      name,
      [0, 1],
    ]),
    ...["take_along_axis", "tril", "triu"].map((name) => [name, [0, 1]]),
    ["concat", [0, Infinity]],
    ["put", [0, 2]],
    ["where", [1, 3]],
  ]),
);
const REDUCTIONS = new Set(["all", "any", "argmax", "argmin", "max", "min", "prod", "sum"]);
const WHOLE = new Set(["searchsorted"]);
const LINALG =
  /^(cholesky|det|eigenvalues|eigenvectors|inv|log_of_abs_det|pinv|qr_[qr]|sign_of_det|singular_\w+|solve)$/;

/** How many bits of a number an array of a kind holds exactly. @param {import("../contract.js").Numbers} data */
function bitsOf(data) {
  if (data.BYTES_PER_ELEMENT === 1) return 7;
  if (data.BYTES_PER_ELEMENT === 2) return 15;
  return data instanceof Float64Array ? 52 : data instanceof Float32Array ? 24 : 31;
}

/** @param {number[]} shape */
const countOf = (shape) => shape.reduce((size, one) => size * one, 1);

/** @param {number} at @param {number[]} shape the index along each axis */
export function indexAt(at, shape) {
  const index = new Array(shape.length);
  for (let i = shape.length - 1; i >= 0; i--) {
    index[i] = at % shape[i];
    at = Math.floor(at / shape[i]);
  }
  return index;
}

/** @param {number[]} index @param {number[]} shape */
export function positionOf(index, shape) {
  return shape.reduce((at, size, i) => at * size + index[i], 0);
}

/** A number for each element, so that it can be looked up. @param {Source} source */
export function elementKey({ place, at }) {
  return place * 2 ** 32 + at;
}

/** The elements of all values of a Program, as it ran last. */
export class Elements {
  /** @param {Program} program @param {StepData[]} steps what each step of it is */
  constructor(program, steps) {
    this.program = program;
    this.steps = steps;
    this.first = program.values.length - steps.length;
    /** @type {Map<number, Float64Array>} */
    this.codes = new Map();
  }

  /** Forgets where elements came from, as indices may have changed. */
  renew() {
    this.codes.clear();
  }

  /** @param {number} place @param {number} at @returns {Source} */
  element(place, at) {
    return { place, at, number: Number(this.program.values[place].data[at]) };
  }

  /** @param {number | string} operand @returns {Source} */
  #literal(operand) {
    const text = String(operand).replace(/inf$/, "Infinity");
    return { place: -1, at: 0, number: text === "True" ? 1 : text === "False" ? 0 : Number(text) };
  }

  /** @param {number} place */
  #shape(place) {
    return this.program.values[place].shape;
  }

  /** What an element was made from. @param {Source} source @returns {Origin} */
  origin(source) {
    const { place } = source;
    if (place < this.first) return { way: "none", primitive: "", terms: [] };
    const [primitive, operands, axes] = this.steps[place - this.first];
    if (primitive === "random") return { way: "none", primitive, terms: [] };
    if (MOVING.has(primitive) || (primitive === "scatter_add" && operands.length === 1))
      return this.#moving(source, primitive, operands);
    if (REDUCTIONS.has(primitive)) return this.#reduction(source, primitive, Number(operands[0]), axes ?? []);
    if (primitive.startsWith("cumulative_"))
      return this.#scan(source, primitive, Number(operands[0]), (axes ?? [0])[0]);
    if (primitive === "matmul") return this.#product(source, Number(operands[0]), Number(operands[1]));
    if (primitive === "scatter_add") return this.#scattering(source, Number(operands[0]));
    if (primitive.endsWith("sort")) return this.#sorting(source, primitive, Number(operands[0]), (axes ?? [-1])[0]);
    if (WHOLE.has(primitive) || LINALG.test(primitive)) return this.#whole(source, primitive, operands);
    const index = indexAt(source.at, this.#shape(place));
    return { way: "call", primitive, terms: [operands.map((operand) => this.#at(operand, index))] };
  }

  /** An operand's element at an index of the result, of which it may lack or repeat axes. @param {number | string} operand @param {number[]} index */
  #at(operand, index) {
    if (typeof operand === "string") return this.#literal(operand);
    const shape = this.#shape(operand);
    const own = shape.map((size, i) => (size === 1 ? 0 : index[index.length - shape.length + i]));
    return this.element(operand, positionOf(own, shape));
  }

  /** Runs the step on numbers of elements, which says which one came here. @param {Source} source @param {string} primitive @param {(number | string)[]} operands @returns {Origin} */
  #moving(source, primitive, operands) {
    const [from, to] = MOVING.get(primitive) ?? [0, 1];
    const moved = [...new Set(operands.slice(from, Math.min(to, operands.length)))];
    const isSame = primitive === "reshape" || primitive === "cast";
    if (isSame && typeof moved[0] === "number")
      return { way: "copy", primitive, terms: [[this.element(moved[0], source.at)]] };
    if (!moved.some((operand) => typeof operand === "number"))
      return { way: "copy", primitive, terms: [[this.#literal(String(source.number))]] };
    let codes = this.codes.get(source.place);
    if (!codes) {
      codes = this.#codesOf(source.place, moved);
      this.codes.set(source.place, codes);
    }
    let first = 1;
    const code = codes[source.at];
    for (const operand of moved) {
      const size = typeof operand === "number" ? countOf(this.#shape(operand)) : 1;
      if (code >= first && code < first + size) {
        const made = typeof operand === "number" ? this.element(operand, code - first) : this.#literal(operand);
        return { way: "copy", primitive, terms: [[made]] };
      }
      first += size;
    }
    return { way: "none", primitive, terms: [] };
  }

  /**
   * The code of the element that each element of a result came from. Codes that an array can't hold are moved in
   * pieces. A number of the Program can't be replaced by a code: what came from none of the arrays came from it.
   *
   * @param {number} place @param {(number | string)[]} moved
   */
  #codesOf(place, moved) {
    const { values, steps } = this.program;
    const out = values[place].data;
    /** @type {[import("../contract.js").Numbers, number][]} */
    const arrays = [];
    let total = 1;
    let literal = 0;
    for (const operand of moved) {
      if (typeof operand === "number") {
        arrays.push([values[operand].data, total]);
        total += values[operand].data.length;
      } else {
        literal = total;
        total += 1;
      }
    }
    const kept = [out, ...arrays.map(([data]) => data)].map((data) => data.slice());
    const bits = Math.min(...[out, ...arrays.map(([data]) => data)].map(bitsOf));
    const base = 2 ** bits;
    const codes = new Float64Array(out.length);
    for (let scale = 1; scale < total; scale *= base) {
      for (const [data, first] of arrays)
        for (let i = 0; i < data.length; i++) data[i] = Math.floor((first + i) / scale) % base;
      steps[place - this.first]();
      for (let i = 0; i < out.length; i++) codes[i] += out[i] * scale;
    }
    if (literal) {
      // Where arrays of zeros give something else than arrays of ones does an array come; elsewhere the number.
      for (const [data] of arrays) data.fill(0);
      steps[place - this.first]();
      const zeros = out.slice();
      for (const [data] of arrays) data.fill(1);
      steps[place - this.first]();
      for (let i = 0; i < out.length; i++) if (zeros[i] === out[i]) codes[i] = literal;
    }
    [out, ...arrays.map(([data]) => data)].forEach((data, i) => data.set(kept[i]));
    return codes;
  }

  /** The elements along some axes, at an index of the others. @param {number} x @param {number[]} axes @param {number[]} index @param {boolean} keepsAxes */
  #elementsAlong(x, axes, index, keepsAxes) {
    const shape = this.#shape(x);
    const rest = [...index];
    const fixed = shape.map((_, axis) => {
      if (!axes.includes(axis)) return Number(rest.shift());
      if (keepsAxes) rest.shift();
      return -1;
    });
    const reduced = axes.filter((axis) => axis < shape.length).sort((a, b) => a - b);
    const sizes = reduced.map((axis) => shape[axis]);
    const own = [...fixed];
    /** @type {Source[]} */
    const found = [];
    for (let i = 0; i < countOf(sizes); i++) {
      indexAt(i, sizes).forEach((one, j) => {
        own[reduced[j]] = one;
      });
      found.push(this.element(x, positionOf(own, shape)));
    }
    return found;
  }

  /** Takes the elements along the reduced axes; of a maximum or minimum the first that wins. @param {Source} source @param {string} primitive @param {number} x @param {number[]} axes @returns {Origin} */
  #reduction(source, primitive, x, axes) {
    const shape = this.#shape(source.place);
    const keepsAxes = shape.length === this.#shape(x).length && axes.length > 0;
    const sources = this.#elementsAlong(x, axes, indexAt(source.at, shape), keepsAxes);
    if (primitive === "max" || primitive === "min") {
      const winner = sources.find(({ number }) => Object.is(number, source.number) || number === source.number);
      return { way: "copy", primitive, terms: [[/** @type {Source} */ (winner)]] };
    }
    const way = primitive === "sum" ? "sum" : primitive === "prod" ? "product" : "whole";
    return { way, primitive, terms: sources.map((one) => [one]) };
  }

  /** Takes the elements up to this one along the axis. @param {Source} source @param {string} primitive @param {number} x @param {number} axis @returns {Origin} */
  #scan(source, primitive, x, axis) {
    const shape = this.#shape(x);
    const index = indexAt(source.at, shape);
    const sources = this.#elementsAlong(x, [axis], index, true).slice(0, shape.length ? index[axis] + 1 : 1);
    return { way: primitive === "cumulative_sum" ? "sum" : "product", primitive, terms: sources.map((one) => [one]) };
  }

  /** Takes a row and a column of a product of matrices. @param {Source} source @param {number} a @param {number} b @returns {Origin} */
  #product(source, a, b) {
    const [left, right] = [this.#shape(a), this.#shape(b)];
    const index = indexAt(source.at, this.#shape(source.place));
    const column = right.length > 1 ? [Number(index.pop())] : [];
    const row = left.length > 1 ? [Number(index.pop())] : [];
    const terms = Array.from({ length: left[left.length - 1] }, (_, k) => [
      this.#at(a, [...index, ...row, k]),
      this.#at(b, [...index, k, ...column]),
    ]);
    return { way: "sum", primitive: "matmul", terms };
  }

  /** Takes the elements that are added at this place: each half that counts here is halved again. @param {Source} source @param {number} x @returns {Origin} */
  #scattering({ place, at }, x) {
    const { values, steps } = this.program;
    const [data, out] = [values[x].data, values[place].data];
    const kept = [data.slice(), out.slice()];
    /** @type {Source[][]} */
    const terms = [];
    /** @param {number} from @param {number} to */
    const count = (from, to) => {
      data.fill(0);
      data.fill(1, from, to);
      steps[place - this.first]();
      return out[at];
    };
    /** @param {number} from @param {number} to @param {number} here */
    const search = (from, to, here) => {
      if (!here) return;
      if (to - from === 1) {
        for (let i = 0; i < here; i++) terms.push([{ place: x, at: from, number: Number(kept[0][from]) }]);
        return;
      }
      const middle = (from + to) >> 1;
      const before = count(from, middle);
      search(from, middle, before);
      search(middle, to, here - before);
    };
    search(0, data.length, count(0, data.length));
    data.set(kept[0]);
    out.set(kept[1]);
    return { way: "sum", primitive: "scatter_add", terms };
  }

  /** Takes the element that the order puts here. @param {Source} source @param {string} primitive @param {number} x @param {number} axis @returns {Origin} */
  #sorting(source, primitive, x, axis) {
    const shape = this.#shape(x);
    const index = indexAt(source.at, shape);
    const along = (axis + shape.length) % Math.max(1, shape.length);
    const row = this.#elementsAlong(x, [along], index, true);
    if (primitive === "argsort") return { way: "whole", primitive, terms: row.map((one) => [one]) };
    const order = row.map((_, i) => i).sort((i, j) => row[i].number - row[j].number);
    return { way: "copy", primitive, terms: [[row[order[shape.length ? index[along] : 0]]]] };
  }

  /** Takes all elements of the matrices, or of the arrays. @param {Source} source @param {string} primitive @param {(number | string)[]} operands @returns {Origin} */
  #whole(source, primitive, operands) {
    const index = indexAt(source.at, this.#shape(source.place));
    const terms = operands
      .filter((operand) => typeof operand === "number")
      .flatMap((operand) => {
        const shape = this.#shape(operand);
        const batch = LINALG.test(primitive) ? shape.length - 2 : 0;
        const axes = shape.map((_, axis) => axis).slice(batch);
        return this.#elementsAlong(operand, axes, index.slice(0, batch), false).map((one) => [one]);
      });
    return { way: "whole", primitive, terms };
  }
}
