"""Explanations of what people meet most: `python tests/explanation/golden.py` writes them again."""

from __future__ import annotations

from pathlib import Path

PLACE = Path(__file__).with_name("explanations.txt")

_NAMES = (
    "add sub mul div neg pow square sqrt exp log sin cos abs clip maximum minimum where relu leaky_relu "
    "elu gelu gelu_tanh silu sigmoid tanh softplus logsigmoid hardswish softmax log_softmax dropout sum "
    "mean amax amin prod var std norm logsumexp cumsum argmax matmul linear einsum conv2d "
    "conv_transpose2d max_pool2d avg_pool2d embedding standardize rms_norm cross_entropy pick "
    "binary_cross_entropy binary_cross_entropy_with_logits huber cdist reshape permute expand concat "
    "stack getitem pad flip tril "
)
_MODULES = (
    "LayerNorm RMSNorm BatchNorm2d GroupNorm RNNCell LSTMCell GRUCell LSTM GRU scaled_dot_product_attention "
    "MultiheadAttention TransformerEncoderLayer MSELoss SmoothL1Loss KLDivLoss cosine_similarity normalize"
)
NAMES = [*_NAMES.split(), *_MODULES.split()]


def table() -> str:
    """Returns all explanations, one after the other."""
    import edgewise as ew

    return "\n\n".join(ew.explain(name).text(120) for name in NAMES) + "\n"


if __name__ == "__main__":
    PLACE.write_text(table(), encoding="utf-8")
