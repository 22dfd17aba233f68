"""Learning rates that change as training goes on, under the names of `torch.optim.lr_scheduler`.

A schedule sets ``lr`` in every group of the optimiser, starting from the rate that it finds when it is made; the first
of an optimiser notes that as the group's ``initial_lr``. By itself, a schedule is a function of the number of steps.
Where something else changed the rate, a schedule that multiplies goes on from what it finds: so two schedules of one
optimiser multiply, and ``group["lr"] = 0.01`` lasts, as in PyTorch. `LambdaLR` and `OneCycleLR` set the rate whatever
it was.
"""

from __future__ import annotations

from .one_cycle import OneCycleLR as OneCycleLR
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .schedules import ConstantLR as ConstantLR
from .schedules import CosineAnnealingLR as CosineAnnealingLR
from .schedules import ExponentialLR as ExponentialLR
from .schedules import LambdaLR as LambdaLR
from .schedules import LinearLR as LinearLR
from .schedules import LRScheduler as LRScheduler
from .schedules import MultiStepLR as MultiStepLR
from .schedules import SequentialLR as SequentialLR
from .schedules import StepLR as StepLR
