/** What crosses from Python to the page of a run: the types of `contract.py`. */

/** Numbers over the steps of a run. */
export interface CurveData {
  /** what they are */
  name: string;
  /** how many numbers make a point, which is their mean */
  each: number;
  /** the steps */
  steps: number[];
  /** the numbers; "nan", "inf" and "-inf" as texts */
  values: (number | string)[];
}

/** A step of a run that was recorded. */
export interface FrameData {
  /** which one, counted from 1 */
  step: number;
  /** when, after the run began */
  seconds: number;
  /** how many rows of measures it has */
  rows: number;
  /** the learning rate of each optimiser */
  rates: (number | string | null)[];
  /** the rows of measures, and then the elements of small parameters: float32 in base64 */
  numbers: string;
  /** the histograms of the rows: bytes in base64 */
  counts: string;
}

/** A tensor that a run follows. */
export interface SeriesData {
  /** "parameter", or "output" of a module */
  kind: "parameter" | "output";
  /** the name of its model */
  model: string;
  /** its dotted name */
  name: string;
  /** the path of its module */
  module: string;
  /** the class of its module */
  type: string;
  /** its shape */
  shape: number[];
  /** the row of a frame that has its measures */
  row: number;
  /** the row of its gradient's */
  gradientRow: number | null;
  /** where its elements are after the rows, from and how many, if they are kept */
  whole: [number, number] | null;
}

/** A run, or what is new of it. */
export interface RunNews {
  /** grows when frames are dropped, after which all is sent */
  generation: number;
  /** the last frame that is in it */
  serial: number;
  /** whether this is all of it */
  isWhole: boolean;
  /** how many steps were taken */
  steps: number;
  /** a sentence about what is missing, or nothing */
  remark: string;
  /** the losses */
  losses: CurveData[];
  /** what the user noted */
  notes: CurveData[];
  /** those that are new */
  frames: FrameData[];
  /** the measures of a row; these and the following only if `isWhole` */
  fields?: string[];
  /** how many bins a histogram has */
  bins?: number;
  /** the names of the optimisers */
  optimizers?: string[];
  /** the names of the models */
  models?: string[];
  /** the tensors that are followed */
  series?: SeriesData[];
  /** whether the run is over */
  ended?: boolean;
  /** how it ended */
  said?: string;
}

/** The data of a run's page. */
export interface RunData extends RunNews {
  /** what stands above it */
  title: string;
  /** whether it asks its server for more */
  live: boolean;
}
