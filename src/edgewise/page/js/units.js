/**
 * Units: what an activation gives for each neuron, or for each channel of images, at all examples and positions.
 *
 * @typedef {object} Units
 * @property {number} count of units
 * @property {number} stride from an element of one unit to that of the next
 * @property {string} name of several
 * @property {string} places at which each of them has a number, in words
 */

/**
 * The units of an array of so many axes: its last axis has the neurons, the second the channels of images. None, if there
 * is only one unit, or one number for each.
 *
 * @param {number[]} shape
 * @returns {Units | null}
 */
export function unitsOf(shape) {
  const isImage = shape.length > 3;
  const axis = isImage ? 1 : shape.length - 1;
  const others = shape.filter((_, one) => one !== axis);
  const size = (/** @type {number[]} */ sizes) => sizes.reduce((product, one) => product * one, 1);
  if (shape.length < 2 || shape[axis] < 2 || size(others) < 2) return null;
  return {
    count: shape[axis],
    stride: size(shape.slice(axis + 1)),
    name: isImage ? "channels" : "units",
    places: others.length === 1 ? `${others[0]} examples` : `${others.join("×")} positions`,
  };
}

/**
 * How many units have numbers for which a test holds at all examples.
 *
 * @param {ArrayLike<number>} values
 * @param {Units} units
 * @param {(value: number) => boolean} test
 */
export function countUnits(values, { count, stride }, test) {
  const holds = new Uint8Array(count).fill(1);
  for (let i = 0; i < values.length; i++) if (!test(values[i])) holds[Math.floor(i / stride) % count] = 0;
  return holds.reduce((sum, one) => sum + one, 0);
}
