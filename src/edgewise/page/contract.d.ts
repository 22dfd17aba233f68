/**
 * What crosses from Python to the page: the types of `contract.py`, and what the page's own code makes of them.
 *
 * Fields with a question mark are left out where there is nothing to say. Numbers as keys are texts in JSON.
 */

/** Which places of the page's bytes an array has: from where, how many bytes, and how many bytes of an element stand apart. */
export type Packed = [number, number, number];

/** A formula: its place in `FormulasData.templates`, and then the places in `FormulasData.names` of the names in it. */
export type Filled = number[];

/** An array as it was: its kind of typed array, its elements, and, of a sample, the statistics of all elements. */
export type Recorded = [string, Packed] | [string, Packed, StatisticsData];

/** How a thing looks: the place of its template, and then the texts in it. */
export type Form = [number, ...string[]];

/** The SVG of a look, its width, its height, and how far below its top lines arrive. */
export type Template = [string, number, number, number];

/** A step of the Program: its primitive, its operands, and the axes along which it works. Operands are places of values, and numbers as texts. */
export type StepData = [string, (number | string)[]] | [string, (number | string)[], number[]];

export type Kind = "parameter" | "input" | "constant" | "intermediate";
export type View = "graph" | "neurons";
export type Theme = "auto" | "light" | "dark";

/** A tensor. Its place in `PageData.tensors` is its number. */
export interface TensorData {
  /** its full name, such as "net.0.weight" */
  name: string;
  /** what formulas and pictures call it, if that is not its name */
  symbol?: string;
  /** the place of its symbol in `FormulasData.names` */
  letter: number;
  /** ∂L/∂tensor */
  gradientFormula: Filled;
  /** parameter, input, constant or intermediate */
  kind: Kind;
  /** the shape of the numbers that the page has */
  shape: number[];
  /** its own shape, where the page has only a sample of its numbers */
  wholeShape?: number[];
  /** such as "float32" */
  dtype: string;
  /** the node that made it; a leaf has none */
  node?: number;
  /** the edges along which nodes use it */
  edges: number[];
  /** whether a hook may change its gradient */
  hooked?: boolean;
  /** how many of its matrices stand beside each other in its heat map */
  across?: number;
  /** rows and columns of each, if they are not its last two axes */
  tile?: number[];
  /** of some axes the labels, in `NumbersData.axisLabels` */
  axisLabels?: Record<number, number>;
}

/** How one element is computed. */
export interface ElementData {
  /** equations for the element and its parts; the left side of the first is null where it is one of several parts */
  elements?: [Filled | null, Filled][];
  /** the same in a few words */
  words?: string;
  /** why it has its shape, in words */
  axes?: string;
}

/** One use of an operation. Its place in `PageData.nodes` is its number. */
export interface NodeData extends ElementData {
  /** its name in pictures, such as "mul₁" */
  label: string;
  /** the place of its label in `FormulasData.names` */
  letter: number;
  /** the operation, such as "mul" */
  operation: string;
  /** the tensor that it made */
  output: number;
  /** its edges */
  inputs: number[];
  /** what it computes */
  formula?: Filled;
  /** the same with marks for single numbers */
  numbersFormula?: Filled;
  /** the line of the program that called it, in `PageData.lines` */
  lineIndex?: number;
  /** the path of the module that it is in, in `PageData.paths` */
  pathIndex?: number;
  /** its arguments that are no tensors, as texts */
  params?: Record<string, string>;
  /** whether its results are those of neurons */
  isActivation?: boolean;
  /** the message of the error that it raised */
  failure?: string;
  /** what it was given then, in words */
  givenShapes?: string[];
}

/** A tensor's way into a node. Its place in `PageData.edges` is its number. */
export interface EdgeData extends ElementData {
  /** the tensor */
  tensor: number;
  /** the node that uses it */
  node: number;
  /** whether a gradient comes back along it */
  hasGradient?: boolean;
  /** the axes over which broadcasting is undone, in words */
  summed?: string;
  /** whether `formula` is a local derivative, by which the incoming gradient is multiplied */
  isLocal?: boolean;
  /** the derivative */
  formula?: Filled;
  /** the same with marks for single numbers */
  numbersFormula?: Filled;
  /** the derivative's name, ∂node/∂tensor */
  ratio?: Filled;
  /** whether one gradient goes to several elements */
  repeats?: boolean;
}

/** A line of the user's program. */
export interface LineData {
  /** its path below the present folder, or its name */
  file: string;
  /** which line of that */
  number: number;
  /** the line without its indentation */
  text: string;
}

/** A line of an update's rule: what a number that the optimiser remembers becomes, or the parameter. */
export interface RuleLineData {
  /** what the line defines, in `FormulasData.names` */
  letter: number;
  /** what that becomes */
  formula: Filled;
  /** the same with marks for single numbers */
  numbersFormula?: Filled;
  /** which of the optimiser's numbers it is; the parameter is none of them */
  state?: number;
  /** β and the number that is t, for that divided by 1 − βᵗ */
  corrected?: [number, number];
}

/** How a parameter is updated. */
export interface RuleData {
  /** the rule as one formula */
  formula?: Filled;
  /** whether it is p ← p − η ∂L/∂p */
  isGradientDescent?: boolean;
  /** the class of the optimiser */
  optimiser?: string;
  /** the rule line by line */
  lines?: RuleLineData[];
  /** of letters: name, words, and which state */
  meanings?: [number, string, number | null][];
}

/** A layer of a network that can be drawn as neurons, by the numbers of its tensors. */
export interface LayerData {
  /** its weights */
  weights: number;
  /** whether a row of the weights belongs to an input instead of a neuron */
  transposed: boolean;
  /** whether examples are columns of its output */
  upright: boolean;
  /** its bias */
  bias: number | null;
  /** its neurons' outputs */
  output: number;
  /** its operations, such as ["linear", "relu"] */
  labels: string[];
}

/** A network as a chain of layers. */
export interface ChainData {
  /** the tensor that the first layer is given */
  input: number;
  /** first to last */
  layers: LayerData[];
  /** the operations of the loss */
  tail: string[];
}

/** An array that a formula multiplies or adds. */
export interface OperandData {
  /** a template, and then which of the whole formula's names are in it */
  formula: Filled;
  /** before it */
  sign?: string;
  /** whether the sign is that of a product of matrices */
  contracts?: boolean;
  /** whether it is the incoming gradient instead of a value */
  isGradient?: boolean;
  /** the axes of the array in the order in which the formula has them */
  order?: number[];
  /** whether the last two are exchanged */
  isTransposed?: boolean;
}

/** Formulas, each shape once, with places for names. */
export interface FormulasData {
  /** MathML and plain text; U+13000 stands for the first name, and so on */
  templates: [string, string][];
  /** MathML and plain text */
  names: [string, string][];
  /** of each template which of its names stand for values, not for gradients */
  values: number[][];
  /** the operands of those templates that are products of arrays */
  products: Record<number, OperandData[]>;
}

/** What all elements of an array are like, of which the page has a sample. */
export interface StatisticsData {
  /** how many there are */
  size: number;
  /** how many are finite */
  finite: number;
  /** how many are NaN */
  nan: number;
  /** how many are infinite */
  infinite: number;
  /** how many are 0 */
  zeros: number;
  /** the norm of the finite ones */
  norm: number;
  /** their histogram */
  counts: number[];
  /** the least finite one; None if there is none */
  smallest: number | null;
  /** the greatest one */
  largest: number | null;
  /** their mean */
  mean: number | null;
  /** their standard deviation */
  deviation: number | null;
}

/** What a leaf holds in turn. */
export interface BatchData {
  /** one array for each batch; with `levels` places in these */
  arrays: Packed[];
  /** the different numbers that occur, if there are few */
  levels?: Packed;
  /** how many bits a place takes then */
  bits?: number;
}

/** Images that the network is to tell apart. */
export interface GalleryData {
  /** the leaf that they are in */
  images: number;
  /** channels, rows and columns of one */
  shape: number[];
  /** the tensor of scores or probabilities */
  predictions: number;
  /** whether these are probabilities */
  isProbability: boolean;
  /** the leaf of the right classes */
  labels: number;
  /** the names of the classes */
  classes: string[];
  /** batches that it is not trained on, by leaf */
  unseen?: Record<number, BatchData>;
}

/** Where in the update's Program everything is, by places of its values. */
export interface UpdateData {
  /** the learning rate */
  rate: number;
  /** each parameter, by its tensor's number */
  values: Record<number, number>;
  /** its gradient */
  gradients: Record<number, number>;
  /** what it becomes */
  results: Record<number, number>;
  /** of each number that the optimiser remembers: before, and after */
  states: number[][];
  /** what these begin with, if not with 0, by the place before */
  start: Record<number, Packed>;
}

/** Where the things, ports and lines of a cluster are while all clusters in it are closed. */
export interface LayoutData {
  /** of the cluster */
  width: number;
  height: number;
  /** the left sides of its things */
  x: number[];
  /** their tops */
  y: number[];
  /** for each cluster in it where the gaps before and after its layer begin and end */
  gaps: number[][];
  /** how far down tensors come in */
  entries: number[];
  /** how far down tensors go out */
  exits: number[];
  /** source and target, negative for ports, and then the points */
  lines: number[][];
}

/** A module that can be opened, or the whole graph. */
export interface ClusterData {
  /** its number; -1 is the whole */
  scope: number;
  /** the module around it; -1 is the whole */
  parent: number;
  /** its name in that */
  name: string;
  /** its dotted path */
  path: string;
  /** its class */
  kind: string;
  /** how many operations are in it */
  operations: number;
  /** what stands on its frame */
  title: string;
  /** the width that the title takes */
  titleWidth: number;
  /** its own parameters */
  learnt: number[];
  /** its layout, in `PlacesData.layouts` */
  layout: number;
  /** what stands in it, such as "t3 n5 m2": tensors, nodes, edges, modules */
  things: string;
  /** how these look, in `PlacesData.forms` */
  forms: number[];
  /** the tensors that come in, from top to bottom */
  entries: number[];
  /** the tensors that go out */
  exits: number[];
  /** the tensor on each line */
  tensors: number[];
  /** for each line 1 if a gradient comes back, else 0 */
  back: string;
}

/** Everything that the page needs to draw the graph. */
export interface PlacesData {
  /** modules, the outer ones first */
  clusters: ClusterData[];
  /** the layouts of these, each once */
  layouts: LayoutData[];
  /** the modules that are open at first */
  open: number[];
  /** how things look, each look once */
  templates: Template[];
  /** templates with their texts */
  forms: Form[];
}

/** The parts of a graph, with their formulas. */
/** The formula of a module, line by line. */
export interface ModuleFormulaData {
  /** equations, the result last */
  forward: [Filled, Filled][];
  /** the gradients, from those that come in */
  backward?: [Filled, Filled][];
  /** what letters mean */
  words?: string;
  /** what to know of the gradients */
  wordsBack?: string;
}

export interface StructureData {
  /** the tensors whose sum is differentiated */
  outputs: number[];
  tensors: TensorData[];
  edges: EdgeData[];
  nodes: NodeData[];
  /** of each parameter that is updated, by its number */
  rules: Record<number, RuleData>;
  /** of modules of several operations, by their scopes */
  modules: Record<number, ModuleFormulaData>;
  /** the layers, if it can be drawn as neurons */
  chain: ChainData | null;
  /** what titles call the loss */
  lossName: string;
  /** what formulas call it */
  lossSymbol: string;
  /** what it is of the outputs, such as "L = l₁ + l₂", if it is none of them */
  definition?: string;
  /** the lines of the program, each once */
  lines: LineData[];
  /** the paths of modules, each once */
  paths: string[];
  formulas: FormulasData;
}

/** What happens to a tensor or at an operation: its value, its gradient, or what an update makes of it. */
export type Way = "forward" | "backward" | "update";

/** A part of a story: its text, and where it is, or what it changes. */
export interface StoryPartData {
  text: string;
  /** a step by its number */
  step?: number;
  /** or where something happens to a tensor, */
  tensor?: number;
  /** or at a node, */
  node?: number;
  /** and what */
  way?: Way;
  /** leaves, and their elements or one number for all of them */
  changes?: [number, number[]][];
  /** another learning rate */
  rate?: number;
  /** so many training steps */
  train?: number;
}

/** One of the backward passes of a training step. */
export interface BackwardPassData {
  /** what the page calls it */
  name: string;
  /** which parameters are moved after it, in words */
  moves: string;
  /** for parameters that it moves the earlier passes whose gradients are added */
  added: Record<number, number[]>;
}

/** A structure, and where its numbers are: in the page's Program, or in what was recorded. */
export interface NumbersData extends StructureData {
  /** the value of each tensor */
  values: Record<number, number>;
  /** the gradient of each tensor that has one */
  gradients: Record<number, number>;
  /** what comes back along each edge */
  contributions: Record<number, number>;
  /** the local derivative of each edge */
  locals: Record<number, number>;
  /** the tensors that can be changed; a recording has none */
  leaves: number[];
  /** what these hold at first */
  start: Packed[];
  /** where everything is drawn; it is added last, like the following */
  places?: PlacesData;
  /** what stands above the page */
  title?: string;
  /** what it begins with: the graph, or neurons */
  view?: View;
  /** light, dark, or as the reader's system has it */
  theme?: Theme;
  /** texts that lead through the page */
  story?: StoryPartData[];
  /** the end of this phase is seen first, instead of the start */
  begins?: "backward";
  /** which of several passes it is */
  backwardPass?: BackwardPassData;
  /** labels along axes, such as tokens, each list once */
  axisLabels?: string[][];
  /** whether it stands beside others in a page that leads all of them */
  beside?: boolean;
}

/** What a page knows of a network that it runs. */
export interface LiveData extends NumbersData {
  update: UpdateData;
  /** the steps of the network's Program, in order: they give its last values */
  steps: StepData[];
  /** η at first */
  learningRate: number;
  /** a sentence about the update, or nothing */
  remark: string;
  /** what some leaves hold in turn, by their numbers */
  batches?: Record<number, BatchData>;
  /** masks of dropout, and how probable their zeros are */
  masks?: Record<number, number>;
  gallery?: GalleryData;
}

/** What a page knows of a network that it can't run. */
export interface RecordingData extends NumbersData {
  /** the arrays, each once */
  recorded: Recorded[];
  /** what an update made of parameters, in `recorded` */
  updated: Record<number, number>;
  /** why the page can't run it, as a sentence */
  reason?: string;
  /** the error that ended the program after the last operation */
  stopped?: string;
}

/** The data of a page. */
export type PageData = (LiveData | RecordingData) & Required<Pick<NumbersData, "places" | "title" | "view" | "theme">>;

/** The data of a page of several backward passes. */
export interface PassesData {
  /** what stands above the page */
  title: string;
  /** in their order */
  passes: PageData[];
  /** leaves that several have: passes, and the leaf's number in each */
  shared: [number, number][][];
}

// What the page makes of it --------------------------------------------------------------------------------------------

/** The elements of an array. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** A kind of typed array. */
export interface NumbersKind {
  new (length: number): Numbers;
  new (buffer: ArrayBufferLike): Numbers;
}

/** A Program as it is printed: its values, and its steps, which are functions called `step_` and the value's name. */
export interface Program {
  values: { name: string; data: Numbers; dtype: string; shape: number[] }[];
  steps: (() => void)[];
  run(): unknown;
}

/** What makes the Programs of a network. */
export interface Programs {
  makeNetwork(): Program;
  makeUpdate(): Program;
}

/** A formula as MathML and text; null if there is none. */
interface Written {
  readonly math: string | null;
  readonly text: string | null;
  /** MathML with marks for single numbers */
  readonly marked: string | null;
  /** the equations for one element: MathML of both sides */
  readonly elementLines: [string | null, string | null][];
  /** the names of values in it, in `FormulasData.names` */
  readonly letters: number[];
  /** what it multiplies and adds, if it is a product of arrays */
  readonly operands: WrittenOperand[] | null;
}

/** An operand with its formula as MathML. */
export interface WrittenOperand extends Pick<OperandData, "order">, Required<Omit<OperandData, "formula" | "order">> {
  math: string;
  /** the name of its array, in `FormulasData.names` */
  letter: number;
}

export interface Tensor extends Omit<TensorData, "symbol" | "node"> {
  /** of some axes their labels */
  labels?: Record<number, string[]>;
  symbol: string;
  /** null for a leaf */
  node: number | null;
  readonly math: string;
  /** its name in words: paths as in the picture */
  readonly said: string;
  readonly gradientMath: string | null;
}

export interface Node extends Omit<NodeData, "params">, Written {
  params: Record<string, string>;
  /** the line of the program that called it */
  line: LineData | undefined;
  /** the module that it is in; empty for the whole network */
  path: string;
  /** its label as MathML */
  readonly name: string;
}

export interface Edge extends EdgeData, Written {
  /** the name of the derivative */
  readonly localMath: string | null;
  readonly localText: string | null;
}

export interface RuleLine extends RuleLineData, Written {
  readonly name: string;
}

export interface Rule extends Omit<RuleData, "lines" | "meanings">, Written {
  lines?: RuleLine[];
  meanings: { math: string; words: string; state: number | null | undefined }[];
}

export interface ModuleFormula extends ModuleFormulaData {
  readonly forwardLines: [string | null, string | null][];
  readonly backwardLines: [string | null, string | null][];
}

/** A page's data with its formulas written out. */
export interface Graph
  extends Omit<NumbersData, "tensors" | "nodes" | "edges" | "rules" | "modules">,
    Partial<Omit<LiveData, keyof NumbersData>>,
    Partial<Omit<RecordingData, keyof NumbersData>> {
  tensors: Tensor[];
  nodes: Node[];
  edges: Edge[];
  rules: Record<number, Rule>;
  modules: Record<number, ModuleFormula>;
  places: PlacesData;
  title: string;
  view: View;
  theme: Theme;
}

/**
 * What a page around several pages asks of each of them. Phases are numbered: forward, backward, update; `at` counts the
 * stops of one.
 */
export type Order =
  | { kind: "go"; phase: number; at: number; animated: boolean }
  | { kind: "train"; steps: number }
  | { kind: "seek"; step: number }
  | { kind: "assign"; leaf: number | "rate"; value: number }
  | { kind: "reset" };

/** What such a page reports to the one around it. */
export interface Shown {
  /** how many orders it has followed */
  orders: number;
  /** how many stops each phase has */
  counts: number[];
  /** which phase is shown, and which of its stops */
  phase: number;
  at: number;
  /** of training that were taken */
  steps: number;
  loss: number;
  /** the run until now: those points of it that stand out */
  points: { step: number; loss: number }[];
  /** where on the way back a gradient ends first, if it does */
  end: { at: number; text: string } | null;
}
