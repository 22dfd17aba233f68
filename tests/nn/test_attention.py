"""Attention, and layers made of it."""

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn

from .arrays import close, normal


@pytest.fixture(autouse=True)
def _seeded():
    ew.manual_seed(0)


def test_attention_by_hand():
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    x = normal(3, 5, 4)
    output, weights = layer(x, x, x)
    w, b = layer.in_proj_weight.numpy(force=True), layer.in_proj_bias.numpy(force=True)
    q, k, v = np.split(x.numpy() @ w.T + b, 3, axis=-1)
    heads, means = [], 0
    for head in (slice(0, 2), slice(2, 4)):
        scores = np.exp(q[..., head] @ k[..., head].transpose(0, 2, 1) / math.sqrt(2))
        share = scores / scores.sum(-1, keepdims=True)
        means = means + share / 2
        heads.append(share @ v[..., head])
    joined = np.concatenate(heads, -1)
    close(output, joined @ layer.out_proj.weight.numpy(force=True).T + layer.out_proj.bias.numpy(force=True))
    close(weights, means)
    alone, none = layer(x, x, x, need_weights=False)
    assert none is None
    close(alone, output.numpy(force=True))
    sequence_first = nn.MultiheadAttention(4, 2)
    sequence_first.load_state_dict(layer.state_dict())
    turned = x.transpose(0, 1)
    close(sequence_first(turned, turned, turned)[0].transpose(0, 1), output.numpy(force=True))
    close(layer(x[0], x[0], x[0])[0], output.numpy(force=True)[0])


def test_attention_masks_hide_keys():
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    x = normal(2, 3, 4)
    _, weights = layer(x, x, x, is_causal=True, average_attn_weights=False)
    assert weights.shape == (2, 2, 3, 3)
    assert (weights.numpy(force=True)[..., np.triu_indices(3, 1)[0], np.triu_indices(3, 1)[1]] == 0).all()
    padding = ew.tensor([[False, False, True], [False, True, True]])
    _, weights = layer(x, x, x, key_padding_mask=padding)
    assert (weights.numpy(force=True)[0, :, 2] == 0).all()
    assert weights.numpy(force=True)[1].tolist() == [[1, 0, 0]] * 3
    hidden = ew.tensor([[j > i for j in range(3)] for i in range(3)])
    for mask in (hidden, ew.tensor(np.where(hidden.numpy(), -np.inf, 0).astype("float32"))):
        close(layer(x, x, x, attn_mask=mask)[0], layer(x, x, x, is_causal=True)[0].numpy(force=True))
        close(
            layer(x, x, x, attn_mask=mask, need_weights=False)[0], layer(x, x, x, is_causal=True)[0].numpy(force=True)
        )
    with pytest.raises(ew.ShapeError, match=r"attn_mask has shape \(2, 2\), not \(3, 3\) or \(4, 3, 3\)"):
        layer(x, x, x, attn_mask=ew.tensor([[True, False], [True, True]]))


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_transformer_encoder_learns(norm_first):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=norm_first, activation="gelu")
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))
    x = normal(3, 5, 8)
    assert encoder(x).shape == (3, 5, 8)
    (encoder(x)[..., 0] ** 2).mean().backward()
    assert all(parameter.grad is not None for parameter in encoder.parameters())
    assert encoder.layers[0] is not encoder.layers[1]
