"""Optimisers, gradient clipping and learning-rate schedules, under PyTorch's names."""

from __future__ import annotations

from . import lr_scheduler as lr_scheduler
from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .clip import clip_grad_norm_ as clip_grad_norm_
from .clip import clip_grad_value_ as clip_grad_value_
from .optimizer import Optimizer as Optimizer
from .optimizer import OptimizerError as OptimizerError
from .rmsprop import RMSprop as RMSprop
from .sgd import SGD as SGD
