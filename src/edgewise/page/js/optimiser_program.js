import { kindOf, unpacked } from "./unpacking.js";

/** @typedef {import("../contract.js").Numbers} Numbers */

/** The update, as a Program with inputs of its own. */
export class OptimiserProgram {
  /**
   * @param {import("../contract.js").UpdateData} places where in it parameters, gradients, results, the learning rate and the state are
   * @param {import("../contract.js").Program} program
   */
  constructor(places, program) {
    this.places = places;
    this.program = program;
    this.ids = Object.keys(places.results).map(Number);
    /** What it remembers at first. */
    this.first = places.states.map(([input]) => {
      const [packed, array] = [places.start[input], this.#array(input)];
      return packed ? unpacked(packed, kindOf(array)) : array.slice();
    });
  }

  /** @param {number} place */
  #array(place) {
    return this.program.values[place].data;
  }

  /** @param {number} rate @param {(id: number) => Numbers} value @param {(id: number) => Numbers} gradient */
  run(rate, value, gradient) {
    const { places } = this;
    this.#array(places.rate)[0] = rate;
    for (const id of this.ids) {
      this.#array(places.values[id]).set(value(id));
      this.#array(places.gradients[id]).set(gradient(id));
    }
    this.program.run();
  }

  /** What it makes of a parameter. @param {number} id */
  after(id) {
    return this.#array(this.places.results[id]);
  }

  /** What it remembers, before the step and after it. @param {number} state */
  remembered(state) {
    return this.places.states[state].map((place) => this.#array(place));
  }

  /** What it remembers after the step becomes what it knows in the next one. */
  keep() {
    for (const [input, output] of this.places.states) this.#array(input).set(this.#array(output).slice());
  }

  /** @returns {Numbers[]} a copy of what it remembers */
  state() {
    return this.places.states.map(([input]) => this.#array(input).slice());
  }

  restore(state = this.first) {
    this.places.states.forEach(([input], i) => this.#array(input).set(state[i]));
  }
}
