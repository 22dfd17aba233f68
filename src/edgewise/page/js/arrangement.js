/**
 * Clusters as pictures are composed of them, and arrangements: where everything is in a picture.
 *
 * @typedef {{ form: number, width: number, height: number, port: number }} Look
 *   `port` is how far below its top lines arrive
 *
 * @typedef {object} ClusterLayout where everything is in a cluster while all clusters inside it are closed
 * @property {number} width
 * @property {number} height
 * @property {number[]} x of things
 * @property {number[]} y
 * @property {number[][]} gaps for each module where the gap before its layer begins and ends, and where that after it does
 * @property {number[]} entries heights of ports, from top to bottom
 * @property {number[]} exits
 * @property {{ source: number, target: number, points: Point[] }[]} routes ports as ends count down from -1
 *
 * @typedef {object} Cluster
 * @property {number} scope its number, -1 for the whole
 * @property {number} parent
 * @property {ClusterLayout} layout
 * @property {string[]} things their keys
 * @property {Look[]} looks
 * @property {number[]} entries which tensors come in, from top to bottom
 * @property {number[]} exits
 * @property {number[]} tensors on each line
 * @property {boolean[]} back whether a gradient comes back along each
 * @property {number} titleWidth the room that its title takes
 * @property {string} name
 * @property {string} path
 * @property {string} kind its class, or that it is a derivative
 * @property {string} title
 * @property {number[]} learnt its own parameters
 *
 * @typedef {number[]} Point
 *
 * @typedef {object} Thing
 * @property {string} key
 * @property {number} form
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} Line a line; within a cluster it may also begin or end at a port, whose key is null
 * @property {number} tensor
 * @property {string | null} source
 * @property {string | null} target
 * @property {Point[]} points
 * @property {boolean} back
 * @property {boolean} bent whether it is straight from point to point; otherwise it is level at each
 *
 * @typedef {{ scope: number, x: number, y: number, width: number, height: number, level?: number }} Frame
 *   `level` is the height, below its top, of the first line that comes in
 *
 * @typedef {Map<number, number>} Ports the heights of ports by their tensors
 *
 * @typedef {{ width: number, height: number, things: Thing[], lines: Line[], frames: Frame[], entries: Ports, exits: Ports }} Content
 *   a cluster with all that is open in it, around an origin at its top left corner
 *
 * @typedef {{ width: number, height: number, things: Thing[], lines: (Line & { source: string, target: string })[], frames: Frame[] }} Arrangement
 */

export {};
