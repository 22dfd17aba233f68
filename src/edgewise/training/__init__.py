"""The training loop, with progress, checkpoints, metrics and history."""

from __future__ import annotations

from .early_stopping import EarlyStopping as EarlyStopping
from .errors import NonFiniteLossError as NonFiniteLossError
from .errors import TrainingError as TrainingError
from .evaluation import evaluate as evaluate
from .evaluation import predict as predict
from .history import History as History
from .loop import Step as Step
from .loop import fit as fit
from .metrics import accuracy as accuracy
from .metrics import binary_accuracy as binary_accuracy
from .metrics import top5_accuracy as top5_accuracy
