"""The cases, each a file that holds TITLE, ABOUT, UNIT, UNITS, THREADED, CHECKED, TOLERANCE and VARIANTS.

A variant is a function that imports its framework and returns a step: a function without arguments that does the
whole work once and returns the loss. UNITS is how many units of UNIT a step is; THREADED, whether its matrices are so
large that several threads matter; CHECKED, how many losses must agree, to TOLERANCE.
"""

CASES = ("chain", "scalar", "mlp", "cnn", "import_time")
