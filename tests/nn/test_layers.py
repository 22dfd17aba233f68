"""Layers: their parameters, what they compute by hand-made values, and their errors."""

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn

from .arrays import close, normal


@pytest.fixture(autouse=True)
def _seeded():
    ew.manual_seed(0)


def test_linear_is_x_times_the_transposed_weight_plus_bias():
    layer = nn.Linear(3, 2)
    x = normal(4, 5, 3)
    close(layer(x), x.numpy() @ layer.weight.numpy(force=True).T + layer.bias.numpy(force=True))
    assert layer.weight.shape == (2, 3)
    without = nn.Linear(3, 2, bias=False)
    assert without.bias is None
    close(without(x), x.numpy() @ without.weight.numpy(force=True).T)


def test_gradients_reach_all_parameters_of_a_stack_of_layers():
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, groups=2),
        nn.GroupNorm(2, 6),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(24, 8),
        nn.LayerNorm(8),
        nn.Tanh(),
        nn.Dropout(0.1),
        nn.Linear(8, 3),
    )
    loss = nn.CrossEntropyLoss()(net(normal(5, 1, 8, 8)), ew.tensor([0, 1, 2, 1, 0]))
    assert loss.shape == ()
    loss.backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.shape == parameter.shape
        assert np.isfinite(parameter.grad.numpy()).all()


def test_training_a_small_network_lowers_its_loss():
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    x = normal(64, 2)
    t = x[:, :1] * x[:, 1:]
    losses = []
    for _ in range(200):
        loss = nn.MSELoss()(net(x), t)
        net.zero_grad()
        loss.backward()
        with ew.no_grad():
            for parameter in net.parameters():
                parameter -= 0.2 * parameter.grad
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 5


def test_bilinear():
    layer = nn.Bilinear(3, 4, 2)
    a, b = normal(5, 3), normal(5, 4)
    w = layer.weight.numpy(force=True)
    close(layer(a, b), np.einsum("ni,oij,nj->no", a.numpy(), w, b.numpy()) + layer.bias.numpy(force=True))
    with pytest.raises(ew.ShapeError, match=r"takes shape \(\.\.\., 4\) second; the input has shape \(5, 3\)"):
        layer(a, a)


def test_shapes_are_changed_and_changed_back():
    x = normal(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    back = nn.Unflatten(1, (3, -1))(nn.Flatten()(x))
    close(back, x.numpy(), 0)
    assert nn.Unflatten(-1, (2, 2))(x).shape == (2, 3, 2, 2)
    assert nn.Identity(3, anything=4)(x) is x
    with pytest.raises(ew.ShapeError, match=r"axis 1 of the input of shape \(2, 3, 4\) has 3 elements"):
        nn.Unflatten(1, (2, 2))(x)
    with pytest.raises(ew.IndexingError, match="has no axis 3"):
        nn.Unflatten(3, (2, 2))(x)
    with pytest.raises(ew.IndexingError, match="lacks such axes"):
        nn.Flatten(3)(x)


def test_embedding_looks_up_and_gives_padding_no_gradient():
    layer = nn.Embedding(5, 3, padding_idx=-5)
    assert layer.padding_idx == 0
    assert layer.weight[0].tolist() == [0.0] * 3
    found = layer(ew.tensor([[1, 0], [1, 4]]))
    assert found.shape == (2, 2, 3)
    close(found[1, 1], layer.weight.numpy(force=True)[4])
    found.sum().backward()
    assert layer.weight.grad.numpy().sum(1).tolist() == [0, 6, 0, 0, 3]
    with pytest.raises(ValueError, match="padding_idx 9 is not one of 5"):
        nn.Embedding(5, 3, padding_idx=9)


def test_embedding_from_vectors_is_frozen_unless_asked():
    vectors = normal(4, 2)
    layer = nn.Embedding.from_pretrained(vectors)
    close(layer.weight, vectors.numpy(), 0)
    assert not layer.weight.requires_grad
    assert nn.Embedding.from_pretrained(vectors, freeze=False).weight.requires_grad


def test_convolution_shapes_and_layouts():
    x = normal(2, 4, 9, 8)
    assert nn.Conv2d(4, 6, (3, 2), stride=2, padding=(1, 0), dilation=(1, 2), groups=2)(x).shape == (2, 6, 5, 3)
    assert nn.Conv2d(4, 6, 3, groups=2).weight.shape == (6, 2, 3, 3)
    assert nn.Conv2d(4, 6, 3, padding="same")(x).shape == (2, 6, 9, 8)
    assert nn.Conv2d(4, 6, 3)(x[0]).shape == (6, 7, 6)
    assert nn.Conv1d(4, 5, 3, padding=1)(normal(2, 4, 7)).shape == (2, 5, 7)
    up = nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2)
    assert up.weight.shape == (4, 3, 3, 3)
    assert up(x).shape == (2, 6, 18, 16)


def test_pooling_has_its_own_size_as_default_stride():
    x = ew.from_numpy(np.arange(16.0, dtype="float32").reshape(1, 1, 4, 4))
    assert nn.MaxPool2d(2)(x).tolist() == [[[[5, 7], [13, 15]]]]
    assert nn.MaxPool2d(2, stride=1)(x).shape == (1, 1, 3, 3)
    assert nn.AvgPool2d(2)(x).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert nn.AvgPool2d(2, padding=1, count_include_pad=False)(x)[0, 0, 0, 0].item() == 0
    assert nn.AvgPool2d(2, divisor_override=1)(x)[0, 0, 0, 0].item() == 10
    assert nn.AdaptiveAvgPool2d(1)(x).item() == 7.5
    assert nn.AdaptiveAvgPool2d((None, 2))(x).shape == (1, 1, 4, 2)
    assert nn.MaxPool1d(2)(x[0]).shape == (1, 4, 2)
    assert nn.AvgPool1d(2)(x[0]).shape == (1, 4, 2)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.Dropout(0.25), (100, 100)), (nn.Dropout1d(0.25), (100, 100, 3)), (nn.Dropout2d(0.25), (100, 100, 2, 2))],
)
def test_dropout_drops_its_share_in_training_only(layer, shape):
    x = ew.from_numpy(np.ones(shape, "float32"))
    layer.train()
    y = layer(x).numpy(force=True)
    assert np.unique(y).tolist() == pytest.approx([0, 4 / 3])
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)
    channels = y.reshape(100, 100, -1)
    assert (channels == channels[..., :1]).all()
    layer.eval()
    close(layer(x), x.numpy(), 0)


def test_activations_at_a_few_places():
    x = ew.tensor([-2.0, 0.0, 3.0])
    v = x.numpy().astype("float64")
    sigmoid, softplus = 1 / (1 + np.exp(-v)), np.log1p(np.exp(v))
    expected = {
        nn.ReLU(inplace=True): [0, 0, 3],
        nn.ReLU6(): [0, 0, 3],
        nn.LeakyReLU(0.1): [-0.2, 0, 3],
        nn.PReLU(): [-0.5, 0, 3],
        nn.ELU(2.0): [2 * math.expm1(-2), 0, 3],
        nn.SELU(): [1.0507009873554805 * 1.6732632423543772 * math.expm1(-2), 0, 3.1521029620664415],
        nn.GELU(): [0.5 * a * (1 + math.erf(a / math.sqrt(2))) for a in v],
        nn.GELU("tanh"): 0.5 * v * (1 + np.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))),
        nn.SiLU(): v * sigmoid,
        nn.Mish(): v * np.tanh(softplus),
        nn.Sigmoid(): sigmoid,
        nn.LogSigmoid(): np.log(sigmoid),
        nn.Hardtanh(-1, 2): [-1, 0, 2],
        nn.Hardsigmoid(): np.clip(v / 6 + 0.5, 0, 1),
        nn.Hardswish(): v * np.clip(v / 6 + 0.5, 0, 1),
        nn.Tanh(): np.tanh(v),
        nn.Softsign(): v / (1 + abs(v)),
        nn.Softplus(): softplus,
        nn.Softmax(0): np.exp(v) / np.exp(v).sum(),
        nn.LogSoftmax(-1): v - np.log(np.exp(v).sum()),
    }
    for layer, values in expected.items():
        close(layer(x.clone()), values)
    assert x.tolist() == [-2.0, 0.0, 3.0]


def test_losses_at_a_few_places():
    a, t = ew.tensor([0.5, 3.0]), ew.tensor([0.0, 1.0])
    assert nn.L1Loss()(a, t).item() == pytest.approx(1.25)
    assert nn.MSELoss(reduction="sum")(a, t).item() == pytest.approx(4.25)
    assert nn.MSELoss(reduction="none")(a, t).tolist() == [0.25, 4.0]
    assert nn.HuberLoss(delta=0.5)(a, t).item() == pytest.approx((0.125 + 0.5 * 1.75) / 2)
    assert nn.SmoothL1Loss(beta=0.5)(a, t).item() == pytest.approx((0.25 + 1.75) / 2)
    p = ew.tensor([0.25, 0.5])
    expected = -(math.log(0.75) + math.log(0.5)) / 2
    assert nn.BCELoss()(p, t).item() == pytest.approx(expected)
    logits = ew.tensor([math.log(1 / 3), 0.0])
    assert nn.BCEWithLogitsLoss()(logits, t).item() == pytest.approx(expected)
    weighted = nn.BCEWithLogitsLoss(pos_weight=ew.tensor([3.0, 3.0]))(logits, t).item()
    assert weighted == pytest.approx(-(math.log(0.75) + 3 * math.log(0.5)) / 2)
    logits, target = ew.tensor([[math.log(1.0), math.log(3.0)], [0.0, 0.0]]), ew.tensor([1, -100])
    assert nn.CrossEntropyLoss()(logits, target).item() == pytest.approx(-math.log(0.75))
    assert nn.NLLLoss()(nn.LogSoftmax(1)(logits), target).item() == pytest.approx(-math.log(0.75))
    smooth = nn.CrossEntropyLoss(label_smoothing=0.2)(logits, target).item()
    assert smooth == pytest.approx(-(0.9 * math.log(0.75) + 0.1 * math.log(0.25)))
    log_p, q = ew.tensor([[math.log(0.5), math.log(0.5)]]), ew.tensor([[0.25, 0.75]])
    divergence = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert nn.KLDivLoss(reduction="batchmean")(log_p, q).item() == pytest.approx(divergence)


def test_class_weights_of_a_loss_are_part_of_its_state():
    loss = nn.CrossEntropyLoss(ew.tensor([1.0, 3.0]))
    assert list(loss.state_dict()) == ["weight"]
    logits = ew.tensor([[0.0, 0.0], [math.log(1.0), math.log(3.0)]])
    expected = (math.log(2) + 3 * math.log(4 / 3)) / 4
    assert loss(logits, ew.tensor([0, 1])).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Linear(3, 2), (4, 5), r"Linear\(in_features=3, out_features=2, bias=True\) takes shape \(\.\.\., 3\); "
         r"the input has shape \(4, 5\)"),
        (nn.Linear(16, 2), (2, 4, 4), "Flatten it first"),
        (nn.Linear(1, 2), (), r"has shape \(\)"),
        (nn.Conv2d(3, 2, 1), (1, 4, 5, 5), r"takes shape \(N, 3, H, W\) or \(3, H, W\); the input has shape \(1, 4"),
        (nn.Conv1d(3, 2, 1), (3,), r"takes shape \(N, 3, L\)"),
        (nn.ConvTranspose2d(3, 2, 1), (1, 1, 1, 1), r"takes shape \(N, 3, H, W\)"),
        (nn.MaxPool2d(2), (4, 4), r"MaxPool2d\(kernel_size=2.*takes shape \(N, C, H, W\) or \(C, H, W\)"),
        (nn.AdaptiveAvgPool2d(2), (4, 4), "AdaptiveAvgPool2d"),
        (nn.BatchNorm1d(3), (4, 5), r"takes shape \(N, 3\) or \(N, 3, L\)"),
        (nn.BatchNorm2d(3), (4, 3), r"takes shape \(N, 3, H, W\)"),
        (nn.LayerNorm((2, 3)), (4, 3), r"takes shape \(\.\.\., 2, 3\)"),
        (nn.GroupNorm(1, 3), (4, 4), r"takes shape \(N, 3, \.\.\.\)"),
        (nn.RMSNorm(3), (4, 4), r"takes shape \(\.\.\., 3\)"),
    ],
)  # fmt: skip
def test_the_error_of_an_input_that_does_not_fit_has_layer_and_both_shapes(layer, shape, message):
    with pytest.raises(ew.ShapeError, match=message):
        layer(ew.from_numpy(np.ones(shape, "float32")))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "can't both be divided into 2 groups"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), "Conv2d: kernel_size is one number or 2"),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), "padding is 'full'"),
        (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), "needs stride 1"),
        (lambda: nn.GroupNorm(2, 3), "can't be divided into 2 groups"),
        (lambda: nn.Dropout(1.5), "from 0 to 1, not 1.5"),
        (lambda: nn.MSELoss(reduction="avg"), "MSELoss: reduction is 'avg'"),
        (lambda: nn.HuberLoss(delta=0), "delta must be positive"),
        (lambda: nn.SmoothL1Loss(beta=-1), "beta must not be negative"),
        (lambda: nn.CrossEntropyLoss(label_smoothing=2), "label_smoothing"),
        (lambda: nn.Hardtanh(1, 1), "must be above"),
        (lambda: nn.MultiheadAttention(5, 2), "can't be divided into 2 heads"),
        (lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"), "must be 'relu' or 'gelu'"),
    ],
)
def test_settings_that_make_no_layer(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda **where: nn.Linear(2, 3, **where),
        lambda **where: nn.Bilinear(2, 3, 4, **where),
        lambda **where: nn.Conv1d(2, 3, 1, **where),
        lambda **where: nn.Conv2d(2, 3, 1, **where),
        lambda **where: nn.ConvTranspose2d(2, 3, 1, **where),
        lambda **where: nn.BatchNorm1d(2, **where),
        lambda **where: nn.LayerNorm(2, **where),
        lambda **where: nn.GroupNorm(1, 2, **where),
        lambda **where: nn.RMSNorm(2, **where),
        lambda **where: nn.Embedding(2, 3, **where),
        lambda **where: nn.LSTM(2, 3, **where),
        lambda **where: nn.GRUCell(2, 3, **where),
        lambda **where: nn.MultiheadAttention(4, 2, **where),
        lambda **where: nn.TransformerEncoderLayer(4, 2, 8, **where),
    ],
)
def test_layers_take_the_processor_as_their_device(make):
    layer = make(device="cpu", dtype="float64")
    assert all(parameter.dtype == ew.float64 for parameter in layer.parameters())
    with pytest.raises(ew.ArgumentError, match=f"{type(layer).__name__}: there is no device 'cuda'"):
        make(device="cuda")


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(2, 2),
        nn.Conv1d(1, 1, 1),
        nn.ConvTranspose2d(1, 1, 1),
        nn.MaxPool2d(2),
        nn.AdaptiveAvgPool2d(1),
        nn.BatchNorm1d(2),
        nn.InstanceNorm1d(2),
        nn.LayerNorm(2),
        nn.GroupNorm(1, 2),
        nn.RMSNorm(2),
        nn.LSTM(2, 2),
        nn.GRUCell(2, 2),
        nn.Flatten(),
        nn.Unflatten(1, (1, 2)),
        nn.ZeroPad2d(1),
        nn.ConstantPad1d(1, 0.5),
        nn.TransformerEncoderLayer(2, 1, 3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_take_tensors_and_say_how_to_make_one(layer):
    with pytest.raises(
        TypeError, match=rf"{type(layer).__name__} takes a tensor, not list: edgewise\.tensor\(\.\.\.\)"
    ):
        layer([[1.0, 2.0], [3.0, 4.0]])


def test_attention_and_states_take_tensors():
    x = ew.ones(3, 2)
    with pytest.raises(TypeError, match="MultiheadAttention takes a tensor, not list"):
        nn.MultiheadAttention(2, 1)(x, x, [[1.0, 2.0]])
    with pytest.raises(TypeError, match="RNN takes a tensor, not list"):
        nn.RNN(2, 2)(x, [[1.0, 2.0]])


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("as_numbers", [True, False], ids=["numbers", "bools"])
def test_a_sequence_of_padding_alone_is_attended_to_with_nothing(need_weights: bool, as_numbers: bool) -> None:
    ew.manual_seed(0)
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    layer.out_proj.bias.data = ew.tensor([1.0, 2.0, 3.0, 4.0])
    x = ew.randn(2, 3, 4).requires_grad_()
    padding = ew.tensor([[True, True, True], [False, False, True]])
    mask = ew.where(padding, -math.inf, 0.0) if as_numbers else padding
    output, weights = layer(x, x, x, key_padding_mask=mask, need_weights=need_weights)
    alone, _ = layer(x[1:, :], x[1:, :2], x[1:, :2])
    assert output[0].tolist() == [[1.0, 2.0, 3.0, 4.0]] * 3
    np.testing.assert_allclose(output[1].numpy(force=True), alone[0].numpy(force=True), rtol=1e-5)
    if need_weights:
        assert weights.sum(-1).tolist() == [[0.0] * 3, pytest.approx([1.0] * 3)]
    (output * output).sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in [x, *layer.parameters()])


def test_an_encoder_layer_stays_finite_where_a_sequence_is_padding_alone() -> None:
    ew.manual_seed(0)
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    x = ew.randn(2, 3, 4).requires_grad_()
    y = layer(x, src_key_padding_mask=ew.tensor([[True] * 3, [False] * 3]))
    (y * y * y).sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in [x, *layer.parameters()])
