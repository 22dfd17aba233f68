import { setStatistics } from "./statistics.js";
import { unpacked } from "./unpacking.js";

/** @type {Record<string, import("../contract.js").NumbersKind>} */
const KINDS = { Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array };

/**
 * What stands for the Program of a network that can't run here: its numbers as they were.
 *
 * @param {import("../contract.js").Recorded[]} recorded
 */
export function makeRecording(recorded) {
  const values = recorded.map(([kind, packed, statistics]) => {
    const data = unpacked(packed, KINDS[kind]);
    if (statistics) setStatistics(data, statistics);
    return { name: "", data, dtype: "", shape: [] };
  });
  return { values, steps: [], run: () => undefined };
}
