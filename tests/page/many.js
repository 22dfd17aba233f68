// 10,000 operations on a canvas. It stands behind the page's own modules.

const random = (() => { let s = 1; return () => (s = (s * 16807) % 2147483647) / 2147483647; })();
const columns = 200, rows = 50;
const graph = { nodes: [], tensors: [], edges: [], outputs: [] };
const things = [], lines = [], at = {};
const add = (key, x, y, width, height) => { things.push({ key, x, y, width, height }); at[key] = [x, y, width, height]; };
for (let c = 0; c < columns; c++) for (let r = 0; r < rows; r++) {
  const id = graph.nodes.length, y = r * 110 + 30 * random();
  graph.nodes.push({ output: id, inputs: [] });
  graph.tensors.push({ node: id, edges: [], kind: "value" });
  add("node " + id, c * 260, y + 20, 60, 26);
  add("tensor " + id, c * 260 + 90, y, 120, 77);
}
const end = (key, right) => { const [x, y, w, h] = at[key]; return [right ? x + w : x, y + h / 2]; };
const join = (tensor, source, target) => lines.push({ tensor, source, target, points: [end(source, true), end(target, false)], back: true });
for (let id = 0; id < graph.nodes.length; id++) {
  join(id, "node " + id, "tensor " + id);
  for (let k = 0; k < 2; k++) {
    const before = Math.max(0, Math.floor(id / rows) - 1 - (random() < 0.03 ? Math.floor(random() * 20) : 0));
    const from = before * rows + Math.min(rows - 1, Math.max(0, (id % rows) + Math.floor(random() * 5) - 2));
    graph.edges.push({ tensor: from, node: id, flows: true });
    graph.tensors[from].edges.push(graph.edges.length - 1);
    graph.nodes[id].inputs.push(graph.edges.length - 1);
    join(from, "tensor " + from, "node " + id);
  }
}
const valueAt = graph.tensors.map((_, i) => i + 1);
const timeline = { valueAt, gradientAt: valueAt.map((v) => 20001 - v), contributionAt: graph.edges.map(() => 15000), moments: [] };
const frames = Array.from({ length: 20 }, (_, i) => ({ scope: i, x: i * 2600 - 20, y: -20, width: 2580, height: rows * 110 + 60 }));
const arrangement = { width: columns * 260, height: rows * 110 + 60, things, lines, frames };
const keyOf = (id) => "node " + id;
const frame = document.getElementById("picture"), inner = document.getElementById("inner");
let scale = 1;
const origin = () => {
  const [a, b] = [frame, inner].map((element) => element.getBoundingClientRect());
  return { x: b.left - a.left, y: b.top - a.top };
};
const view = { origin, get scale() { return scale; } };
const far = new CanvasView(frame, view);
const canvas = far.element;
const draw = (...given) => far.draw(...given);
canvas.hidden = false;
canvas.style.position = "absolute";
document.body.append(canvas);
const context = canvas.getContext("2d");
const work = workAt(graph, { kind: "forward", node: 5000, tensor: 5000 }, keyOf);
const look = {
  step: 12000, work, chosen: "tensor 7000", levelOf: () => -1, palette: [],
  linesOn: (key) => [key, "1.234", "5.67e-5"], titleOf: (scope) => "blocks." + scope,
};
const colours = readColours(document.body);
const size = (to) => { scale = to; inner.style.width = `${arrangement.width * to}px`; inner.style.height = `${arrangement.height * to}px`; };
let scene;
window.first = () => {
  size(0.026);
  frame.scrollLeft = frame.scrollTop = 0;
  scene = makeScene(arrangement, graph, timeline, keyOf);
  draw(scene, look, colours, true);
  const part = [-origin().x / scale, -origin().y / scale, (frame.clientWidth - origin().x) / scale, (frame.clientHeight - origin().y) / scale];
  return { visible: within(scene.boxes, part, new Uint32Array(scene.count)), things: scene.count, lines: scene.lineCount };
};
// The pixels that moving leaves and those of a new drawing: how many differ.
window.differing = (to) => {
  size(to);
  frame.scrollLeft = frame.scrollTop = 40;
  draw(scene, look, colours, true);
  for (const [x, y] of [[13, 0], [0, 7], [-31, 12], [5, -18], [200, 90], [-150, -60]]) {
    frame.scrollLeft += x;
    frame.scrollTop += y;
    draw(scene, look, colours, false);
  }
  const read = () => context.getImageData(0, 0, canvas.width, canvas.height).data;
  const moved = read();
  draw(scene, look, colours, true);
  const anew = read();
  let count = 0;
  for (let i = 0; i < anew.length; i += 4) if (Math.abs(anew[i] - moved[i]) > 24 || Math.abs(anew[i + 2] - moved[i + 2]) > 24) count += 1;
  return count / (anew.length / 4);
};
document.body.dataset.ready = "";
