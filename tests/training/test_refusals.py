"""What fit refuses, and what it says."""

from __future__ import annotations

import pytest

import edgewise as ew
from edgewise import nn
from edgewise.data import DataLoader, TensorDataset
from edgewise.optim import SGD
from edgewise.optim.lr_scheduler import ExponentialLR
from edgewise.training import EarlyStopping

from .small_fit import fit, line, squares


class Stranger(nn.Module):
    def forward(self, x):
        return x


class Silent(nn.Linear):
    def __init__(self):
        super().__init__(1, 1)

    def forward(self, x):
        super().forward(x)


def nothing(output, target):
    (output - target).square().mean()


def other_schedule():
    return ExponentialLR(SGD(line().parameters()), 0.5)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: fit(lambda x: x, optimizer=SGD(line().parameters())), TypeError, "nn.Module"),
        (lambda: fit(Stranger(), optimizer=SGD(line().parameters())), ew.TrainingError, "Stranger has no parameters"),
        (lambda: fit(loss=nn.MSELoss), TypeError, "loss must be a function of .*, not <class"),
        (lambda: fit(optimizer=SGD), TypeError, "make one first"),
        (lambda: fit(optimizer=SGD(nn.Linear(1, 1).parameters())), ew.TrainingError, "another model"),
        (lambda: fit(epochs=1.5), ew.TrainingError, "epochs is 1.5"),
        (lambda: fit(schedule=3), TypeError, "lr_scheduler"),
        (lambda: fit(schedule=other_schedule()), ew.TrainingError, "another optimiser"),
        (lambda: fit(schedule_every="batch"), ew.TrainingError, "'batch'"),
        (lambda: fit(metrics=["acuracy"]), ew.TrainingError, r"'acuracy'; did you mean 'accuracy'\?"),
        (lambda: fit(metrics=[3]), TypeError, "a metric is"),
        (lambda: fit(metrics={"loss": abs}), ew.TrainingError, "can't be called 'loss'"),
        (lambda: fit(progress="loud"), ew.TrainingError, "'loud'"),
        (lambda: fit(data=TensorDataset(ew.zeros(0, 1), ew.zeros(0, 1))), ew.TrainingError, "train_data is empty"),
        (lambda: fit(data=[]), ew.TrainingError, "train_data is empty"),
        (lambda: fit(data=DataLoader(squares(), 64, drop_last=True)), ew.TrainingError, "20 items make no batch of 64"),
        (lambda: fit(data=DataLoader(squares(), 4), batch_size=5), ew.TrainingError, "leave out batch_size"),
        (lambda: fit(data=3), TypeError, "or an iterable of batches, not 3"),
        (lambda: fit(data=ew.zeros(3, 1)), ew.TrainingError, r"must be \(inputs, target\), and has 1 part"),
        (lambda: fit(data=[{"x": 1}]), ew.TrainingError, "keys x"),
        (lambda: fit(data=iter([squares().tensors]), epochs=2), ew.TrainingError, "only once"),
        (lambda: fit(loss=lambda a, b: (a - b).square()), ew.TrainingError, r"<lambda>, returned shape \(20, 1\); it"),
        (lambda: fit(loss=lambda *_: 1.0), ew.TrainingError, "returned a float"),
        (lambda: fit(loss=lambda a, _: a.detach().sum()), ew.TrainingError, "requires no gradient"),
        (lambda: ew.evaluate(line(), squares()), ew.TrainingError, "a loss, metrics"),
        (lambda: ew.evaluate(line(), iter([]), nn.MSELoss()), ew.TrainingError, "no batches"),
        (lambda: ew.predict(line(), iter([])), ew.TrainingError, "no batches"),
        (lambda: fit(metrics="accuracy"), ew.ShapeError, "binary_accuracy"),
        (lambda: fit(metrics=["accuracy", "foo"]), ew.TrainingError, r"no metric 'foo'\. Known are accuracy"),
        (lambda: fit(metrics=3), TypeError, "metrics must be names, functions .*, not 3"),
        (lambda: fit(metrics={"a": 3}), TypeError, "metric 'a': it must be a function"),
        (lambda: fit(metrics={3: abs}), TypeError, "the name of a metric must be a string, not 3"),
        (lambda: fit(metrics=[lambda *_: 1.0, lambda *_: 2.0]), ew.TrainingError, "two metrics are called '<lambda>'"),
        (lambda: fit(metrics={"a": lambda *_: "x"}), ew.TrainingError, "metric 'a' returned 'x'; it must return a num"),
        (lambda: fit(metrics={"a": lambda *_: None}), ew.TrainingError, "'a' returned None.*lack a return"),
        (lambda: fit(metrics={"a": lambda a, _: a}), ew.TrainingError, r"'a' returned shape \(20, 1\)"),
        (lambda: fit(Silent()), ew.TrainingError, "the model, Silent, returned None: its forward must return"),
        (lambda: fit(loss=nothing), ew.TrainingError, "the loss function, nothing, returned None.*lack a return"),
        (lambda: fit(loss=lambda *_: "a"), ew.TrainingError, "returned 'a'; it must return a scalar tensor"),
        (lambda: fit(loss="mse"), TypeError, "loss must be a function of .output, target.*, not 'mse'"),
        (lambda: fit(epochs="3"), TypeError, "epochs must be a whole number, not '3'"),
        (lambda: fit(clip_norm="a"), TypeError, "fit: clip_norm must be a number, not 'a'"),
        (lambda: fit(clip_norm=0), ew.TrainingError, "clip_norm is 0; it must be above 0"),
        (lambda: fit(early_stopping=2.5), TypeError, "early_stopping must be a number of epochs or an EarlyStopping"),
        (lambda: EarlyStopping("a"), TypeError, "patience must be a whole number, not 'a'"),
        (lambda: EarlyStopping(min_delta="a"), TypeError, "min_delta must be a number"),
        (lambda: fit(on_step=3), TypeError, "on_step must be a function of a Step, not 3"),
        (lambda: fit(on_epoch="a"), TypeError, "on_epoch must be a function of the history"),
        (lambda: fit(generator=3), TypeError, "generator must be an edgewise.Generator or None, not 3"),
        (lambda: fit(data=DataLoader(squares()), generator=ew.Generator(0)), ew.TrainingError, "draws its own order"),
        (
            lambda: fit(data=[squares().tensors], batch_size=4),
            ew.TrainingError,
            "made already: leave out batch_size",
        ),
        (lambda: fit(data={"x": 1}), TypeError, "train_data must be a Dataset, .*, not {'x': 1}"),
        (lambda: fit(data="images"), TypeError, "train_data must be a Dataset, .*, not 'images'"),
        (lambda: fit(data=[(ew.zeros(0, 1), ew.zeros(0, 1))]), ew.TrainingError, r"target has shape \(0, 1\)"),
        (lambda: fit(data=[(ew.ones(1), ew.tensor(1.0))]), ew.TrainingError, r"target has shape \(\)"),
        (lambda: fit(validation=iter([]), epochs=1), ew.TrainingError, "validation gave no batches in epoch 1"),
        (lambda: fit(checkpoint=3), TypeError, "checkpoint must be the path of a file, not 3"),
        (lambda: fit(resume="a.safetensors"), TypeError, "resume must be True or False, not 'a.safetensors'"),
        (lambda: ew.evaluate(line(), squares(), "mse"), TypeError, "evaluate: loss must be a function"),
        (lambda: ew.evaluate(3, squares(), nn.MSELoss()), TypeError, "evaluate: model must be a function of inputs"),
        (lambda: ew.evaluate(line(), squares(), nothing), ew.TrainingError, "nothing, returned None"),
        (lambda: ew.evaluate(line(), squares(), lambda a, _: a), ew.TrainingError, "must return a scalar"),
        (lambda: ew.evaluate(Silent(), squares(), nn.MSELoss()), ew.TrainingError, "Silent, returned None"),
        (
            lambda: ew.predict(line(), DataLoader(squares(), shuffle=True)),
            ew.TrainingError,
            "DataLoader that shuffles",
        ),
        (lambda: ew.predict(lambda x: (x, x), squares()), ew.TrainingError, r"it must return one tensor"),
        (lambda: ew.predict(lambda x: x.sum(), squares()), ew.TrainingError, r"returned shape \(\) for a batch of 20"),
        (lambda: ew.predict(line(), [{"x": 1}]), ew.TrainingError, "keys x"),
    ],
)
def test_bad_arguments_are_explained(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize(
    ("path", "error", "text"),
    [
        ("", TypeError, "the path of a file"),
        (".", ew.TrainingError, "is a folder: name a file in it"),
        ("none/run.safetensors", ew.TrainingError, "there is no folder .*none; make it first"),
        ("run.py", ValueError, "the source of a program"),
    ],
)
def test_a_place_for_no_checkpoint_is_refused_before_the_training(path, error, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = line()
    before = model.weight.item()
    with pytest.raises(error, match=text):
        fit(model, checkpoint=path)
    assert model.weight.item() == before


def test_a_folder_that_can_not_be_written_to_is_refused_before_the_training(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(ew.TrainingError, match=r"can't be written to \(Permission denied\)"):
        fit(checkpoint=tmp_path / "run.safetensors")


def test_a_call_with_other_parts_than_the_model_takes_says_which_parts():
    x = ew.ones(4, 1)
    with pytest.raises(TypeError) as raised:
        fit(data=(x, x, x))
    note = raised.value.__notes__[-1]
    assert "Linear was called with the 2 inputs of a batch, of shapes (4, 1), (4, 1)" in note


def test_a_loss_that_fails_on_what_is_no_tensor_says_what_the_model_returned():
    class Pair(nn.Linear):
        def forward(self, x):
            return super().forward(x), 1

    with pytest.raises(ew.ShapeError) as raised:
        fit(Pair(1, 1))
    note = raised.value.__notes__[-1]
    assert "the model returned a tuple" in note
