from __future__ import annotations

import math

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.data import DataLoader, TensorDataset, digits
from edgewise.optim import SGD, Adam
from edgewise.optim.lr_scheduler import ExponentialLR, LambdaLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR
from edgewise.training import EarlyStopping

from .small_fit import fit, line, squares


def test_the_loop_is_the_one_that_people_write_by_hand():
    model = line()
    history = fit(model, epochs=3, batch_size=6, generator=ew.Generator(2))
    other = line()
    optimizer = SGD(other.parameters(), lr=0.1)
    loader = DataLoader(squares(), 6, shuffle=True, generator=ew.Generator(2))
    means = []
    for _ in range(3):
        total = 0.0
        for x, y in loader:
            loss = (other(x) - y).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        means.append(total / 20)
    np.testing.assert_array_equal(model.weight.detach().numpy(), other.weight.detach().numpy())
    assert history["loss"] == pytest.approx(means, rel=1e-6)
    assert history.stopped == "finished"


def test_a_small_network_learns_the_digits():
    ew.manual_seed(0)
    train, test = digits(flat=True)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    history = fit(
        model,
        train,
        loss=nn.CrossEntropyLoss(),
        optimizer=Adam(model.parameters(), lr=3e-3),
        epochs=12,
        batch_size=32,
        validation=test,
        metrics=["accuracy", "top5_accuracy"],
    )
    assert history.last["val_accuracy"] > 0.95
    assert history.last["val_top5_accuracy"] > 0.99
    found = ew.evaluate(model, test, nn.CrossEntropyLoss(), "accuracy")
    assert found["accuracy"] == pytest.approx(history.last["val_accuracy"])
    assert found["loss"] == pytest.approx(history.last["val_loss"])
    guesses = ew.predict(model, test).argmax(dim=1)
    assert (guesses == test.tensors[1]).double().mean().item() == pytest.approx(found["accuracy"])


@pytest.mark.parametrize(
    "data",
    [
        squares(),
        DataLoader(squares(), 64),
        squares().tensors,
        tuple(t.numpy() for t in squares().tensors),
        [squares().tensors],
    ],
    ids=["dataset", "loader", "tensors", "arrays", "batches"],
)
def test_data_comes_in_several_forms(data):
    model = line()
    before = model.weight.item()
    assert len(fit(model, data)["loss"]) == 1
    assert model.weight.item() != before


def test_several_inputs_go_to_the_model_and_the_last_part_is_the_target():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, a, b):
            return self.layer(ew.cat([a, b], dim=1))

    x = ew.ones(8, 1)
    model = Two()
    fit(model, (x, x, x))
    assert ew.predict(model, (x, x, x)).shape == (8, 1)


def test_schedules_count_epochs_or_steps():
    model = line()
    optimizer = SGD(model.parameters(), lr=1e-3)
    history = fit(model, optimizer=optimizer, schedule=ExponentialLR(optimizer, 0.5), epochs=3)
    assert history["lr"] == pytest.approx([1e-3, 5e-4, 2.5e-4])
    optimizer = SGD(model.parameters(), lr=1e-3)
    schedule = StepLR(optimizer, 1, gamma=0.5)
    fit(model, optimizer=optimizer, schedule=schedule, schedule_every="step", batch_size=5)
    assert schedule.last_epoch == 4


def test_a_plateau_schedule_watches_the_validation_loss():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.0)
    schedule = ReduceLROnPlateau(optimizer, patience=0)
    optimizer.param_groups[0]["lr"] = 1e-9
    schedule.eps = 0.0
    history = fit(model, optimizer=optimizer, schedule=schedule, validation=squares(), epochs=3)
    assert history["lr"] == pytest.approx([1e-9, 1e-9, 1e-10])
    assert schedule.best == history["val_loss"][0]


def test_clipping_bounds_the_steps():
    model = line()
    before = model.weight.item(), model.bias.item()
    x = ew.full((4, 1), 100.0)
    fit(model, (x, -x), clip_norm=1.0)
    moved = math.hypot(model.weight.item() - before[0], model.bias.item() - before[1])
    assert moved == pytest.approx(0.1, rel=1e-3)


def test_early_stopping_gives_the_best_state_back():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    states = []

    def on_epoch(history):
        states.append(model.weight.item())
        if len(history) == 3:
            optimizer.param_groups[0]["maximize"] = True

    history = fit(model, optimizer=optimizer, epochs=20, early_stopping=4, on_epoch=on_epoch)
    assert history.stopped == "early"
    assert "no better for 4 epochs" in history.note
    assert len(history) == history.best_epoch() + 4
    assert model.weight.item() == states[history.best_epoch() - 1]


def test_early_stopping_can_watch_a_measure_that_grows_and_keep_the_last_state():
    model = line()
    stop = EarlyStopping(2, monitor="closeness", restore_best=False)
    history = fit(
        model, epochs=9, early_stopping=stop, metrics={"closeness": lambda *_: 0.5}, optimizer=SGD(model.parameters())
    )
    assert len(history) == 3
    with pytest.raises(ew.TrainingError, match="no measure 'val_loss'"):
        fit(early_stopping=EarlyStopping(monitor="val_loss"))
    with pytest.raises(ew.TrainingError, match="patience is 0"):
        EarlyStopping(0)
    with pytest.raises(ew.TrainingError, match="mode is 'up'"):
        EarlyStopping(mode="up")


def test_callbacks_are_called_for_steps_and_epochs():
    steps, epochs = [], []
    fit(epochs=2, batch_size=8, on_step=lambda at: steps.append(at[:2]), on_epoch=lambda h: epochs.append(len(h)))
    assert steps == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert epochs == [1, 2]


def test_the_model_is_in_training_mode_to_train_and_comes_back_as_it_was():
    modes = []

    class Watched(nn.Linear):
        def forward(self, x):
            modes.append(self.training)
            return super().forward(x)

    model = Watched(1, 1).eval()
    fit(model, validation=squares(), epochs=2)
    assert modes == [True, False] * 2
    assert model.training is False


def test_evaluation_leaves_each_part_in_its_mode_and_records_nothing():
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5))
    model[1].eval()
    output = ew.predict(model, squares().tensors[0])
    assert not output.requires_grad
    assert [model.training, model[0].training, model[1].training] == [True, True, False]


def test_a_loss_that_is_not_finite_stops_with_an_explanation():
    model = line()
    x = ew.tensor([[1.0], [float("nan")]])
    before = model.weight.item()
    with pytest.raises(ew.NonFiniteLossError, match=r"nan in step 1 of epoch 1.*learning rate 0\.1.*detect_anomaly"):
        fit(model, (x, x))
    assert model.weight.item() == before


def test_lists_of_numbers_are_data():
    model = line()
    history = fit(model, ([[0.0], [1.0], [2.0]], [[1.0], [3.0], [5.0]]), epochs=np.int64(2), metrics=None)
    assert len(history) == 2


def test_a_history_without_epochs_has_empty_measures():
    history = fit(epochs=0, validation=squares(), metrics={"closeness": lambda *_: 1.0})
    assert history["loss"] == history["val_closeness"] == []
    assert history.last == {}
    with pytest.raises(ew.TrainingError, match="no epochs yet"):
        history.best_epoch()


def test_a_frozen_model_is_refused():
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    model.requires_grad_(False)
    with pytest.raises(ew.TrainingError, match="frozen"):
        fit(model, optimizer=optimizer)
    plateau = ReduceLROnPlateau(optimizer)
    model.requires_grad_()
    with pytest.raises(ew.TrainingError, match="after each epoch: leave out schedule_every"):
        fit(model, optimizer=optimizer, schedule=plateau, schedule_every="step")
    with pytest.raises(ew.TrainingError, match="leave out mode='max'"):
        fit(model, optimizer=optimizer, schedule=ReduceLROnPlateau(optimizer, mode="max"))


def test_no_epochs_train_nothing():
    model = line()
    before = model.weight.item()
    assert len(fit(model, epochs=0)) == 0
    assert model.weight.item() == before


class WritesIntoItsInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x):
        x *= 0.5
        return self.layer(x)


@pytest.mark.parametrize(
    "form",
    [
        lambda x, y: (x, y),
        lambda x, y: (x.numpy(), y.numpy()),
        lambda x, y: TensorDataset(x, y),
        lambda x, y: DataLoader(TensorDataset(x, y), 2),
        lambda x, y: [(x[:2], y[:2]), (x[2:], y[2:])],
        lambda x, y: [(x.numpy(), y.numpy())],
    ],
    ids=["tensors", "arrays", "a dataset", "a loader", "batches", "batches of arrays"],
)
def test_a_model_that_writes_into_its_input_sees_the_same_data_each_time(form):
    x = ew.tensor([[1.0], [2.0], [3.0], [4.0]])
    data = form(x, 2 * x)
    model = WritesIntoItsInput()
    first = ew.evaluate(model, data, nn.MSELoss())
    ew.training.predict(model, data)
    fit(model, data, epochs=2, validation=data, optimizer=SGD(model.parameters(), lr=0.0))
    assert ew.evaluate(model, data, nn.MSELoss()) == first
    assert x.tolist() == [[1.0], [2.0], [3.0], [4.0]]


@pytest.mark.parametrize("every", ["step", "epoch"])
def test_a_cycle_of_as_many_steps_as_the_training_ends_with_it(every):
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    steps = 6 if every == "step" else 3
    schedule = OneCycleLR(optimizer, max_lr=0.1, total_steps=steps)
    history = fit(model, optimizer=optimizer, epochs=3, batch_size=10, schedule=schedule, schedule_every=every)
    assert history.stopped == "finished"
    assert len(history["loss"]) == 3
    assert schedule.last_epoch == steps


@pytest.mark.parametrize("every", ["step", "epoch"])
def test_a_schedule_that_fails_after_the_last_step_takes_no_history_away(every, capsys):
    model = line()
    optimizer = SGD(model.parameters(), lr=0.1)
    table = [1.0, 0.5, 0.25, 0.1][: 4 if every == "step" else 2]
    schedule = LambdaLR(optimizer, table.__getitem__)
    options = {"schedule": schedule, "schedule_every": every, "batch_size": 10, "optimizer": optimizer}
    history = fit(model, epochs=2, progress="plain", **options)
    assert history.stopped == "finished"
    assert len(history["loss"]) == 2
    assert "the schedule has no rate for a further step: list index out of range" in capsys.readouterr().out
    with pytest.raises(IndexError):
        fit(model, epochs=3, **options)


def test_a_schedule_that_is_too_short_is_refused_before_the_training():
    model = line()
    before = model.weight.item()
    optimizer = SGD(model.parameters(), lr=0.1)
    short = OneCycleLR(optimizer, max_lr=0.1, total_steps=5)
    options = {"optimizer": optimizer, "epochs": 3, "batch_size": 10, "schedule_every": "step"}
    text = r"OneCycleLR, has rates for 5 more steps.*takes 6 \(3 epochs of 2 batches\): make it 1 steps longer"
    with pytest.raises(ew.training.TrainingError, match=text):
        fit(model, schedule=short, **options)
    sequence = SequentialLR(optimizer, [StepLR(optimizer, 1), short], [1])
    assert fit(model, schedule=sequence, **options).stopped == "finished"
    with pytest.raises(ew.training.TrainingError, match="SequentialLR, has rates for 0 more steps"):
        fit(model, schedule=sequence, **options)
    assert model.weight.item() != before


def test_a_checkpoint_of_any_name_is_resumed_from(tmp_path):
    model = line()
    with pytest.warns(UserWarning, match="run.pt will be a safetensors file") as noted:
        fit(model, epochs=2, checkpoint=tmp_path / "run.pt")
    assert len(noted) == 1
    with pytest.warns(UserWarning, match="run.pt"):
        assert len(fit(line(), epochs=3, checkpoint=tmp_path / "run.pt", resume=True)["loss"]) == 3
