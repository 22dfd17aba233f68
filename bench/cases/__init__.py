"""The cases, each a file that holds TITLE, ABOUT, UNIT, UNITS, THREADED, CHECKED, TOLERANCE and VARIANTS.

A variant is a function that imports its framework and returns a step: a function without arguments that does the
whole work once and returns the loss. UNITS is how many units of UNIT a step is; THREADED, whether its matrices are so
large that several threads matter; CHECKED, how many losses must agree, to TOLERANCE.

A case that compares no frameworks says what its rows are, in ROWS, and which of them is the base of the ratios, in
REFERENCE; a function `measure(rounds)` in place of VARIANTS returns the seconds of each row, one for each round.

A case of many small pieces of work, each done by Edgewise and by PyTorch, has WORK: for each piece the two variants.
"""

CASES = ("chain", "scalar", "mlp", "cnn", "gpt", "layers", "import_time", "looking", "drawing", "making", "pages")
