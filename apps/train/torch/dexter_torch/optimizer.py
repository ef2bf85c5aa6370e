"""Adam and AdamW with clipping, warm-up and a moving average of the weights, step for
step as packages/diffusion/src/training/adamw.ts; its state is plain tensors by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Collection, Mapping, Optional

import torch
from torch import Tensor, nn

from .schedule import learning_rate

FIELDS = ("weights", "first", "second", "average")


class Divergence(Exception):
    """Loss or gradient are no longer finite."""

    def __init__(self, step: int, what: str) -> None:
        super().__init__(
            f"Training diverged after step {step}: {what} is not finite. Lower the learning rate, or resume from the last saved state."
        )


@dataclass(frozen=True)
class OptimizerOptions:
    """How weights follow their gradients."""

    steps: int
    learning_rate: float
    warmup: int
    decay: str
    weight_decay: float
    decoupled: bool
    clip_norm: Optional[float]
    ema: Optional[float]
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8


class Optimizer:
    """One network in training."""

    def __init__(self, network: nn.Module, options: OptimizerOptions, step: int, state: Mapping[str, Tensor], decayed: Collection[str]) -> None:
        self.options, self.step, self.decayed = options, step, decayed
        self.parameters = dict(network.named_parameters())
        for name, parameter in self.parameters.items():
            parameter.data.copy_(state[f"weights.{name}"])
        self.first, self.second, self.average = (
            {name: state[f"{field}.{name}"].to(parameter.device, copy=True) for name, parameter in self.parameters.items()}
            for field in FIELDS[1:]
        )

    @torch.no_grad()
    def take(self) -> tuple[float, float]:
        """Take one step with the gradients that lie in the parameters; their norm before clipping, and the rate."""
        o = self.options
        # What feeds nothing has no gradient here; its weights decay all the same.
        gradients = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in self.parameters.items()}
        norm = float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients.values()]).double()))
        if not math.isfinite(norm):
            raise Divergence(self.step, "the gradient")
        rate = learning_rate(self.step, o.steps, o.learning_rate, o.warmup, o.decay)
        self.step += 1
        clip = o.clip_norm / norm if o.clip_norm is not None and norm > o.clip_norm else 1.0
        b1, b2 = o.betas
        c1, c2 = 1 - b1**self.step, 1 - b2**self.step
        keep = min(o.ema, (1 + self.step) / (10 + self.step)) if o.ema is not None else 0.0
        for name, gradient in gradients.items():
            weights, first, second = self.parameters[name].data, self.first[name], self.second[name]
            g = gradient * clip
            if name in self.decayed and o.weight_decay and not o.decoupled:
                g = g + o.weight_decay * weights
            first.lerp_(g, 1 - b1)
            second.mul_(b2).addcmul_(g, g, value=1 - b2)
            if name in self.decayed and o.weight_decay and o.decoupled:
                weights.mul_(1 - rate * o.weight_decay)
            weights.addcdiv_(first, (second / c2).sqrt_().add_(o.epsilon), value=-rate / c1)
            self.average[name].lerp_(weights, 1 - keep)
        return norm, rate

    def state(self) -> dict[str, Tensor]:
        """Everything that a later process needs to go on."""
        fields = (("weights", {n: p.data for n, p in self.parameters.items()}), ("first", self.first), ("second", self.second), ("average", self.average))
        return {f"{field}.{name}": tensor.cpu().contiguous() for field, tensors in fields for name, tensor in tensors.items()}
