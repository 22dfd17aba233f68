/** What the address keeps, as texts. */

/**
 * @typedef {object} AddressState
 * @property {number | string} [step] a step, or the phase that ends with it
 * @property {"tensor" | "node" | "edge" | "module"} [kind] of what is selected
 * @property {number} [id]
 * @property {number} [pass] which of several backward passes, counted from 1
 * @property {string} view
 * @property {string} colour
 * @property {number | "all"} [zoom]
 * @property {string} neuron that is selected, after it the input whose weight is meant
 * @property {number} example of the batch that neurons show, counted from 1
 * @property {string} turned modules that are opened or closed otherwise than at first
 * @property {string} in the module that is shown alone
 * @property {string} pace
 * @property {number} [story] the part of the story
 * @property {string | null} do what was done to the numbers; null if the address says nothing of it
 * @property {string} of the network that this was done to
 * @property {string} look the element that is looked into
 */

/** Of a part of an address that is not understood so many letters are said. */
const MOST_QUOTED = 40;

const NUMBER = /^\d{1,7}$/;
const PHASES = ["forward", "backward", "update"];
const SELECTABLE = /** @type {const} */ (["tensor", "node", "edge", "module"]);

/** What the parts of an address look like. @type {Record<string, (text: string) => boolean>} */
const FORMS = {
  step: (text) => NUMBER.test(text) || PHASES.includes(text),
  ...Object.fromEntries(
    [...SELECTABLE, "in", "story", "pass", "example"].map((name) => [
      name,
      (/** @type {string} */ text) => NUMBER.test(text),
    ]),
  ),
  view: (text) => ["graph", "neurons"].includes(text),
  colour: (text) => /^\w{0,20}$/.test(text),
  zoom: (text) => text === "all" || (Number(text) > 0 && Number(text) < 100),
  neuron: (text) => /^\d{1,7}(\.\d{1,7})?$/.test(text),
  turned: (text) => /^\d{1,7}(\.\d{1,7})*$/.test(text),
  pace: (text) => /^\w{0,10}$/.test(text),
  do: () => true,
  of: (text) => /^\w{1,20}$/.test(text),
  look: (text) => /^[vgp]\d{1,7}\.\d{1,9}(_[vgp]\d{1,7}\.\d{1,9})*$/.test(text),
};

/** Writes the address; the browser's way back leads to where the page was opened. @param {Record<string, string>} entries those without a text are left out */
export function writeState(entries) {
  const parts = Object.entries(entries).flatMap(([name, text]) => (text ? [`${name}=${text}`] : []));
  try {
    history.replaceState(null, "", `#${parts.join("&")}`);
  } catch {
    // Within another page there is no address to keep it in.
  }
}

/** What the address says, and its parts that are not understood. @returns {{ state: AddressState, wrong: string[] }} */
export function readState() {
  /** @type {Record<string, string>} */
  const given = {};
  /** @type {string[]} */
  const wrong = [];
  for (const [name, text] of new URLSearchParams(location.hash.slice(1))) {
    if (Object.hasOwn(FORMS, name) && FORMS[name](text)) given[name] = text;
    else wrong.push(quoted(text ? `${name}=${text}` : name));
  }
  const number = (/** @type {string} */ name) => (name in given ? Number(given[name]) : undefined);
  const kind = SELECTABLE.find((name) => name in given);
  const { view = "", colour = "", turned = "", pace = "", of = "", look = "", neuron = "" } = given;
  const state = {
    step: PHASES.includes(given.step) ? given.step : number("step"),
    kind,
    id: kind ? number(kind) : undefined,
    pass: number("pass"),
    view,
    colour,
    zoom: given.zoom === "all" ? /** @type {const} */ ("all") : number("zoom"),
    neuron,
    example: number("example") ?? 1,
    turned,
    in: given.in ?? "",
    pace,
    story: number("story"),
    do: given.do ?? null,
    of,
    look,
  };
  return { state, wrong };
}

/** @param {string} text */
export function quoted(text) {
  return text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text;
}
