/** The data of an experiment's page, as `contract.py` declares them. */

/** A network of the experiment, as a page of its own. */
export interface SideData {
  name: string;
  /** how it differs from the others, in a sentence */
  about: string;
  /** the text of its page; a number stands for a text in `LabData.common` */
  parts: (string | number)[];
}

/** A question that is asked before the answer is shown. */
export interface PredictionData {
  question: string;
  choices: string[];
  /** the number of the right choice */
  right: number;
  /** why, once a choice was made */
  because: string;
}

/** A sentence that the run has tested. */
export interface ClaimData {
  text: string;
  holds: boolean;
}

/** Measured numbers. */
export interface TableData {
  caption: string;
  columns: string[];
  /** the name and the cells of each */
  rows: [string, string[]][];
  /** how deep the colour of each cell is, from -1 to 1 */
  shades?: (number | null)[][];
  /** what some shades mean */
  legend?: [number, string][];
  /** what the rows and the columns are */
  axes?: [string, string];
}

/** A number that the reader changes in all networks at once. */
export interface ControlData {
  label: string;
  least: number;
  most: number;
  value: number;
  isLogarithmic: boolean;
  /** what it is in each network */
  leaves: (number | "rate" | null)[];
}

/** The data of the page of an experiment. */
export interface LabData {
  title: string;
  question: string;
  sides: SideData[];
  /** what several of their pages contain */
  common: string[];
  prediction?: PredictionData;
  claims: ClaimData[];
  tables: TableData[];
  controls: ControlData[];
  /** a line of Python to go on with */
  code: string;
  /** whether its networks are there to be trained */
  trains: boolean;
  theme: "auto" | "light" | "dark";
}
