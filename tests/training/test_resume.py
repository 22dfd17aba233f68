"""A training that was stopped and resumed gives the very numbers of one that was not."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

import edgewise as ew
from edgewise import nn
from edgewise.data import DataLoader, Dataset, TensorDataset, random_split
from edgewise.optim import SGD, Adam
from edgewise.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau
from edgewise.training import EarlyStopping, History

EPOCHS = 4


def problem():
    source = ew.Generator(1)
    x = ew.randn(50, 6, generator=source)
    return TensorDataset(x, (x.sum(dim=1) > 0).long()), TensorDataset(x[:20], (x[:20].sum(dim=1) > 0).long())


class Noisy(Dataset):
    """Draws from the default generator for every item."""

    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        x, y = self.data[index]
        return x + 0.1 * ew.randn(6), y


class Training:
    """Everything that a user makes before calling fit, always the same."""

    def __init__(self, kind, lr=0.1):
        ew.manual_seed(7)
        self.model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
        train, validation = problem()
        own = {}
        if kind == "momentum":
            self.optimizer = SGD(self.model.parameters(), lr=lr, momentum=0.9)
            loader = DataLoader(train, 8, shuffle=True, generator=ew.Generator(5))
        elif kind == "adam":
            self.optimizer = Adam(self.model.parameters(), lr=0.01, amsgrad=True)
            loader = DataLoader(train, 8, shuffle=True)
            own = {"schedule": CosineAnnealingLR(self.optimizer, 40), "schedule_every": "step"}
        else:
            self.optimizer = Adam(self.model.parameters(), lr=0.01)
            loader = DataLoader(Noisy(train), 8, shuffle=True)
            validation = DataLoader(Noisy(validation), 8, shuffle=True, generator=ew.Generator(9))
            own = {
                "schedule": ReduceLROnPlateau(self.optimizer, patience=0, factor=0.5),
                "early_stopping": EarlyStopping(3, monitor="val_accuracy"),
                "clip_norm": 0.5,
            }
        self.arguments = {
            "loss": nn.CrossEntropyLoss(),
            "optimizer": self.optimizer,
            "validation": validation,
            "metrics": ["accuracy"],
            "progress": False,
            **own,
        }
        self.loader = loader

    def fit(self, epochs=EPOCHS, **options):
        return ew.fit(self.model, self.loader, epochs=epochs, **self.arguments, **options)

    def numbers(self, history):
        """All that must be equal."""
        weights = {name: value.numpy().copy() for name, value in self.model.state_dict().items()}
        rows = {name: column for name, column in history.to_dict().items() if name != "seconds"}
        return weights, rows, ew.get_rng_state(), self.loader.generator and self.loader.generator.get_state()


def assert_equal(a, b):
    for name, value in a[0].items():
        np.testing.assert_array_equal(value, b[0][name], err_msg=name)
    assert a[1:] == b[1:]


KINDS = ["momentum", "adam", "noisy"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epochs", [1, 3])
def test_after_whole_epochs(kind, epochs, tmp_path):
    straight = Training(kind)
    expected = straight.numbers(straight.fit())
    path = tmp_path / "run.safetensors"
    Training(kind).fit(epochs, checkpoint=path)
    ew.manual_seed(99)
    resumed = Training(kind)
    assert_equal(resumed.numbers(resumed.fit(checkpoint=path, resume=True)), expected)


def stopper(epoch, step, how):
    def on_step(at):
        if at[:2] == (epoch, step):
            how()

    return on_step


def interrupt():
    raise KeyboardInterrupt


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [(1, 1), (2, 4), (3, 7)])
def test_after_an_interrupt_in_the_middle_of_an_epoch(kind, place, tmp_path):
    straight = Training(kind)
    expected = straight.numbers(straight.fit())
    path = tmp_path / "run.safetensors"
    first = Training(kind)
    history = first.fit(checkpoint=path, on_step=stopper(*place, interrupt))
    assert history.stopped == "interrupted"
    assert "resume=True" in history.note
    assert len(history) == place[0] - 1
    resumed = Training(kind)
    history = resumed.fit(checkpoint=path, resume=True)
    assert history.stopped == "finished"
    assert_equal(resumed.numbers(history), expected)


def test_after_an_interrupt_while_validating(tmp_path):
    straight = Training("noisy")
    expected = straight.numbers(straight.fit())
    path = tmp_path / "run.safetensors"
    first = Training("noisy")
    calls = []

    def loss(output, target):
        calls.append(len(target))
        if len(calls) == 7 + 2:  # the second batch of the first validation
            os.kill(os.getpid(), signal.SIGINT)
        return nn.functional.cross_entropy(output, target)

    first.arguments["loss"] = loss
    history = first.fit(checkpoint=path)
    assert history.stopped == "interrupted"
    assert len(history) == 0
    resumed = Training("noisy")
    assert_equal(resumed.numbers(resumed.fit(checkpoint=path, resume=True)), expected)


def test_ctrl_c_stops_at_the_end_of_the_step_and_saves(tmp_path, capfd):
    path = tmp_path / "run.safetensors"
    training = Training("momentum")
    training.arguments["progress"] = "plain"
    handler = signal.getsignal(signal.SIGINT)
    history = training.fit(checkpoint=path, on_step=stopper(2, 3, lambda: os.kill(os.getpid(), signal.SIGINT)))
    assert history.stopped == "interrupted"
    assert "epoch 2 after step 3" in history.note
    out, err = capfd.readouterr()
    assert "stopping at the end of this step" in err
    assert history.note in out
    assert path.exists()
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_interrupts_at_once(tmp_path):
    training = Training("momentum")
    handler = signal.getsignal(signal.SIGINT)
    calls = []

    def loss(output, target):
        calls.append(1)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        return nn.functional.cross_entropy(output, target)

    training.arguments["loss"] = loss
    with pytest.raises(KeyboardInterrupt):
        training.fit(checkpoint=tmp_path / "run.safetensors")
    assert len(calls) == 1
    assert not (tmp_path / "run.safetensors").exists()
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_early_stop_stays_one_after_resuming(tmp_path):
    path = tmp_path / "run.safetensors"

    def run(**options):
        training = Training("momentum")
        history = training.fit(30, checkpoint=path, early_stopping=EarlyStopping(2), **options)
        return training, history

    first, history = run()
    assert history.stopped == "early"
    assert len(history) < 30
    second, again = run(resume=True)
    assert again.stopped == "early"
    assert_equal(first.numbers(history)[:2], second.numbers(again)[:2])


def test_nothing_is_trained_when_the_checkpoint_holds_all_epochs(tmp_path, capsys):
    path = tmp_path / "run.safetensors"
    first = Training("momentum")
    expected = first.numbers(first.fit(checkpoint=path))
    second = Training("momentum")
    second.arguments["progress"] = "plain"
    history = second.fit(checkpoint=path, resume=True)
    assert "is at the end of epoch 4: epochs=4 asks for no more" in capsys.readouterr().out
    assert_equal(second.numbers(history), expected)


def test_resuming_without_a_file_starts_from_the_beginning(tmp_path):
    history = Training("momentum").fit(1, checkpoint=tmp_path / "run.safetensors", resume=True)
    assert len(history) == 1


def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    Training("momentum").fit(1, checkpoint=path)
    other = Training("adam")
    with pytest.raises(
        ew.TrainingError, match="optimizer: SGD in the checkpoint, Adam now\n  schedule: none in the checkpoint, Cosine"
    ):
        other.fit(checkpoint=path, resume=True)
    ew.save(other.model, tmp_path / "weights.safetensors")
    with pytest.raises(ew.TrainingError, match="not a checkpoint"):
        other.fit(checkpoint=tmp_path / "weights.safetensors", resume=True)
    with pytest.raises(ew.TrainingError, match="resume=True needs a checkpoint"):
        other.fit(resume=True)


def loader(items=50, batch_size=8, **options):
    train, _ = problem()
    return DataLoader(random_split(train, [items, 50 - items])[0], batch_size, shuffle=True, **options)


OWN = {"generator": ew.Generator(5)}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"loader": loader(batch_size=16, **OWN)}, "train_data, batch_size: 8 in the checkpoint, 16 now"),
        ({"loader": loader(items=40, **OWN)}, "train_data, items: 50 in the checkpoint, 40 now"),
        ({"loader": loader()}, "train_data, generator: its own in the checkpoint, the default now"),
        ({"loader": loader(drop_last=True, **OWN)}, "train_data, drop_last: False in the checkpoint, True now"),
        ({"validation": None}, "validation: given in the checkpoint, none now"),
        ({"metrics": []}, "metrics: accuracy in the checkpoint, none now"),
        (
            {"metrics": ["accuracy", "top5_accuracy"]},
            "metrics: accuracy in the checkpoint, accuracy, top5_accuracy now",
        ),
        ({"lr": 0.01}, "optimizer, lr: 0.1 in the checkpoint, 0.01 now"),
        ({"early_stopping": 3}, "early_stopping: none in the checkpoint, EarlyStopping now"),
        ({"clip_norm": 1.0}, "clip_norm: none in the checkpoint, 1.0 now"),
    ],
)
def test_other_settings_than_the_training_was_begun_with_are_refused(change, text, tmp_path):
    path = tmp_path / "run.safetensors"
    Training("momentum").fit(1, checkpoint=path)
    other = Training("momentum", change.pop("lr", 0.1))
    other.loader = change.pop("loader", other.loader)
    other.arguments.update(change)
    before = other.numbers(History())
    with pytest.raises(ew.TrainingError, match=r"with other settings(.|\n)*Resume with the settings") as raised:
        other.fit(checkpoint=path, resume=True)
    lines = str(raised.value).splitlines()
    assert lines[1:-1] == [f"  {text}"]
    assert "model.load_state_dict(ew.load(" in lines[-1]
    assert_equal(other.numbers(History()), before)
    other.model.load_state_dict(ew.load(path)["parts"]["model"])


def test_other_patience_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    Training("momentum").fit(1, checkpoint=path, early_stopping=3)
    with pytest.raises(ew.TrainingError, match="early_stopping, patience: 3 in the checkpoint, 5 now"):
        Training("momentum").fit(checkpoint=path, resume=True, early_stopping=5)


def test_a_schedule_resumes_from_the_rate_that_it_started_from(tmp_path):
    path = tmp_path / "run.safetensors"
    Training("adam").fit(1, checkpoint=path)
    other = Training("adam")
    other.optimizer = Adam(other.model.parameters(), lr=0.02, amsgrad=True)
    other.arguments.update(optimizer=other.optimizer, schedule=CosineAnnealingLR(other.optimizer, 40))
    with pytest.raises(ew.TrainingError, match=r"lr: 0\.01 in the checkpoint, 0\.02 now"):
        other.fit(checkpoint=path, resume=True)


def test_rates_that_were_changed_on_the_way_resume_from_new_and_from_kept_objects(tmp_path):
    def run(training, epochs, **options):
        def slower(history):
            training.optimizer.param_groups[0]["lr"] = 0.1 / (1 + len(history))

        return training.fit(epochs, on_epoch=slower, **options)

    straight = Training("momentum")
    expected = straight.numbers(run(straight, 4))
    path = tmp_path / "run.safetensors"
    kept = Training("momentum")
    run(kept, 2, checkpoint=path)
    run(kept, 3, checkpoint=path, resume=True)
    new = Training("momentum")
    history = run(new, 4, checkpoint=path, resume=True)
    assert history["lr"] == pytest.approx([0.1, 0.1 / 2, 0.1 / 3, 0.1 / 4])
    assert_equal(new.numbers(history), expected)


def test_an_epoch_is_saved_although_its_callback_fails(tmp_path):
    path = tmp_path / "run.safetensors"
    with pytest.raises(ZeroDivisionError):
        Training("momentum").fit(checkpoint=path, on_epoch=lambda _: 1 / 0)
    assert len(Training("momentum").fit(1, checkpoint=path, resume=True)) == 1


def test_an_interrupt_in_the_first_epoch_leaves_an_empty_history_and_one_after_an_epoch_says_so(tmp_path):
    path = tmp_path / "run.safetensors"
    history = Training("momentum").fit(checkpoint=path, on_step=stopper(1, 1, interrupt))
    assert history["loss"] == history["val_accuracy"] == []
    assert history.note.startswith("interrupted in epoch 1 after step 1; saved")
    straight = Training("momentum")
    expected = straight.numbers(straight.fit())
    history = Training("momentum").fit(checkpoint=path, on_epoch=lambda _: interrupt())
    assert history.note.startswith("interrupted after epoch 1; saved")
    assert len(history) == 1
    resumed = Training("momentum")
    assert_equal(resumed.numbers(resumed.fit(checkpoint=path, resume=True)), expected)
