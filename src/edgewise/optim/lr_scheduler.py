"""Learning rates that change as training goes on, under the names of `torch.optim.lr_scheduler`.

A schedule is a function of the number of steps taken, not of the rate before: so it gives the same rate however it
got there, and its whole state is that number. It sets ``lr`` in every group of the optimiser, starting from the rate
that the group had when the schedule was made, its ``initial_lr``.
"""

from __future__ import annotations

from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .schedules import ConstantLR as ConstantLR
from .schedules import CosineAnnealingLR as CosineAnnealingLR
from .schedules import ExponentialLR as ExponentialLR
from .schedules import LambdaLR as LambdaLR
from .schedules import LinearLR as LinearLR
from .schedules import LRScheduler as LRScheduler
from .schedules import MultiStepLR as MultiStepLR
from .schedules import OneCycleLR as OneCycleLR
from .schedules import SequentialLR as SequentialLR
from .schedules import StepLR as StepLR
