import { figure } from "../../page/js/figures.js";
import { counted } from "./words.js";

/** @typedef {import("./replay.js").Replay} Replay */
/** @typedef {import("./replay.js").Series} Series */

/**
 * What is unusual about a tensor at a moment, the worst first.
 *
 * @param {Replay} replay
 * @param {Series} series
 * @param {number} at
 * @returns {{ text: string, kind: string, weight: number, why: string }[]}
 */
export function findTroubles(replay, series, at) {
  /** @type {{ text: string, kind: string, weight: number, why: string }[]} */
  const found = [];
  let earliest = Infinity;
  for (const [row, whose] of /** @type {[number | null, string][]} */ ([
    [series.row, ""],
    [series.gradientRow, " in the gradient"],
  ])) {
    if (row === null) continue;
    for (const [field, text, kind] of [
      ["nan", "NaN", "nan"],
      ["infinite", "∞", "infinite"],
    ]) {
      const { at: moments, values } = replay.column(row, field);
      const first = values.findIndex((count) => count > 0);
      if (first < 0 || moments[first] > at || moments[first] >= earliest) continue;
      earliest = moments[first];
      const step = counted(replay.moments[earliest].step);
      found[0] = {
        text: `${text} from step ${step}`,
        kind,
        weight: 1e6 - earliest,
        why: `The first record with ${text}${whose} is that of step ${step}`,
      };
    }
  }
  if (found.length) return found;
  const last = replay.latest(series.row, at) ?? at;
  if (series.kind === "output") {
    const zeros = replay.value(series.row, "zeros", last) ?? 0;
    if (zeros > 0.9)
      found.push({
        text: `${Math.floor(zeros * 100)} % zeros`,
        kind: "warn",
        weight: 20 + zeros,
        why: "Nearly all of these outputs are 0: most units are dead here",
      });
    return found;
  }
  const gradient = replay.value(series.gradientRow, "norm", last);
  const update = replay.value(series.gradientRow, "update", last) ?? NaN;
  if (gradient === undefined)
    found.push({
      text: "no gradient",
      kind: "quiet-badge",
      weight: 5,
      why: "This parameter is frozen, or the loss does not depend on it",
    });
  else if (gradient === 0)
    found.push({
      text: "gradient 0",
      kind: "warn",
      weight: 30,
      why: "The gradient is exactly 0: nothing is learnt here",
    });
  else if (gradient < 1e-7)
    found.push({
      text: `gradient ${figure(gradient, 1)}`,
      kind: "warn",
      weight: 25,
      why: "The gradient has nearly vanished",
    });
  // Biases begin at 0, so that small steps are large beside them.
  if (series.shape.length > 1 && update > 0.05)
    found.push({
      text: `update ${figure(update, 2)}`,
      kind: "warn",
      weight: 15,
      why: "The update is large beside the values: the learning rate may be too high",
    });
  return found;
}
