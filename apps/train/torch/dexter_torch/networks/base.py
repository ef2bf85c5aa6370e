"""The `base` model's two networks: an encoder that predicts the mean performance, and
the velocity field of a flow that draws single performances around it.

A stack of gated dilated convolutions over the notes in score order (van den Oord et
al., 2016), with RMS norms and, in every other block, the mean over the notes of the
onset. The same computation as packages/diffusion/src/base/network.ts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TARGETS = 6
"""Channels of the prediction: tempo, slow tempo, velocity, timing, articulation, pedal."""
ONSET_CHANNELS = (1.0, 1.0, 0.0, 0.0, 0.0, 1.0)
"""1 for the channels that all notes of an onset share."""
TIME_FREQUENCIES = 16
NORM_EPSILON = 1e-6


@dataclass(frozen=True)
class Shape:
    """What both networks know of `B` crops of `T` notes."""

    onset: Tensor
    """Onset number per note, [B, T], -1 for padding."""
    dropout: Optional[Sequence[Tensor]] = None
    """Scaled dropout masks, one a block, [B, T, H]; None outside of training."""

    @property
    def mask(self) -> Tensor:
        """1 for a note, 0 for padding, [B, T, 1]."""
        return (self.onset >= 0).unsqueeze(-1).float()


def onset_mean(rows: Tensor, onset: Tensor) -> Tensor:
    """Average [B, T, H] over the notes of each onset; padding becomes 0."""
    batch, notes, width = rows.shape
    # Padding is averaged in a group of its own, the last of its crop.
    group = torch.where(onset >= 0, onset - onset[:, :1], notes)
    index = (group + torch.arange(batch, device=rows.device).unsqueeze(1) * (notes + 1)).reshape(-1)
    known = (onset >= 0).reshape(-1, 1).to(rows.dtype)
    sums = rows.new_zeros(batch * (notes + 1), width).index_add(0, index, rows.reshape(-1, width) * known)
    counts = rows.new_zeros(batch * (notes + 1), 1).index_add(0, index, known)
    return (sums / counts.clamp(min=1))[index].reshape(batch, notes, width) * known.reshape(batch, notes, 1)


def time_embedding(time: Tensor) -> Tensor:
    """(t, sin(k pi t / 2), cos(k pi t / 2)) for k = 1 ... 16: [B] to [B, 33], computed in float64."""
    t = time.double().unsqueeze(1)
    angle = t * (torch.arange(1, TIME_FREQUENCIES + 1, device=time.device, dtype=torch.float64) * (math.pi / 2))
    return torch.cat([t, angle.sin(), angle.cos()], dim=1).float()


def gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


class Scale(nn.Module):
    """The weight of an RMS norm over channels (Zhang & Sennrich, 2019)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def normalize(self, x: Tensor, mask: Tensor) -> Tensor:
        return x * (torch.rsqrt(x.square().mean(-1, keepdim=True) + NORM_EPSILON) * mask)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.normalize(x, mask) * self.weight


class Block(nn.Module):
    """x + out(dropout(a * sigmoid(b))), where a and b are dilated convolutions of the scaled input."""

    def __init__(self, index: int, hidden: int, kernel: int, dilation: int, encoder_hidden: Optional[int]) -> None:
        super().__init__()
        self.norm = Scale(hidden)
        if encoder_hidden is not None:
            self.time = nn.Linear(hidden, 2 * hidden)
            self.condition = nn.Linear(encoder_hidden, hidden)
        self.conv = nn.Conv1d(hidden, 2 * hidden, kernel, padding=(kernel - 1) // 2 * dilation, dilation=dilation)
        self.onset = nn.Linear(hidden, 2 * hidden, bias=False) if index % 2 == 1 else None
        self.out = nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, h: Tensor, shape: Shape, dropout: Optional[Tensor]) -> Tensor:
        both = self.conv(h.transpose(1, 2)).transpose(1, 2)
        if self.onset is not None:
            both = both + self.onset(onset_mean(h, shape.onset))
        a, b = both.chunk(2, dim=-1)
        gated = a * torch.sigmoid(b)
        return x + self.out(gated if dropout is None else gated * dropout)


class Stack(nn.Module):
    """What encoder and denoiser share: input layers, blocks, head."""

    def __init__(self, inputs: int, config: Mapping[str, Any], encoder_hidden: Optional[int] = None) -> None:
        super().__init__()
        hidden = int(config["hidden"])
        self.input = nn.Linear(inputs, hidden)
        self.project = nn.Linear(hidden, hidden)
        self.blocks = nn.ModuleList(
            Block(i, hidden, int(config["kernel"]), int(dilation), encoder_hidden) for i, dilation in enumerate(config["dilations"])
        )
        self.norm = Scale(hidden)
        self.head = nn.Linear(hidden, TARGETS)
        self.register_buffer("tied", torch.tensor(ONSET_CHANNELS), persistent=False)

    def scaled(self, block: Block, x: Tensor, mask: Tensor) -> Tensor:
        """A block's input."""
        return block.norm(x, mask)

    def run(self, rows: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
        """[B, T, inputs] to prediction [B, T, 6] and normalized last layer [B, T, H]."""
        mask = shape.mask
        x = self.project(gelu(self.input(rows)))
        for i, block in enumerate(self.blocks):
            x = block(x, self.scaled(block, x, mask), shape, None if shape.dropout is None else shape.dropout[i])
        hidden = self.norm(x, mask)
        raw = self.head(hidden)
        return raw * (1 - self.tied) + onset_mean(raw, shape.onset) * self.tied, hidden


class Encoder(Stack):
    """Standardized features [B, T, C] to the mean performance and the hidden condition."""

    def forward(self, features: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
        return self.run(features, shape)


class Denoiser(Stack):
    """Noisy targets, the mean prediction and the controls [B, T, 12 + 2K] to the flow's velocity z - noise at time t."""

    def __init__(self, config: Mapping[str, Any], encoder_hidden: int, controls: int = 0) -> None:
        super().__init__(2 * TARGETS + 2 * controls, config, encoder_hidden)
        self.time = nn.Linear(1 + 2 * TIME_FREQUENCIES, int(config["hidden"]))
        self.null = nn.Parameter(torch.zeros(encoder_hidden))

    def forward(self, noisy_and_mean: Tensor, hidden: Tensor, dropped: Tensor, time: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
        """`hidden` [B, T, He] and the mean are 0 where `dropped` [B, 1] is 1; `time` is an embedding [B, 33]."""
        self._tau = gelu(self.time(time))
        self._hidden, self._dropped = hidden, dropped
        return self.run(noisy_and_mean, shape)

    def scaled(self, block: Block, x: Tensor, mask: Tensor) -> Tensor:
        scale, shift = block.time(self._tau).chunk(2, dim=-1)
        gain = (1 + scale) * block.norm.weight
        offset = shift + self._dropped * F.linear(self.null, block.condition.weight)
        rows = block.norm.normalize(x, mask) * gain.unsqueeze(1) + block.condition(self._hidden) + offset.unsqueeze(1)
        return rows * mask

