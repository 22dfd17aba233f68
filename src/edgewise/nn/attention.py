"""Attention, and the transformer's encoder made of it (Vaswani et al., Attention is all you need, NeurIPS 2017)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

from ..graph.errors import ShapeError
from ..graph.traits import CallExample, CompositeTraits
from ..ops.attention import masked_weights
from ..ops.creation import on_processor
from ..ops.selection import where
from ..tensor import Tensor, as_tensor
from . import functional, init
from ._support import check_tensor, shape_error
from .containers import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalisation import LayerNorm
from .parameter import Parameter, unset


class MultiheadAttention(Module):
    """Attention in `num_heads` parts of the embedding at once.

    Inputs are (L, N, embed_dim), with `batch_first` (N, L, embed_dim), or without a batch (L, embed_dim). The three
    input projections lie in one `in_proj_weight` of shape (3·embed_dim, embed_dim): queries, keys, values.
    """

    in_proj_weight: Parameter
    in_proj_bias: Parameter | None
    _traits = CompositeTraits(
        example=CallExample(
            {"x": (5, 3, 6)},
            (6, 2),
            call=lambda attention, x: attention(x, x, x, need_weights=False)[0],
            options={"batch_first": True},
        ),
        symbols={"out_proj.weight": "W_O", "out_proj.bias": "b_O"},
        part_symbols={"in_proj_weight": "W_", "in_proj_bias": "b_"},
        words="each query asks all keys, and gets the mean of their values, weighted by how well they match",
    )

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        batch_first: bool = False,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: embed_dim {embed_dim} can't be divided into {num_heads} heads")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.in_proj_weight = unset((3 * embed_dim, embed_dim), dtype)
        self.register_parameter("in_proj_bias", unset((3 * embed_dim,), dtype) if bias else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the first values again."""
        init.xavier_uniform_(self.in_proj_weight)
        self.out_proj.reset_parameters()
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns the attended values, and the attention weights or None.

        A query that can see no key has weights of zero.

        Parameters
        ----------
        key_padding_mask:
            (N, S), or (S) without a batch: True for keys to pass over, or numbers added to their scores.
        need_weights:
            Whether to return the weights (N, L, S) too.
        attn_mask:
            (L, S) or (N·num_heads, L, S): True where a query may *not* see a key, or numbers added to the scores.
        average_attn_weights:
            Whether to average the weights over the heads; else they are (N, num_heads, L, S).
        is_causal:
            Query number i sees the keys up to number i only.
        """
        for given in (query, key, value):
            check_tensor("MultiheadAttention", given)
        batched = query.ndim == 3
        for given in (query, key, value):
            if given.ndim != query.ndim or given.ndim not in (2, 3) or given.shape[-1] != self.embed_dim:
                axes = "(N, L, {})" if self.batch_first else "(L, N, {})"
                raise shape_error(
                    self, given, f"three inputs of shape {axes} or (L, {{}})".format(*[self.embed_dim] * 2)
                )
        # All as (N, L, embed_dim) from here on.
        if not batched:
            query, key, value = (x.unsqueeze(0) for x in (query, key, value))
        elif not self.batch_first:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        q, k, v = self._project(query, key, value)
        mask = self._mask(q, k, key_padding_mask, attn_mask, is_causal)
        share = self.dropout if self.training else 0.0
        weights: Tensor | None = None
        if need_weights:
            scores = (q * (1 / math.sqrt(q.shape[-1]))) @ k.transpose(-2, -1)
            weights = functional.softmax(scores, -1) if mask is None else masked_weights(scores, mask)
            weights.name = "A"
            attended = functional.dropout(weights, share, self.training) @ v
            weights = weights.mean(1) if average_attn_weights else weights
            weights = weights if batched else weights.squeeze(0)
        else:
            attended = functional.scaled_dot_product_attention(q, k, v, mask, share)
        joined = attended.transpose(1, 2)
        output: Tensor = self.out_proj(joined.reshape((*joined.shape[:2], self.embed_dim)))
        if not batched:
            output = output.squeeze(0)
        elif not self.batch_first:
            output = output.transpose(0, 1)
        return output, weights

    def _project(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        """Queries, keys and values of each head: (N, num_heads, L, embed_dim / num_heads)."""
        e = self.embed_dim
        if query is key is value:
            together = functional.linear(query, self.in_proj_weight, self.in_proj_bias)
            parts = [together[..., i * e : (i + 1) * e] for i in range(3)]
        else:
            parts = [
                functional.linear(
                    x,
                    self.in_proj_weight[i * e : (i + 1) * e],
                    None if self.in_proj_bias is None else self.in_proj_bias[i * e : (i + 1) * e],
                )
                for i, x in enumerate((query, key, value))
            ]
        heads = (self.num_heads, e // self.num_heads)
        found = [part.reshape((*part.shape[:2], *heads)).transpose(1, 2) for part in parts]
        for part, letter in zip(found, "QKV", strict=True):
            part.name = letter
        return found

    def _mask(
        self, q: Tensor, k: Tensor, padding: Tensor | None, attention: Tensor | None, causal: bool
    ) -> Tensor | None:
        """Returns the addend of the scores (N, num_heads, L, S): -inf where a query must not see a key."""
        n, heads, length = q.shape[:3]
        size = k.shape[2]
        parts: list[Tensor] = []
        if padding is not None:
            if padding.ndim == 1:
                padding = padding.unsqueeze(0)
            if tuple(padding.shape) != (n, size):
                raise ShapeError(f"MultiheadAttention: key_padding_mask has shape {padding.shape}, not {(n, size)}")
            parts.append(_scores_of_mask(padding, q).reshape((n, 1, 1, size)))
        if attention is not None:
            if tuple(attention.shape) not in ((length, size), (n * heads, length, size)):
                raise ShapeError(
                    f"MultiheadAttention: attn_mask has shape {attention.shape}, not {(length, size)} "
                    f"or {(n * heads, length, size)}"
                )
            added = _scores_of_mask(attention, q)
            parts.append(added if added.ndim == 2 else added.reshape((n, heads, length, size)))
        elif causal:
            hidden = as_tensor([[j > i for j in range(size)] for i in range(length)])
            parts.append(_scores_of_mask(hidden, q))
        return sum(parts[1:], parts[0]) if parts else None

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}, dropout={self.dropout}, batch_first={self.batch_first}"


def _scores_of_mask(mask: Tensor, like: Tensor) -> Tensor:
    if str(mask.dtype).endswith("bool"):
        return where(mask, -math.inf, mask.to(like.dtype))  # False is 0: made of the mask alone, which pictures show
    return mask.to(like.dtype)


class TransformerEncoderLayer(Module):
    """Self-attention, then two linear layers, each added to what went in and normalised.

    Inputs are (L, N, d_model), with `batch_first` (N, L, d_model). With `norm_first` normalisation comes before
    each part instead of after it.
    """

    _traits = CompositeTraits(
        CallExample({"x": (5, 3, 6)}, (6, 2, 8, 0.0, "relu", 1e-5, True)),
        words="attention, then two linear layers, each added to what went in, and normalised",
    )

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> None:
        on_processor(type(self).__name__, device)
        super().__init__()
        if isinstance(activation, str):
            if activation not in ("relu", "gelu"):
                raise ValueError(f"TransformerEncoderLayer: activation is {activation!r}; it must be 'relu' or 'gelu'")
            activation = functional.relu if activation == "relu" else functional.gelu
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        check_tensor("TransformerEncoderLayer", src)
        x = src
        if self.norm_first:
            x = x + self._attend(self.norm1(x), src_mask, src_key_padding_mask, is_causal)
            return x + self._feed_forward(self.norm2(x))
        x = self.norm1(x + self._attend(x, src_mask, src_key_padding_mask, is_causal))
        return self.norm2(x + self._feed_forward(x))  # type: ignore[no-any-return]

    def _attend(self, x: Tensor, mask: Tensor | None, padding: Tensor | None, causal: bool) -> Tensor:
        attended, _ = self.self_attn(
            x, x, x, attn_mask=mask, key_padding_mask=padding, need_weights=False, is_causal=causal
        )
        return self.dropout1(attended)  # type: ignore[no-any-return]

    def _feed_forward(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.activation(self.linear1(x)))
        return self.dropout2(self.linear2(hidden))  # type: ignore[no-any-return]


class TransformerEncoder(Module):
    """`num_layers` copies of an encoder layer one after another, and a last normalisation if given."""

    def __init__(self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList(copy.deepcopy(encoder_layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=is_causal)
        return src if self.norm is None else self.norm(src)
