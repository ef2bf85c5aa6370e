"""Score features brought to a range."""

from __future__ import annotations

import torch
from torch import Tensor


def min_max(x: Tensor, low: float, high: float, mode: str) -> Tensor:
    """Bring score features [B, N, S] to a range; what does not vary becomes `low`."""
    axes = {"rowwise": (1,), "framewise": (2,), "imagewise": (1, 2)}[mode]
    least, most = x.amin(axes, keepdim=True), x.amax(axes, keepdim=True)
    return torch.where(most > least, (x - least) / (most - least), 0.0) * (high - low) + low
