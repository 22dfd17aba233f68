"""Linear algebra under the names of ``torch.linalg``: matrices or batches of them, with derivatives of every order."""

from __future__ import annotations

from .ops.decompositions import cholesky as cholesky
from .ops.decompositions import det as det
from .ops.decompositions import eigh as eigh
from .ops.decompositions import eigvalsh as eigvalsh
from .ops.decompositions import inv as inv
from .ops.decompositions import matrix_power as matrix_power
from .ops.decompositions import pinv as pinv
from .ops.decompositions import slogdet as slogdet
from .ops.decompositions import solve as solve
from .ops.factors import matrix_norm as matrix_norm
from .ops.factors import matrix_rank as matrix_rank
from .ops.factors import multi_dot as multi_dot
from .ops.factors import norm as norm
from .ops.factors import qr as qr
from .ops.factors import svd as svd
from .ops.factors import svdvals as svdvals
from .ops.linear_algebra import cross as cross
from .ops.linear_algebra import diagonal as diagonal
from .ops.linear_algebra import matmul as matmul
from .ops.linear_algebra import vecdot as vecdot
from .ops.norms import vector_norm as vector_norm
