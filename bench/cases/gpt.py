"""A training step of a small GPT."""

from __future__ import annotations

import math

import numpy as np

TITLE = "A step of a small GPT"
ABOUT = (
    "4 layers, 4 heads, 128 wide, vocabulary 65, 16 sequences of 64 tokens: layer norm, causal attention, exact GELU, "
    "cross-entropy, AdamW without dropout: forward, backward and update."
)
UNIT, UNITS = "ms a step", 1
THREADED = True
CHECKED, TOLERANCE = 4, 1e-3

LAYERS, HEADS, WIDTH, VOCABULARY, BATCH, TOKENS, RATE = 4, 4, 128, 65, 16, 64, 1e-3
_random = np.random.default_rng(0)
TEXT = _random.integers(0, VOCABULARY, (BATCH, TOKENS + 1))


def edgewise():
    import edgewise as ew

    return like_torch(ew)


def torch():
    import torch

    return like_torch(torch)


def like_torch(library):
    nn, functional = library.nn, library.nn.functional

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.c_attn = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
            self.c_proj = nn.Linear(WIDTH, WIDTH, bias=False)

        def forward(self, x):
            n, t, width = x.shape
            q, k, v = self.c_attn(x).split(WIDTH, dim=2)
            q, k, v = (part.view(n, t, HEADS, width // HEADS).transpose(1, 2) for part in (q, k, v))
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.c_proj(y.transpose(1, 2).contiguous().view(n, t, width))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.attn = Attention()
            self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlp(self.ln_2(x))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(TOKENS, WIDTH)
            self.blocks = nn.Sequential(*[Block() for _ in range(LAYERS)])
            self.ln_f, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)

        def forward(self, tokens, targets):
            x = self.wte(tokens) + self.wpe(library.arange(tokens.shape[1]))
            logits = self.head(self.ln_f(self.blocks(x)))
            return functional.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1))

    model = Model()
    draw = np.random.default_rng(1)
    with library.no_grad():
        for parameter in model.parameters():
            if len(parameter.shape) > 1:
                values = draw.standard_normal(tuple(parameter.shape)) / math.sqrt(parameter.shape[-1])
                parameter.copy_(library.tensor(values.astype(np.float32)))
            elif parameter.shape[0] != WIDTH or abs(float(parameter[0]) - 1) > 1e-6:
                parameter.zero_()
    tokens = library.tensor(np.ascontiguousarray(TEXT[:, :-1]))
    targets = library.tensor(np.ascontiguousarray(TEXT[:, 1:]))
    optimizer = library.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1)

    def step():
        loss = model(tokens, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


VARIANTS = {"edgewise": edgewise, "torch": torch}
