"""A table of vectors, looked up by number."""

from __future__ import annotations

from typing import Any

from ..graph.modes import no_grad
from ..ops.creation import on_processor
from ..tensor import Tensor
from . import functional, init
from .module import Module
from .parameter import Parameter, unset


class Embedding(Module):
    """One learned vector for each of `num_embeddings` numbers: integers (...) to vectors (..., embedding_dim).

    `weight` has shape (num_embeddings, embedding_dim) and starts normal(0, 1). The vector at `padding_idx` starts
    at 0 and gets no gradient.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(f"Embedding: padding_idx {padding_idx} is not one of {num_embeddings} numbers")
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.weight = unset((num_embeddings, embedding_dim), dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the first values again."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """Returns an embedding with these vectors, which are learned on only if not `freeze`."""
        if embeddings.ndim != 2:
            raise ValueError(f"from_pretrained takes one vector per number, a matrix, not shape {embeddings.shape}")
        layer = cls(embeddings.shape[0], embeddings.shape[1], padding_idx)
        layer.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return layer

    def forward(self, input: Tensor) -> Tensor:
        return functional.embedding(input, self.weight, padding_idx=self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
