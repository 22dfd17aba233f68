from __future__ import annotations

import itertools

import array_api_strict
import numpy as np
import pytest
from cases import at_once

import edgewise as ew
from edgewise.nn import functional as F
from edgewise.ops import convolution, copied, shifted, small_products, strided

rng = np.random.default_rng(0)
SIDES = [((0, 0), (0, 0)), ((1, 2), (0, 1)), ((3, 3), (2, 2))]
GEOMETRIES = list(
    itertools.product([(1, 1), (2, 1), (2, 3)], SIDES, [(1, 1), (2, 1), (1, 2)], [1, 2], [(3, 3), (1, 1), (2, 3)])
)


def naive(x, w, b, stride, padding, dilation, groups):
    """Convolution by its definition, one element of the kernels at a time."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    n, o = x.shape[0], w.shape[0]
    size = [(x.shape[2 + i] - dilation[i] * (w.shape[2 + i] - 1) - 1) // stride[i] + 1 for i in (0, 1)]
    y = np.zeros((n, groups, o // groups, *size))
    grouped_x, grouped_w = x.reshape(n, groups, -1, *x.shape[2:]), w.reshape(groups, o // groups, *w.shape[1:])
    for i, j in np.ndindex(*w.shape[2:]):
        down, across = (
            slice(tap * dilation[axis], tap * dilation[axis] + stride[axis] * (size[axis] - 1) + 1, stride[axis])
            for axis, tap in enumerate((i, j))
        )
        y += np.einsum("ngchw,goc->ngohw", grouped_x[..., down, across], grouped_w[..., i, j])
    return y.reshape(n, o, *size) + b[:, None, None]


@at_once
@pytest.mark.parametrize("xp", [np, array_api_strict])
@pytest.mark.parametrize(("stride", "padding", "dilation", "groups", "kernel"), GEOMETRIES)
def test_the_three_operations_agree_with_the_definition(xp, stride, padding, dilation, groups, kernel):
    agree_with_the_definition(xp, stride, padding, dilation, groups, kernel)


@at_once
@pytest.mark.parametrize(("columns", "taps"), [(3, 2), (5, 1), (20, 2), (100, 3)])
@pytest.mark.parametrize(("stride", "padding", "dilation", "groups", "kernel"), GEOMETRIES[::2])
def test_they_agree_where_windows_are_multiplied_a_part_at_a_time(
    monkeypatch, columns, taps, stride, padding, dilation, groups, kernel
):
    def in_pieces(xp, x, _o, kernel, *how):
        *how, groups, _wanted = how
        for part in copied.pieces(xp, x, kernel, *how, groups, columns, min(taps, kernel[1])):
            yield slice(0, groups), *part

    monkeypatch.setattr(strided, "_shifts", lambda *_: False)
    monkeypatch.setattr(strided, "parts", in_pieces)
    monkeypatch.setattr(strided, "MOST", 0)
    monkeypatch.setattr(strided, "SMALL_BYTES", 3000)
    agree_with_the_definition(np, stride, padding, dilation, groups, kernel)


def agree_with_the_definition(xp, stride, padding, dilation, groups, kernel):
    x, w, b = rng.standard_normal((2, 4, 8, 7)), rng.standard_normal((6, 4 // groups, *kernel)), rng.standard_normal(6)
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    expected = naive(x, w, b, **how)
    g = rng.standard_normal(expected.shape)
    on = [xp.asarray(array) for array in (x, w, b, g)]
    y = convolution._conv2d.forward(xp, *on[:3], **how)
    dx = convolution._conv2d_input.forward(xp, on[3], on[1], size=(8, 7), **how)
    dw = convolution._conv2d_weight.forward(xp, on[0], on[3], kernel=kernel, **how)
    np.testing.assert_allclose(np.asarray(y), expected, atol=1e-12)
    # <g, conv2d(x, w)> = <dx, x> = <dw, w> holds for every x and w only if dx and dw are the gradients.
    assert np.asarray(dx).shape == x.shape
    assert np.asarray(dw).shape == w.shape
    for _ in range(2):
        u, v = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
        at_u, at_v = (naive(*pair, np.zeros(6), **how) for pair in ((u, w), (x, v)))
        assert (np.asarray(dx) * u).sum() == pytest.approx((at_u * g).sum(), abs=1e-9)
        assert (np.asarray(dw) * v).sum() == pytest.approx((at_v * g).sum(), abs=1e-9)


@pytest.mark.parametrize(
    "how",
    [
        {"padding": 1},
        {"stride": 2, "padding": 1},
        {"padding": "same", "dilation": 2},
        {"groups": 2, "padding": (1, 0)},
        {"stride": (2, 1), "padding": 3},
    ],
)
def test_first_and_second_derivatives(how, check_derivatives):
    x, w = rng.standard_normal((2, 2, 5, 4)), rng.standard_normal((2, 2 // how.get("groups", 1), 3, 2))
    check_derivatives(lambda x, w, b: F.conv2d(x, w, b, **how), x, w, rng.standard_normal(2))


def test_few_images_at_a_time_give_the_same(monkeypatch):
    x, w = rng.standard_normal((7, 3, 9, 600)), rng.standard_normal((4, 3, 3, 3))
    how = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    results = []
    for limit in (1 << 40, 1):
        monkeypatch.setattr(copied, "BUFFER_BYTES", limit)
        monkeypatch.setattr(strided, "_PRODUCT_BYTES", limit)
        y = convolution._conv2d.forward(np, x, w, None, **how)
        results.append((y, convolution._conv2d_weight.forward(np, x, y, kernel=(3, 3), **how)))
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-12)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-9)


@at_once
@pytest.mark.parametrize("step", [1, 100])
@pytest.mark.parametrize("padding", [*SIDES, ((0, 1), (2, 0))])
@pytest.mark.parametrize(
    ("channels", "kernel", "dilation"), [((9, 8), (3, 3), 1), ((24, 9), (1, 3), 1), ((5, 13), (5, 2), 3)]
)
def test_sums_of_shifted_products_agree_with_the_definition(channels, kernel, dilation, padding, step, monkeypatch):
    c, o = channels
    x, w, b = rng.standard_normal((3, c, 7, 19)), rng.standard_normal((o, c, *kernel)), rng.standard_normal(o)
    how = {"stride": (1, 1), "padding": padding, "dilation": (1, dilation), "groups": 1}
    expected = naive(x, w, b, **how)
    g = rng.standard_normal(expected.shape)
    assert shifted.suits(w.shape, expected.shape[2:], (1, 1), (1, dilation), 1)
    monkeypatch.setattr(small_products, "_MOST", 0)  # larger kernels are multiplied so
    # Two images at a time and then the last one; a row at a time, or all.
    monkeypatch.setattr(shifted, "_ROW_BYTES", 2 * kernel[1] * o * (19 + sum(padding[1])) * 8)
    monkeypatch.setattr(shifted, "_PRODUCT_BYTES", step * shifted._ROW_BYTES)
    y = convolution._conv2d.forward(np, x, w, b, **how)
    dx = convolution._conv2d_input.forward(np, g, w, size=(7, 19), **how)
    dw = convolution._conv2d_weight.forward(np, x, g, kernel=kernel, **how)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    u, v = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
    at_u, at_v = (naive(*pair, np.zeros(o), **how) for pair in ((u, w), (x, v)))
    assert (dx * u).sum() == pytest.approx((at_u * g).sum(), abs=1e-9)
    assert (dw * v).sum() == pytest.approx((at_v * g).sum(), abs=1e-9)
    without = convolution._conv2d.forward(np, x, w, None, **how)
    np.testing.assert_allclose(without, expected - b[:, None, None], atol=1e-12)


@pytest.mark.parametrize("laid", [False, True])
@pytest.mark.parametrize(
    ("channels", "kernel", "dilation", "padding"),
    [
        ((9, 8), (3, 3), (1, 1), ((1, 1), (1, 1))),
        ((24, 24), (1, 3), (1, 1), ((0, 0), (2, 0))),
        ((12, 13), (5, 2), (1, 3), ((0, 4), (1, 2))),
        ((8, 8), (3, 5), (1, 1), ((2, 2), (0, 4))),
    ],
)
def test_forward_and_backward_that_share_their_work_agree_with_the_definition(
    channels, kernel, dilation, padding, laid, monkeypatch
):
    monkeypatch.setattr(small_products, "_MOST", 0)  # larger kernels are multiplied so
    c, o = channels
    x, w, b = rng.standard_normal((3, c, 7, 29)), rng.standard_normal((o, c, *kernel)), rng.standard_normal(o)
    if laid:
        x = np.ascontiguousarray(x.transpose(2, 1, 0, 3)).transpose(2, 1, 0, 3)
    how = {"stride": (1, 1), "padding": padding, "dilation": dilation, "groups": 1}
    y, back = convolution._conv2d.fused(np, x, w, b, **how)
    np.testing.assert_allclose(y, naive(x, w, b, **how), atol=1e-12)
    g = rng.standard_normal(y.shape)
    dx, dw, db = (back(g)(i) for i in range(3))
    u, v = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
    at_u, at_v = (naive(*pair, np.zeros(o), **how) for pair in ((u, w), (x, v)))
    assert (dx * u).sum() == pytest.approx((at_u * g).sum(), abs=1e-9)
    assert (dw * v).sum() == pytest.approx((at_v * g).sum(), abs=1e-9)
    np.testing.assert_allclose(db, g.sum(axis=(0, 2, 3)), atol=1e-12)
    assert dx.flags.owndata, "a gradient that becomes a .grad would be copied"
    assert dw.flags.owndata


@pytest.mark.parametrize(("rows", "deep", "columns"), [(3, 5, 7), (40, 300, 200), (16, 900, 130), (70, 500, 80)])
def test_products_in_pieces_are_those_of_whole_matrices(rows, deep, columns):
    a, b = rng.standard_normal((2, 1, rows, deep)), rng.standard_normal((2, 3, deep, columns))
    out = np.full((2, rows, 3, columns + 1), 7.0)
    small_products.multiply(np, a, b, out.transpose(0, 2, 1, 3)[..., 1:])
    np.testing.assert_allclose(out[..., 1:], np.einsum("gird,ghdc->grhc", a, b), atol=1e-11)
    assert (out[..., 0] == 7).all()


@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
def test_results_own_their_memory(stride):
    x, w = rng.standard_normal((2, 4, 8, 9)), rng.standard_normal((6, 2, 3, 3))
    how = {"stride": stride, "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 2}
    y = convolution._conv2d.forward(np, x, w, None, **how)
    dx = convolution._conv2d_input.forward(np, y, w, size=(8, 9), **how)
    dw = convolution._conv2d_weight.forward(np, x, y, kernel=(3, 3), **how)
    assert all(each.flags.owndata for each in (y, dx, dw)), "a gradient that becomes a .grad would be copied"


@pytest.mark.parametrize("stride", [(2, 2), (3, 2), (4, 3), (2, 5)])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 3), (3, 2), (4, 2)])
@pytest.mark.parametrize("size", [(9, 9), (14, 11)])
@pytest.mark.parametrize("groups", [1, 3])
def test_strides_of_kernels_that_overlap_agree_with_the_definition(stride, dilation, size, groups, monkeypatch):
    # Images and groups at a time, that there are several.
    monkeypatch.setattr(copied, "BUFFER_BYTES", 4000)
    x, w, b = rng.standard_normal((3, 6, *size)), rng.standard_normal((9, 6 // groups, 4, 5)), rng.standard_normal(9)
    how = {"stride": stride, "padding": ((6, 5), (4, 5)), "dilation": dilation, "groups": groups}
    expected = naive(x, w, b, **how)
    g = rng.standard_normal(expected.shape)
    np.testing.assert_allclose(convolution._conv2d.forward(np, x, w, b, **how), expected, atol=1e-12)
    dx = convolution._conv2d_input.forward(np, g, w, size=size, **how)
    dw = convolution._conv2d_weight.forward(np, x, g, kernel=(4, 5), **how)
    u, v = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
    at_u, at_v = (naive(*pair, np.zeros(9), **how) for pair in ((u, w), (x, v)))
    assert (dx * u).sum() == pytest.approx((at_u * g).sum(), abs=1e-9)
    assert (dw * v).sum() == pytest.approx((at_v * g).sum(), abs=1e-9)


@pytest.mark.parametrize("padding", [((1, 1), (0, 0)), ((3, 3), (1, 1)), ((1, 1), (3, 3))])
def test_forward_and_backward_whose_rows_differ_in_length_share_nothing(padding, monkeypatch):
    monkeypatch.setattr(small_products, "_MOST", 0)  # larger kernels are multiplied so
    x, w = rng.standard_normal((3, 9, 7, 29)), rng.standard_normal((8, 9, 3, 3))
    how = {"stride": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1}
    assert convolution._conv2d.fused(np, x, w, None, **how) is None


def test_no_images_and_one_image():
    w = ew.tensor(rng.standard_normal((4, 3, 3, 3)), requires_grad=True)
    y = F.conv2d(ew.tensor(np.zeros((0, 3, 5, 5))), w)
    assert y.shape == (0, 4, 3, 3)
    y.sum().backward()
    assert not w.grad.numpy().any()
    x = rng.standard_normal((1, 3, 5, 5))
    one = F.conv2d(ew.tensor(x[0]), w)
    assert one.shape == (4, 3, 3)
    np.testing.assert_allclose(one.detach().numpy(), F.conv2d(ew.tensor(x), w).detach().numpy()[0])


def test_padding_same_keeps_the_size():
    for kernel, dilation in itertools.product([(1, 2), (4, 3), (5, 5)], [1, 2]):
        w = ew.tensor(rng.standard_normal((1, 1, *kernel)))
        assert F.conv2d(ew.tensor(np.ones((1, 1, 9, 10))), w, padding="same", dilation=dilation).shape == (1, 1, 9, 10)
        assert F.conv2d(ew.tensor(np.ones((1, 1, 9, 10))), w, padding="valid").shape[2] == 10 - kernel[0]


def test_sequences(check_derivatives):
    x, w, b = rng.standard_normal((2, 4, 9)), rng.standard_normal((6, 2, 3)), rng.standard_normal(6)
    how = {"stride": 2, "padding": 2, "dilation": 2, "groups": 2}
    y = F.conv1d(ew.tensor(x), ew.tensor(w), ew.tensor(b), **how).numpy()
    expected = naive(x[:, :, None], w[:, :, None], b, (1, 2), ((0, 0), (2, 2)), (1, 2), 2)[:, :, 0]
    np.testing.assert_allclose(y, expected, atol=1e-12)
    np.testing.assert_allclose(F.conv1d(ew.tensor(x[0]), ew.tensor(w), ew.tensor(b), **how).numpy(), expected[0])
    check_derivatives(lambda x, w, b: F.conv1d(x, w, b, **how), x, w, b)


@pytest.mark.parametrize(("stride", "padding", "extra", "groups"), [(1, 0, 0, 1), (2, 1, 1, 1), (3, 1, 2, 2)])
def test_the_transpose_lays_kernels_into_its_output(stride, padding, extra, groups, check_derivatives):
    x, w, b = rng.standard_normal((2, 4, 3, 3)), rng.standard_normal((4, 2, 3, 2)), rng.standard_normal(2 * groups)
    size = [(3 - 1) * stride + k + extra for k in (3, 2)]
    full = np.zeros((2, 2 * groups, *size))
    for c, i, j in np.ndindex(4, 3, 3):
        first = c // (4 // groups) * 2
        full[:, first : first + 2, i * stride : i * stride + 3, j * stride : j * stride + 2] += (
            x[:, c, i, j, None, None, None] * w[c]
        )
    expected = full[:, :, padding : size[0] - padding, padding : size[1] - padding] + b[:, None, None]
    how = {"stride": stride, "padding": padding, "output_padding": extra, "groups": groups}
    y = F.conv_transpose2d(ew.tensor(x), ew.tensor(w), ew.tensor(b), **how)
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-12)
    one = F.conv_transpose2d(ew.tensor(x[0]), ew.tensor(w), ew.tensor(b), **how)
    np.testing.assert_allclose(one.numpy(), expected[0], atol=1e-12)
    check_derivatives(lambda x, w: F.conv_transpose2d(x, w, None, **how), x[:1, :, :2, :2], w)


def test_float32_stays_float32():
    x = ew.tensor(np.ones((1, 1, 4, 4), dtype=np.float32), requires_grad=True)
    w = ew.tensor(np.ones((1, 1, 3, 3), dtype=np.float32), requires_grad=True)
    y = F.conv2d(x, w, padding=1, stride=2)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == w.grad.dtype == np.float32
    np.testing.assert_array_equal(y.detach().numpy()[0, 0], [[4, 6], [6, 9]])


def _ones(*shape):
    return ew.tensor(np.ones(shape, dtype=np.float32))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.conv2d(_ones(1, 2, 5, 5), _ones(4, 3, 3, 3)), ew.ShapeError, "has 2 channels"),
        (lambda: F.conv2d(_ones(1, 4, 5, 5), _ones(3, 2, 3, 3), groups=2), ew.ShapeError, "multiple of the groups"),
        (lambda: F.conv2d(_ones(5, 5), _ones(3, 2, 3, 3)), ew.ShapeError, r"must be \(N, C, H, W\) or \(C, H, W\)"),
        (lambda: F.conv2d(_ones(1, 2, 5, 5), _ones(3, 2, 3)), ew.ShapeError, "weight has shape"),
        (lambda: F.conv2d(_ones(1, 2, 5, 5), _ones(3, 2, 3, 3), _ones(2)), ew.ShapeError, r"bias.*\(3,\)"),
        (lambda: F.conv2d(_ones(1, 2, 5, 2), _ones(3, 2, 3, 3)), ew.ShapeError, "does not fit into the width 2"),
        (lambda: F.conv2d(_ones(1, 2, 5, 5), _ones(3, 2, 3, 3), padding="full"), ew.ArgumentError, "'same', 'valid'"),
        (
            lambda: F.conv2d(_ones(1, 2, 5, 5), _ones(3, 2, 3, 3), padding="same", stride=2),
            ew.ArgumentError,
            "stride 1",
        ),
        (lambda: F.conv2d(_ones(1, 2, 5, 5), _ones(3, 2, 3, 3), stride=0), ew.ArgumentError, "stride is 0"),
        (lambda: F.conv2d(_ones(1, 2, 5, 5), _ones(3, 2, 3, 3), stride=1.5), ew.DTypeError, "stride is 1.5"),
        (lambda: F.conv2d(_ones(1, 2, 5, 5).long(), _ones(3, 2, 3, 3)), ew.DTypeError, "x.float"),
        (lambda: F.conv1d(_ones(2, 5), _ones(3, 3, 3)), ew.ShapeError, "conv1d"),
        (lambda: F.conv_transpose2d(_ones(1, 2, 5, 5), _ones(3, 2, 3, 3)), ew.ShapeError, "2 channels"),
        (
            lambda: F.conv_transpose2d(_ones(1, 2, 5, 5), _ones(2, 2, 3, 3), output_padding=1),
            ew.ArgumentError,
            "smaller",
        ),
        (lambda: F.conv_transpose2d(_ones(1, 2, 1, 1), _ones(2, 2, 3, 3), padding=2), ew.ShapeError, "less padding"),
    ],
)
def test_wrong_arguments_are_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()


WIDE = {
    "many columns of the output": (F.conv1d, (2, 1, 3000), (3, 1, 401), {"padding": 7}),
    "few columns of the output": (F.conv1d, (3, 2, 1000), (2, 2, 990), {}),
    "one column of the output": (F.conv1d, (1, 1, 5000), (1, 1, 5000), {}),
    "steps": (F.conv1d, (1, 2, 4000), (4, 2, 301), {"stride": 7, "padding": 150}),
    "groups": (F.conv1d, (2, 4, 800), (4, 1, 201), {"groups": 4, "padding": 100}),
    "an image": (F.conv2d, (1, 1, 40, 50), (2, 1, 21, 23), {"padding": 11}),
    "a dilated kernel": (F.conv2d, (1, 2, 50, 40), (2, 2, 9, 11), {"dilation": 2, "padding": 10}),
    "a transpose": (F.conv_transpose1d, (2, 2, 500), (2, 1, 301), {"stride": 3}),
    "a transpose of images": (F.conv_transpose2d, (1, 3, 20, 20), (3, 2, 15, 15), {"stride": 2, "padding": 3}),
}


@pytest.mark.parametrize("name", WIDE)
def test_wide_kernels_agree_with_products_of_spectra(name):
    """Convolution in one direction of each axis by NumPy's FFT, of what lies `stride` apart with zeros between."""
    function, shape, weights, how = WIDE[name]
    x, w = rng.standard_normal(shape), rng.standard_normal(weights)
    y = function(ew.tensor(x), ew.tensor(w), **how).numpy()
    axes = tuple(range(2, x.ndim))
    stride, padding, dilation, groups = (
        how.get(k, d) for k, d in zip(("stride", "padding", "dilation", "groups"), (1, 0, 1, 1), strict=True)
    )

    def apart(array, step):
        wide = np.zeros([*array.shape[:2], *((n - 1) * step + 1 for n in array.shape[2:])])
        wide[(..., *(slice(None, None, step) for _ in axes))] = array
        return wide

    if function in (F.conv_transpose1d, F.conv_transpose2d):
        x, w, padding, stride = apart(x, stride), w.swapaxes(0, 1), -padding, 1
    else:
        x, w = (
            np.pad(x, ((0, 0), (0, 0), *((padding,) * 2 for _ in axes))),
            apart(w, dilation)[(..., *(slice(None, None, -1) for _ in axes))],
        )
    size = tuple(m + n - 1 for m, n in zip(x.shape[2:], w.shape[2:], strict=True))
    of_x, of_w = np.fft.fftn(x, size, axes), np.fft.fftn(w, size, axes)
    per = w.shape[1]
    product = np.stack(
        [
            (of_x[:, (k * groups // w.shape[0]) * per : (k * groups // w.shape[0] + 1) * per] * of_w[k]).sum(1)
            for k in range(w.shape[0])
        ],
        axis=1,
    )
    full = np.fft.ifftn(product, axes=axes).real
    if padding < 0 or function in (F.conv_transpose1d, F.conv_transpose2d):
        inside = full[(..., *(slice(-padding, n + padding) for n in size))]
    else:
        inside = full[(..., *(slice(m - 1, n - m + 1, stride) for m, n in zip(w.shape[2:], size, strict=True)))]
    np.testing.assert_allclose(y, inside, atol=1e-9)


@pytest.mark.parametrize("name", WIDE)
def test_the_gradients_of_wide_kernels_are_those_of_a_linear_map(name):
    """As the result is linear in each operand, <g, f(u, w)> = <dx, u> and <g, f(x, v)> = <dw, v> for all u and v."""
    function, shape, weights, how = WIDE[name]
    x, w = (ew.tensor(rng.standard_normal(s), requires_grad=True) for s in (shape, weights))
    y = function(x, w, **how)
    g = ew.tensor(rng.standard_normal(y.shape))
    y.backward(g)
    for operand in (x, w):
        u = ew.tensor(rng.standard_normal(operand.shape))
        there = function(u, w, **how) if operand is x else function(x, u, **how)
        assert (g * there).sum().item() == pytest.approx((operand.grad * u).sum().item(), rel=1e-9, abs=1e-6)
