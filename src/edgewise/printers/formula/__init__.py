"""Mathematics: Programs printed as formulas, in Unicode, LaTeX and MathML."""

from . import latex as latex
from . import mathml as mathml
from . import unicode as unicode
