"""How noise grows over the diffusion steps, and how the learning rate moves over the run."""

from __future__ import annotations

import math
from typing import Any, Mapping

import torch
from torch import Tensor


def alpha_bars(config: Mapping[str, Any]) -> Tensor:
    """The share of the variance that is signal, per diffusion step: [S], float64 over betas rounded to float32,
    as in packages/diffusion/src/sampling/noise-schedule.ts."""
    steps, first, last = int(config["steps"]), float(config["betaStart"]), float(config["betaEnd"])

    def evenly(a: float, b: float) -> Tensor:
        return torch.linspace(a, b, steps, dtype=torch.float64)

    kind = config["kind"]
    if kind == "linear":
        betas = evenly(first, last)
    elif kind == "quadratic":
        betas = evenly(math.sqrt(first), math.sqrt(last)).square()
    elif kind == "sigmoid":
        betas = first + (last - first) * torch.sigmoid(evenly(-6, 6))
    elif kind == "cosine":
        # Nichol & Dhariwal (2021), equation (17), in float32: near pi/2 rounding decides.
        angle = ((torch.linspace(0, steps, steps + 1) / steps) + 0.008) / (1 + 0.008) * torch.pi * 0.5
        signal = torch.cos(angle) ** 2
        betas = torch.clip(1 - signal[1:].double() / signal[:-1].double(), 0.0001, 0.9999)
    else:
        raise ValueError(f"schedule.kind must be linear, cosine, quadratic or sigmoid, got {kind!r}.")
    alphas = (1 - betas.float().double()).float().double()
    return torch.cumprod(alphas, dim=0)


def learning_rate(step: int, steps: int, peak: float, warmup: int, decay: str) -> float:
    """Linear warm-up, then the peak or a cosine from it to 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    if decay == "constant":
        return peak
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return peak * (1 + math.cos(math.pi * progress)) / 2
