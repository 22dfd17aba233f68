"""Layers against PyTorch's: names, layouts, text, results and gradients, and weights that go from one to the other."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import edgewise as ew  # noqa: E402
from edgewise import nn  # noqa: E402
from edgewise.nn import init  # noqa: E402

pytestmark = pytest.mark.peers


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


SIGNS = np.sign(normal(4, 3))
PADS = ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
LAYERS = [
    ("Linear", (5, 3), {}, [(4, 5)]),
    ("Linear", (5, 3, False), {}, [(2, 4, 5)]),
    ("Bilinear", (3, 4, 2), {}, [(5, 3), (5, 4)]),
    ("Identity", (), {}, [(2,)]),
    ("Flatten", (), {}, [(2, 3, 4)]),
    ("Unflatten", (1, (2, 2)), {}, [(3, 4)]),
    ("Conv1d", (4, 6, 3), {"padding": 1, "groups": 2}, [(2, 4, 7)]),
    ("Conv2d", (4, 6, 3), {}, [(2, 4, 8, 7)]),
    ("Conv2d", (4, 6, (3, 2), 2, (1, 0), (1, 2), 2, False), {}, [(2, 4, 8, 7)]),
    ("Conv2d", (4, 6, 3), {"padding": "same"}, [(2, 4, 8, 7)]),
    ("Conv2d", (4, 6, 4), {"padding": "valid"}, [(4, 8, 7)]),
    ("ConvTranspose1d", (4, 6, 3, 2, 1, 1, 2), {}, [(2, 4, 5)]),
    ("ConvTranspose2d", (4, 6, 3, 2, 1, 1, 2), {}, [(2, 4, 5, 4)]),
    ("AvgPool2d", (3, 2, 1), {}, [(2, 3, 8, 7)]),
    ("AvgPool2d", (2,), {"count_include_pad": False, "padding": 1}, [(2, 3, 8, 6)]),
    ("AdaptiveAvgPool2d", ((3, 2),), {}, [(2, 3, 8, 7)]),
    ("AdaptiveAvgPool1d", (3,), {}, [(2, 3, 7)]),
    ("AdaptiveMaxPool1d", (3,), {}, [(2, 3, 7)]),
    ("AdaptiveMaxPool2d", ((3, None),), {}, [(2, 3, 8, 7)]),
    *[(f"{name}2d", ((1, 2, 0, 1),), {}, [(2, 3, 4, 5)]) for name in PADS],
    *[(f"{name}1d", (2,), {}, [(2, 3, 4)]) for name in PADS],
    ("ReplicationPad3d", (1,), {}, [(2, 3, 4, 3, 2)]),
    ("ZeroPad3d", (1,), {}, [(2, 3, 4, 3, 2)]),
    ("ConstantPad1d", (1, 2.5), {}, [(2, 3, 4)]),
    ("ConstantPad2d", (1, 2.5), {}, [(2, 3, 4, 3)]),
    ("Upsample", (), {"scale_factor": 2}, [(2, 3, 4)]),
    ("Upsample", ((3, 5),), {"mode": "bilinear"}, [(2, 3, 4, 4)]),
    ("UpsamplingNearest2d", (7,), {}, [(2, 3, 4, 4)]),
    ("UpsamplingBilinear2d", (None, 2), {}, [(2, 3, 4, 4)]),
    ("PixelShuffle", (2,), {}, [(2, 8, 3, 4)]),
    ("PixelUnshuffle", (2,), {}, [(2, 3, 4, 6)]),
    ("Unfold", ((2, 3),), {"padding": 1}, [(2, 3, 4, 6)]),
    ("Fold", ((4, 5), 2), {}, [(2, 8, 12)]),
    ("CosineSimilarity", (), {}, [(4, 5), (4, 5)]),
    ("PairwiseDistance", (1,), {"keepdim": True}, [(4, 5), (4, 5)]),
    ("GLU", (1,), {}, [(3, 4)]),
    ("CELU", (2.0,), {}, [(3, 4)]),
    ("Threshold", (0.5, -1.0), {}, [(3, 4)]),
    ("Softmin", (1,), {}, [(3, 4)]),
    ("Softmax2d", (), {}, [(2, 3, 4, 2)]),
    *[(name, (), {}, [(3, 4)]) for name in ("Hardshrink", "Softshrink", "Tanhshrink")],
    ("BatchNorm1d", (4,), {}, [(6, 4)]),
    ("BatchNorm1d", (4,), {"momentum": None}, [(6, 4, 3)]),
    ("BatchNorm2d", (4,), {"affine": False}, [(6, 4, 3, 3)]),
    ("BatchNorm2d", (4,), {"bias": False}, [(6, 4, 3, 3)]),
    ("BatchNorm2d", (4,), {"track_running_stats": False}, [(6, 4, 3, 3)]),
    ("LayerNorm", ((3, 4),), {}, [(5, 3, 4)]),
    ("LayerNorm", (4,), {"elementwise_affine": False}, [(5, 3, 4)]),
    ("GroupNorm", (2, 4), {}, [(5, 4, 3)]),
    ("GroupNorm", (2, 4), {"bias": False}, [(5, 4, 3)]),
    ("InstanceNorm1d", (4,), {}, [(5, 4, 3)]),
    ("InstanceNorm1d", (4,), {"affine": True}, [(4, 3)]),
    ("InstanceNorm2d", (4,), {"affine": True, "track_running_stats": True}, [(5, 4, 3, 2)]),
    ("LocalResponseNorm", (3,), {"alpha": 0.1}, [(5, 4, 3, 2)]),
    ("RMSNorm", (4,), {}, [(5, 4)]),
    ("RMSNorm", (4,), {"eps": 1e-3}, [(5, 4)]),
    ("PReLU", (), {}, [(3, 4)]),
    ("PReLU", (4,), {}, [(3, 4)]),
    *[(name, (), {}, [(3, 4)]) for name in ("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "GELU", "SiLU", "Mish")],
    *[(name, (), {}, [(3, 4)]) for name in ("Sigmoid", "LogSigmoid", "Tanh", "Softsign", "Softplus")],
    *[(name, (), {}, [(3, 4)]) for name in ("Hardtanh", "Hardsigmoid", "Hardswish")],
    ("LeakyReLU", (0.2,), {}, [(3, 4)]),
    ("GELU", ("tanh",), {}, [(3, 4)]),
    ("Softplus", (2.0, 1.0), {}, [(3, 4)]),
    ("Softmax", (1,), {}, [(3, 4)]),
    ("LogSoftmax", (-1,), {}, [(3, 4)]),
]


def case_name(case):
    return f"{case[0]}{case[1]}{case[2] or ''}"


@pytest.mark.parametrize("case", LAYERS, ids=case_name)
def test_layers_agree_in_names_text_results_and_gradients(case):
    name, arguments, options, shapes = case
    theirs = getattr(torch.nn, name)(*arguments, **options)
    ours = getattr(nn, name)(*arguments, **options)
    assert repr(ours) == repr(theirs)
    state = {key: value.numpy() for key, value in theirs.state_dict().items()}
    assert {key: (value.shape, str(value.dtype)) for key, value in ours.state_dict().items()} == {
        key: (value.shape, str(value.dtype)) for key, value in state.items()
    }
    ours.load_state_dict(state)
    for _ in range(2):  # twice, for what layers remember
        their_inputs = [torch.tensor(normal(*shape) * 2, requires_grad=True) for shape in shapes]
        our_inputs = [ew.tensor(normal(*shape) * 2, requires_grad=True) for shape in shapes]
        expected, result = theirs(*their_inputs), ours(*our_inputs)
        np.testing.assert_allclose(result.numpy(force=True), expected.detach().numpy(), rtol=2e-5, atol=2e-5)
        slope = normal(*expected.shape)
        expected.backward(torch.tensor(slope))
        result.backward(ew.tensor(slope))
    for a, b in zip(our_inputs, their_inputs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-4, atol=1e-4)
    for key, value in theirs.named_parameters():
        np.testing.assert_allclose(ours.get_parameter(key).grad.numpy(), value.grad.numpy(), rtol=1e-4, atol=1e-4)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), rtol=1e-5, atol=1e-6)
    theirs.eval()
    ours.eval()
    inputs = [normal(*shape) for shape in shapes]
    expected, result = theirs(*map(torch.tensor, inputs)), ours(*map(ew.tensor, inputs))
    np.testing.assert_allclose(result.numpy(force=True), expected.detach().numpy(), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [("MaxPool1d", (3, 2, 1), (2, 3, 8)), ("MaxPool2d", (3, 2, 1), (2, 3, 8, 7)), ("AvgPool1d", (2,), (2, 3, 8))],
)
def test_pooling_agrees(name, arguments, shape):
    x = normal(*shape)
    expected = getattr(torch.nn, name)(*arguments)(torch.tensor(x))
    np.testing.assert_allclose(getattr(nn, name)(*arguments)(ew.tensor(x)).numpy(), expected.numpy(), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("name", "options", "target"),
    [
        ("L1Loss", {}, normal(4, 3)),
        ("MSELoss", {}, normal(4, 3)),
        ("HuberLoss", {"delta": 0.5}, normal(4, 3)),
        ("SmoothL1Loss", {"beta": 0.5}, normal(4, 3)),
        ("BCEWithLogitsLoss", {"weight": [1.0, 2.0, 3.0], "pos_weight": [3.0, 1.0, 2.0]}, abs(normal(4, 3)) % 1),
        ("NLLLoss", {"weight": [1.0, 2.0, 3.0], "ignore_index": 1}, np.array([0, 1, 2, 2])),
        ("CrossEntropyLoss", {"weight": [1.0, 2.0, 3.0], "label_smoothing": 0.1}, np.array([0, 1, 2, -100])),
        ("CrossEntropyLoss", {}, abs(normal(4, 3))),
        ("KLDivLoss", {}, abs(normal(4, 3))),
        ("KLDivLoss", {"log_target": True}, normal(4, 3)),
    ],
)
def test_losses_agree(name, options, target, reduction):
    results = []
    for library, tensor, layers in ((torch, torch.tensor, torch.nn), (ew, ew.tensor, nn)):
        kept = {key: tensor(value) if isinstance(value, list) else value for key, value in options.items()}
        x = tensor(normal(4, 3) + 1, requires_grad=True)
        loss = getattr(layers, name)(reduction=reduction, **kept)(x, tensor(target))
        loss.sum().backward()
        results.append((loss.detach().numpy(), x.grad.numpy(), library.__name__))
    np.testing.assert_allclose(results[1][0], results[0][0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(results[1][1], results[0][1], rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("name", "options", "inputs", "targets"),
    [
        ("MarginRankingLoss", {"margin": 0.3}, 2, [SIGNS]),
        ("HingeEmbeddingLoss", {}, 1, [SIGNS]),
        ("CosineEmbeddingLoss", {"margin": 0.1}, 2, [SIGNS[:, 0]]),
        ("SoftMarginLoss", {}, 1, [SIGNS]),
        ("MultiLabelSoftMarginLoss", {}, 1, [(SIGNS + 1) / 2]),
        ("MultiMarginLoss", {"p": 2, "margin": 0.7}, 1, [np.array([0, 1, 2, 2])]),
        ("TripletMarginLoss", {"swap": True}, 3, []),
        ("PoissonNLLLoss", {"full": True}, 1, [abs(normal(4, 3))]),
        ("GaussianNLLLoss", {"full": True}, 2, [abs(normal(4, 3))]),
    ],
)
def test_margin_losses_agree(name, options, inputs, targets, reduction):
    rng = np.random.default_rng(1)
    values = [rng.standard_normal((4, 3)).astype("float32") for _ in range(inputs)]
    results = []
    for tensor, layers in ((torch.tensor, torch.nn), (ew.tensor, nn)):
        leaves = [tensor(value, requires_grad=True) for value in values]
        loss = getattr(layers, name)(reduction=reduction, **options)(*leaves, *[tensor(target) for target in targets])
        loss.sum().backward()
        results.append([loss.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves]])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
def test_a_transformer_encoder_agrees(batch_first, norm_first):
    options = {"dropout": 0.0, "batch_first": batch_first, "norm_first": norm_first, "activation": "gelu"}
    theirs = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(8, 2, 16, **options), 2, torch.nn.LayerNorm(8), enable_nested_tensor=False
    )
    ours = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, **options), 2, nn.LayerNorm(8))
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    x = normal(3, 3, 8)
    padding = np.array([[False, False, True], [False, False, False], [False, True, True]])
    mask = np.triu(np.ones((3, 3), bool), 1)
    expected = theirs(torch.tensor(x), mask=torch.tensor(mask), src_key_padding_mask=torch.tensor(padding))
    result = ours(ew.tensor(x), mask=ew.tensor(mask), src_key_padding_mask=ew.tensor(padding))
    np.testing.assert_allclose(result.numpy(force=True), expected.detach().numpy(), rtol=1e-4, atol=1e-5)
    attention, theirs_attention = ours.layers[0].self_attn, theirs.layers[0].self_attn
    for average in (True, False):
        _, expected = theirs_attention(*[torch.tensor(x)] * 3, average_attn_weights=average)
        _, result = attention(*[ew.tensor(x)] * 3, average_attn_weights=average)
        np.testing.assert_allclose(result.numpy(force=True), expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_nested_models_print_alike():
    def model(layers):
        return layers.Sequential(
            layers.ModuleList([layers.Linear(2, 2), layers.Linear(2, 2), layers.ReLU()]),
            layers.ModuleDict({"a": layers.Sequential(layers.Tanh())}),
            layers.Dropout(0.1),
            layers.ReLU(inplace=True),
            layers.ELU(2.0, True),
            layers.Embedding(3, 2, padding_idx=1),
        )

    assert repr(model(nn)) == repr(model(torch.nn))


def test_weights_go_to_pytorch_and_back_through_a_file(tmp_path):
    from safetensors.torch import load_file, save_file

    def model(layers):
        return layers.Sequential(
            layers.Conv2d(1, 4, 3), layers.BatchNorm2d(4), layers.ReLU(), layers.Flatten(), layers.Linear(144, 3)
        )

    theirs, ours = model(torch.nn), model(nn)
    save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours.load_state_dict(ew.load(tmp_path / "theirs.safetensors"))
    x = normal(2, 1, 8, 8)
    np.testing.assert_allclose(
        ours(ew.tensor(x)).numpy(force=True), theirs(torch.tensor(x)).detach().numpy(), rtol=1e-4, atol=1e-5
    )
    ew.save(model(nn), tmp_path / "ours.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    ours.load_state_dict(ew.load(tmp_path / "ours.safetensors"))
    np.testing.assert_allclose(theirs[4].weight.detach().numpy(), ours[4].weight.numpy(force=True), rtol=0)


def test_bfloat16_files_of_pytorch_are_read(tmp_path):
    from safetensors.torch import save_file

    values = torch.tensor(normal(3, 4)).to(torch.bfloat16)
    save_file({"w": values}, tmp_path / "x.safetensors")
    np.testing.assert_array_equal(ew.load(tmp_path / "x.safetensors")["w"].numpy(), values.float().numpy())


@pytest.mark.parametrize(
    "save",
    [
        lambda state, path: torch.save(state, path),
        lambda state, path: torch.save(state, path, _use_new_zipfile_serialization=False),
    ],
)
def test_files_of_torch_save_are_refused(tmp_path, save):
    save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "model.pt")
    with pytest.raises(ValueError, match="can run any code"):
        ew.load(tmp_path / "model.pt")


@pytest.mark.parametrize("nonlinearity", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_agree(nonlinearity):
    assert init.calculate_gain(nonlinearity) == pytest.approx(torch.nn.init.calculate_gain(nonlinearity))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Linear", (80, 60)),
        ("Conv2d", (20, 30, 3)),
        ("ConvTranspose2d", (20, 30, 3)),
        ("Bilinear", (20, 10, 30)),
        ("Embedding", (80, 60)),
        ("MultiheadAttention", (40, 4)),
    ],
)
def test_first_values_are_spread_alike(name, arguments):
    theirs, ours = getattr(torch.nn, name)(*arguments), getattr(nn, name)(*arguments)
    for key, value in theirs.state_dict().items():
        a, b = ours.state_dict()[key].numpy(), value.numpy()
        assert a.std() == pytest.approx(b.std(), rel=0.2 if a.ndim > 1 else 0.5)
        assert np.abs(a).max() <= np.abs(b).max() * (1.5 if name != "Embedding" else 2)
