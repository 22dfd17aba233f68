"""Which expressions give a view and which a copy: what PyTorch 2.13 gives for each, written down."""

from __future__ import annotations

import numpy as np
import pytest
from cases import at_once

import edgewise as ew

# Of a matrix x of 4 rows and 6 columns.
VIEWS = """
x[0]
x[1:3]
x[:, 1]
x[..., 1]
x[None]
x[()]
x[...]
x[::2]
x[0, 1]
x[-1, -1]
x[ew.tensor(0)]
x[ew.tensor(0), 1]
x[:, ew.tensor(1)]
x[0:4, None]
x.contiguous()
x.reshape(6, 4)
x.reshape(-1)
x.reshape(4, 6)
x.t().reshape(6, 4)
x[:, 1:3].reshape(4, 2, 1)
x.view(-1)
x.view(2, 12)
x.view(4, 6)
x.view_as(ew.zeros(6, 4))
x.reshape_as(ew.zeros(6, 4))
x.flatten()
x.flatten(0, 1)
x.ravel()
x.unflatten(1, (2, 3))
x.squeeze()
x.unsqueeze(0).squeeze(0)
x.unsqueeze(0)
x.unsqueeze(-1)
x.permute(1, 0)
x.transpose(0, 1)
x.swapaxes(0, 1)
x.swapdims(0, 1)
x.t()
x.T
x.mT
x.movedim(0, 1)
x.moveaxis(0, 1)
x.narrow(0, 1, 2)
x.narrow(1, 0, 6)
x.select(0, 1)
x.select(1, -1)
x.split(2)[0]
x.split(2, 1)[1]
x.split(4)[0]
x.split([1, 3])[1]
ew.split(x, 2)[0]
x.split_with_sizes([1, 3])[0]
x.chunk(2)[1]
x.chunk(1)[0]
x.chunk(2, 1)[1]
x.unbind()[0]
x.unbind(1)[2]
x.tensor_split(2)[0]
x.tensor_split((1,), 1)[1]
x.hsplit(2)[0]
x.vsplit(2)[0]
x.reshape(2, 2, 6).dsplit(2)[0]
ew.hsplit(x, 2)[1]
x.diagonal()
x.diagonal(1)
x.diagonal(-1)
ew.diagonal(x)
x.reshape(2, 2, 6).diagonal(0, 0, 2)
x.unfold(0, 2, 2)
x.unfold(1, 2, 2)
x.unfold(1, 3, 3)
x.detach()
x.data
x.to(x.dtype)
x.to(ew.float32)
x.float()
x.type(ew.float32)
x.type_as(x)
x.cpu()
x.to('cpu')
ew.as_tensor(x)
ew.atleast_1d(x)
ew.atleast_2d(x)
ew.atleast_3d(x)
ew.broadcast_to(x, (4, 6))
ew.broadcast_tensors(x, x)[0]
x.expand(4, 6)
x.expand(-1, -1)
x.expand(1, 4, 6)
x.expand(2, 4, 6)[0]
x.expand_as(x)
ew.einsum('ij->ji', x)
ew.einsum('ij->ij', x)
ew.einsum('ij', x)
ew.einsum('ji', x)
ew.einsum('...->...', x)
ew.squeeze(x)
ew.unsqueeze(x, 0)
ew.reshape(x, (-1,))
ew.flatten(x)
ew.ravel(x)
ew.permute(x, (1, 0))
ew.transpose(x, 0, 1)
ew.swapaxes(x, 0, 1)
ew.movedim(x, 0, 1)
ew.moveaxis(x, 0, 1)
ew.t(x)
ew.narrow(x, 0, 0, 2)
ew.select(x, 0, 0)
ew.unbind(x)[0]
ew.chunk(x, 2)[0]
ew.tensor_split(x, 2)[0]
ew.broadcast_to(x, (1, 4, 6))
+x
ew.positive(x)
x.positive()
x.sum_to_size(4, 6)
F.dropout(x, 0.5, False)
F.dropout(x, 0.0, True)
ew.nn.Identity()(x)
ew.nn.Flatten()(x)
ew.nn.Flatten()(x.reshape(2, 2, 6))
ew.nn.Unflatten(1, (2, 3))(x)
ew.nn.Dropout(0.5).eval()(x)
ew.nn.Sequential()(x)
ew.cartesian_prod(x[0])
x.squeeze(0)
x.squeeze((0, 1))
x.view(4, 6, 1)
x.view(24)[3]
x.view(24)[3:5]
x[0][1]
x[0][1:3]
x.T[0]
x.T[1:, 2]
x.t().t()
x.diagonal()[1:]
x.unfold(0, 2, 2)[0]
ew.unflatten(x, 0, (2, 2))
ew.vsplit(x, 2)[1]
ew.squeeze(x, 0)
x.type(x.dtype)
""".strip().splitlines()
COPIES = """
x[ew.tensor([0, 1])]
x[[0, 1]]
x[x > 3]
x[True]
x.t().contiguous()
x[:, 1:3].contiguous()
x.flip(0)
x.flip(1)
x.flip(0, 1)
x.fliplr()
x.flipud()
ew.flip(x, (0,))
x.rot90()
x.rot90(2)
x.rot90(3)
x.rot90(0)
x.rot90(4)
x.roll(0)
x.roll(1)
x.roll(1, 0)
x.roll(0, 0)
x.tile(1)
x.tile((1, 1))
x.repeat(1, 1)
x.repeat_interleave(1, 0)
ew.repeat_interleave(x, 1, 1)
x.t().reshape(-1)
x[:, 1:3].reshape(-1)
x.t().flatten()
x.t().ravel()
x.diag()
ew.diag(x)
x.clone()
x.to(ew.float64)
x.double()
x.to(ew.float32, copy=True)
ew.tensor(x)
x.expand(2, 4, 6).contiguous()
ew.einsum('ij->i', x)
ew.cat([x])
ew.stack([x])
ew.concat([x], 0)
ew.hstack([x])
ew.vstack([x])
ew.dstack([x])
ew.column_stack([x])
x.abs()
x.relu()
x.clamp(-100, 100)
x + 0
x * 1
x.round()
x.floor()
x.trunc()
x.nan_to_num()
x.tril(10)
x.triu(-10)
x.masked_fill(x > 100, 0)
x.where(x > -1, x)
ew.where(x > -1, x, 0.)
x.sort(1)[0]
x.sum(())
x.amax(())
x.sum(dim=0, keepdim=True)
x.unsqueeze(0).sum(0)
x.unsqueeze(0).mean(0)
x.unsqueeze(0).amax(0)
x.unsqueeze(0).max(0)[0]
x.unsqueeze(0).prod(0)
x.unsqueeze(0).cumsum(0)[0]
x.unsqueeze(0).logsumexp(0)
x.cumsum(0)
x.gather(0, ew.zeros(4, 6, dtype=ew.int64))
x.index_select(0, ew.tensor([0, 1, 2, 3]))
x.take(ew.arange(24)).view(4, 6)
x.take_along_dim(ew.zeros(4, 6, dtype=ew.int64), 0)
x.masked_select(x > -1)
x.sum_to_size(1, 6)
x.pow(1)
x ** 1
x.maximum(x)
x.diff(n=0)
ew.diff(x, n=0)
F.relu(x)
F.pad(x, (0, 0))
F.pad(x, (0, 0, 0, 0))
F.pixel_shuffle(x.reshape(1, 1, 4, 6), 1)
F.pixel_unshuffle(x.reshape(1, 1, 4, 6), 1)
F.interpolate(x.reshape(1, 1, 4, 6), scale_factor=1)
F.interpolate(x.reshape(1, 1, 4, 6), size=(4, 6))
F.avg_pool2d(x.reshape(1, 1, 4, 6), 1)
F.max_pool2d(x.reshape(1, 1, 4, 6), 1)
F.adaptive_avg_pool2d(x.reshape(1, 1, 4, 6), (4, 6))
F.linear(x, ew.eye(6))
F.leaky_relu(x, 1.0)
F.hardtanh(x, -100, 100)
F.threshold(x, -100, 0)
F.unfold(x.reshape(1, 1, 4, 6), 1)
F.channel_shuffle(x.reshape(1, 1, 4, 6), 1)
F.normalize(x)
ew.diag_embed(x)
ew.block_diag(x)
ew.combinations(x[0], 1)
ew.kron(x, ew.ones(1, 1))
ew.cov(x)
x.matmul(ew.eye(6))
x.argsort(0)
x.new_tensor(x)
ew.zeros_like(x)
ew.searchsorted(x, x)
ew.clone(x)
ew.rot90(x, 0)
ew.fliplr(x)
ew.roll(x, 24)
ew.tile(x, (1,))
ew.index_select(x, 1, ew.arange(6))
ew.unique(x[0])
ew.msort(x)
ew.vstack([x[0]])
ew.stack([x[0]])[0]
ew.cat([x[:2]])
x.double().float()
""".strip().splitlines()


def matrix() -> ew.Tensor:
    return ew.tensor(np.arange(24, dtype=np.float32).reshape(4, 6))


def made(expression: str, x: ew.Tensor) -> ew.Tensor:
    return eval(expression, {"ew": ew, "F": ew.nn.functional, "x": x})  # type: ignore[no-any-return]


@at_once
@pytest.mark.parametrize("expression", VIEWS)
def test_a_view_and_its_base_see_the_writes_into_each_other(expression):
    x = matrix()
    y = made(expression, x)
    y.fill_(77)
    assert (x == 77).sum().item() == y.numel()
    x.fill_(99)
    assert (y == 99).all()


# What is detached has no history, and a recorded write through an expanded tensor is refused.
UNRECORDED = ("x.detach()", "x.data", "x.expand(2, 4, 6)[0]")


@at_once
@pytest.mark.parametrize("expression", [view for view in VIEWS if view not in UNRECORDED])
def test_a_recorded_view_and_its_base_see_the_writes_into_each_other(expression):
    w = matrix().requires_grad_()
    x = w * 1
    y = made(expression, x)
    y.mul_(3)
    (gradient,) = ew.autograd.grad(x.sum(), w)
    assert (gradient == 3).sum().item() == y.numel()
    assert (gradient == 1).sum().item() == 24 - y.numel()
    np.testing.assert_array_equal(made(expression, x).tolist(), y.tolist())
    x.mul_(5)
    (gradient,) = ew.autograd.grad(y.sum(), w)
    assert (gradient == 15).sum().item() == y.numel()


@at_once
@pytest.mark.parametrize("expression", COPIES)
def test_a_copy_sees_and_shows_no_write(expression):
    x = matrix()
    y = made(expression, x)
    with ew.no_grad():
        before = y.tolist()
        x.fill_(99)
        assert y.tolist() == before
        y.fill_(77)
        assert (x == 99).all()
