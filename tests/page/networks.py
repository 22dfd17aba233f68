"""Networks of all kinds, as people make pages of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import edgewise as ew
from edgewise import nn, optim
from edgewise.page import Gallery, Look

F = nn.functional

Made = tuple[Any, dict[str, Any]]
"""The loss, or several, and how its page is made."""


class Article:
    """The article's network, and its tensors by name."""

    def __init__(self) -> None:
        self.x, self.t = ew.tensor(0.5), ew.tensor(1.0)
        self.W1, self.b1 = ew.tensor(1.2, requires_grad=True), ew.tensor(0.1, requires_grad=True)
        self.W2, self.b2 = ew.tensor(-0.4, requires_grad=True), ew.tensor(0.3, requires_grad=True)
        self.loss = self.run()

    def run(self) -> ew.Tensor:
        """The forward pass, from what the leaves hold."""
        x, W1, b1, W2, b2, t = self.x, self.W1, self.b1, self.W2, self.b2, self.t
        z1 = x * W1 + b1
        x2 = z1.relu()
        y2 = x2 * W2 + b2
        return (y2 - t).abs()

    @property
    def parameters(self) -> list[ew.Tensor]:
        """What is learnt."""
        return [self.W1, self.b1, self.W2, self.b2]


def first_article() -> Made:
    """The article's network at the numbers that `Article` begins with."""
    return Article().loss, {}


def article() -> Made:
    """Single numbers."""
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1 = ew.tensor(0.8, requires_grad=True), ew.tensor(-0.4, requires_grad=True)
    W2, b2 = ew.tensor(0.5, requires_grad=True), ew.tensor(0.1, requires_grad=True)
    z1 = x * W1 + b1
    x2 = z1.relu()
    y2 = x2 * W2 + b2
    return (y2 - t).abs(), {}


def trained(loss: Callable[[], Any], optimiser: Any) -> Any:
    """The loss of a watched step."""
    with ew.watch():
        optimiser.zero_grad()
        found = loss()
        found.backward()
        optimiser.step()
    return found


def moons() -> Made:
    """A classifier of points that Adam trains: long rules."""
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    x, t = ew.randn(32, 2), (ew.rand(32, 1) > 0.5).float()
    optimiser = optim.Adam(model.parameters(), lr=0.01)
    loss = trained(lambda: F.binary_cross_entropy_with_logits(model(x), t), optimiser)
    return loss, {"optimizer": optimiser}


def xor() -> Made:
    """Neurons."""
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    x, t = ew.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), ew.tensor([[0.0], [1.0], [1.0], [0.0]])
    return F.mse_loss(model(x), t), {"look": Look(view="neurons")}


def product() -> Made:
    """A product of matrices, a bias that is repeated."""
    ew.manual_seed(0)
    x, w, b = ew.randn(3, 4), ew.randn(4, 5).requires_grad_(), ew.randn(5).requires_grad_()
    return (x @ w + b).relu().sum().abs(), {}


def lenet() -> Made:
    """Images, convolutions, and a gallery."""
    ew.manual_seed(0)
    train, _ = ew.data.digits(flat=False)
    images, labels = (tensor.numpy()[:32] for tensor in train.tensors)
    images, labels = images.reshape(2, 16, *images.shape[1:]), labels.reshape(2, 16)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(54, 16), nn.ReLU(), nn.Linear(16, 10)
    )
    x, t = ew.tensor(images[0]), ew.tensor(labels[0])
    loss = F.cross_entropy(model(x), t)
    return loss, {"batches": {x: images, t: labels}, "gallery": Gallery(x)}


def lstm() -> Made:
    """A long story."""
    ew.manual_seed(0)
    model = nn.LSTM(3, 4)
    out, _ = model(ew.randn(8, 1, 3))
    return out.square().mean(), {}


class Block(nn.Module):
    """One block of a transformer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Any) -> Any:
        h = self.ln1(x)
        x = x + self.attn(h, h, h)[0]
        return x + self.down(F.gelu(self.up(self.ln2(x))))


def transformer() -> Made:
    """Modules in modules."""
    ew.manual_seed(0)
    model = nn.Sequential(nn.Embedding(11, 8), Block(8, 4), Block(8, 4), nn.Dropout(0.1), nn.Linear(8, 11))
    x, t = ew.randint(0, 11, (1, 6)), ew.randint(0, 11, (1, 6))
    return F.cross_entropy(model(x).reshape(6, 11), t.reshape(6)), {}


def attention() -> Made:
    """Attention by hand, with a mask."""
    ew.manual_seed(0)
    x = ew.randn(5, 8)
    Wq, Wk, Wv = (ew.randn(8, 4).requires_grad_() for _ in range(3))
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    mask = ew.ones(5, 5).tril() > 0
    scores = (q @ k.T / 2).masked_fill(~mask, float("-inf"))
    return (scores.softmax(-1) @ v).square().mean(), {}


class Residual(nn.Module):
    """A block of a residual network with batch normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x: Any) -> Any:
        return F.relu(x + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


def resnet() -> Made:
    """Residual blocks."""
    ew.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), Residual(4), Residual(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    return F.cross_entropy(model(ew.rand(2, 1, 8, 8)), ew.tensor([0, 2])), {}


def gan() -> Made:
    """A generator and a discriminator, whose losses are added."""
    ew.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 2))
    D = nn.Sequential(nn.Linear(2, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1))
    z, real = ew.randn(4, 2), ew.randn(4, 2)
    bce = F.binary_cross_entropy_with_logits
    return bce(D(G(z)), ew.ones(4, 1)) + bce(D(real), ew.ones(4, 1)), {}


def vae() -> Made:
    """A variational autoencoder."""
    ew.manual_seed(0)
    encoder, decoder = nn.Linear(64, 8), nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64), nn.Sigmoid())
    x, eps = ew.rand(8, 64), ew.randn(8, 4)
    h = encoder(x)
    mean, log_variance = h[:, :4], h[:, 4:]
    z = mean + (log_variance / 2).exp() * eps
    kl = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
    return F.binary_cross_entropy(decoder(z), x) + kl / 8, {}


def not_finite() -> Made:
    """NaN and infinity."""
    a, b = ew.tensor(-4.0, requires_grad=True), ew.tensor(0.0, requires_grad=True)
    return (a.log() + 1 / b) * a, {}


def shared() -> Made:
    """A weight that is used four times."""
    w, x = ew.tensor(0.9, requires_grad=True), ew.tensor(1.2)
    for _ in range(4):
        x = (x * w).tanh()
    return (x - 1) ** 2, {}


def tied() -> Made:
    """An embedding that is the output's weights too."""
    ew.manual_seed(0)
    E = ew.randn(7, 4).requires_grad_()
    h = F.embedding(ew.tensor([1, 3, 1]), E)
    return F.cross_entropy(h @ E.T, ew.tensor([3, 1, 0])), {}


def physics() -> Made:
    """A second derivative in the loss."""
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1))
    x = ew.linspace(0, 1, 5).reshape(5, 1).requires_grad_()
    u = model(x)
    (du,) = ew.autograd.grad(u.sum(), x, create_graph=True)
    (d2u,) = ew.autograd.grad(du.sum(), x, create_graph=True)
    return (d2u + u).square().mean(), {}


def odd_shapes() -> Made:
    """Arrays of three and four axes."""
    ew.manual_seed(0)
    a, b, c = ew.randn(2, 3, 4, 5).requires_grad_(), ew.randn(3, 1, 5).requires_grad_(), ew.randn(5, 6).requires_grad_()
    return ew.einsum("nijk,kl->nil", a + b, c).amax(-1).square().sum(), {}


def perceptron() -> Made:
    """Large matrices."""
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    return F.cross_entropy(model(ew.rand(32, 784)), ew.randint(0, 10, (32,))), {}


def softmax() -> Made:
    """Softmax by hand."""
    z = ew.tensor([[1.0, 2.0, -1.0]], requires_grad=True)
    p = z.exp() / z.exp().sum(1, keepdim=True)
    return -p[0, 1].log(), {}


def cross_entropy() -> Made:
    """One operation."""
    z = ew.tensor([[1.0, 2.0, -1.0]], requires_grad=True)
    return F.cross_entropy(z, ew.tensor([1])), {}


def many() -> Made:
    """Hundreds of operations on single numbers."""
    generator = ew.Generator().manual_seed(0)
    known = [ew.randn((), generator=generator).requires_grad_() for _ in range(8)]
    for i in range(300):
        a, b = known[(7 * i) % len(known)], known[(11 * i + 3) % len(known)]
        known.append((a * b).tanh() if i % 3 else a + b)
    return known[-1] + known[-2], {}


def two_outputs() -> Made:
    """Two losses."""
    a, b = ew.tensor(2.0, requires_grad=True), ew.tensor(3.0, requires_grad=True)
    p = a * b
    return (p**2, p.sin()), {}


def long_names() -> Made:
    """A long expression, many parts, and numbers of many digits."""
    a_rather_long_name = ew.tensor(-1.2345678e-6, requires_grad=True)
    another_long_name = ew.tensor(123456.78, requires_grad=True)
    parts = [a_rather_long_name * (i + 0.123456) for i in range(9)]
    total = sum(parts[1:], parts[0])
    return (ew.sqrt(total * total + another_long_name) / (1 + another_long_name.square())).log(), {}


def five_layers() -> Made:
    """A small perceptron."""
    ew.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))
    return F.cross_entropy(model(ew.randn(5, 4)), ew.tensor([0, 1, 2, 1, 0])), {}


class NarrowBlock(nn.Module):
    """A transformer's block of two heads."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.att = nn.MultiheadAttention(width, 2, batch_first=True)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: ew.Tensor) -> ew.Tensor:
        h = self.n1(x)
        x = x + self.att(h, h, h)[0]
        return x + self.down(F.gelu(self.up(self.n2(x))))


def two_blocks() -> Made:
    """Modules in modules, all of them open."""
    ew.manual_seed(0)
    return nn.Sequential(NarrowBlock(4), NarrowBlock(4))(ew.randn(2, 3, 4)).mean(), {}


def encoder() -> Made:
    """Layers that are closed at first."""
    ew.manual_seed(0)
    layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), 3)
    model = nn.Sequential(nn.Embedding(9, 8), layers, nn.Linear(8, 5))
    return model(ew.randint(0, 9, (4, 2))).square().mean(), {}


class Inner(nn.Module):
    """A module with modules in it."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3), nn.Tanh())

    def forward(self, x: ew.Tensor) -> ew.Tensor:
        return x + self.inner(x)


def deep() -> Made:
    """A network so deep that its modules are closed."""
    ew.manual_seed(0)
    model = nn.Sequential(*(Inner() for _ in range(70)))
    return model(ew.ones(1, 3)).square().sum(), {}


ALL: list[Callable[[], Made]] = [
    article, moons, xor, product, lenet, lstm, transformer, attention, resnet, gan, vae, not_finite, shared, tied,
    physics, odd_shapes, perceptron, softmax, cross_entropy, many, two_outputs, long_names,
]  # fmt: skip
