"""How long still pictures of small and very large graphs take."""

from __future__ import annotations

import gc
import time

TITLE = "Still pictures"
ABOUT = (
    "`ew.snapshot` and the SVG with all modules open, by the processor's clock: the article's network, a chain of "
    "10,000 operations, and a transformer of 263 blocks (9,998 operations), also with its modules closed."
)
UNIT = "ms a picture"
ROWS, REFERENCE = "network", "10,000 operations in a chain"
THREADED = False


def article():
    """Returns the loss of the article's network."""
    import edgewise as ew

    W1, b1, W2, b2 = (ew.tensor(value, requires_grad=True) for value in (0.8, -0.4, 0.5, 0.1))
    return (ew.relu(ew.tensor(1.5) * W1 + b1) * W2 + b2 - ew.tensor(1.4)).abs()


def _chain():
    import edgewise as ew

    y = ew.tensor(0.5, requires_grad=True)
    for _ in range(5_000):
        y = y * 1.0001 + 0.1
    return y


def transformer(blocks=263):
    """Returns the loss of a transformer of so many blocks."""
    import edgewise as ew
    from edgewise import nn

    ew.manual_seed(0)
    layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), blocks)
    model = nn.Sequential(nn.Embedding(9, 8), layers, nn.Linear(8, 5))
    return model(ew.randint(0, 9, (4, 2))).square().mean()


def measure(rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of each network, one for each of at most five rounds."""
    from edgewise import snapshot
    from edgewise.picture import draw

    small, chain, deep = article(), _chain(), transformer()
    made = {
        "the article's": lambda: draw(snapshot(small), closed=()),
        "10,000 operations in a chain": lambda: draw(snapshot(chain), closed=()),
        "a transformer of 263 blocks, open": lambda: draw(snapshot(deep), closed=()),
        "the same, closed": lambda: draw(snapshot(deep)),
    }
    samples: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(min(rounds, 5)):
        for name, work in made.items():
            gc.collect()
            start = time.process_time()
            work()
            samples[name].append(time.process_time() - start)
    return samples
