"""DiffWave over notes (Kong et al., 2021): dilated gated convolutions that are told the
diffusion step, the score and, through FiLM, the perceptual features.
"""

from __future__ import annotations

import math
from typing import Any, Mapping, Optional

import torch
from torch import Tensor, nn
import torch.nn.functional as F

from .normalization import min_max

EMBEDDING = 128
STEP_CHANNELS = 512


def step_table(steps: int) -> Tensor:
    """sin and cos of step * 10^(4 d / 63), d = 0 ... 63: [steps, 128]."""
    angle = torch.arange(steps).unsqueeze(1) * 10.0 ** (torch.arange(EMBEDDING // 2) * 4.0 / 63.0)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class StepEmbedding(nn.Module):
    """A diffusion step's embedding through two layers: [B] to [B, 512]. Fractions lie between two rows of the table."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.register_buffer("table", step_table(steps), persistent=False)
        self.projection1 = nn.Linear(EMBEDDING, STEP_CHANNELS)
        self.projection2 = nn.Linear(STEP_CHANNELS, STEP_CHANNELS)

    def forward(self, step: Tensor) -> Tensor:
        below = step.floor().long()
        low, high = self.table[below], self.table[step.ceil().long()]
        row = low + (high - low) * (step - below).unsqueeze(1)
        return F.silu(self.projection2(F.silu(self.projection1(row))))


class ResidualLayer(nn.Module):
    """Gated dilated convolution; gives the next layer's input and its share of the output."""

    def __init__(self, channels: int, score_features: int, kernel: int, dilation: int, film: Optional[int]) -> None:
        super().__init__()
        if film is not None:
            self.film_projection = nn.Conv1d(film, 2 * channels, 1, bias=False)
        self.dilated_conv = nn.Conv1d(channels, 2 * channels, kernel, padding=(kernel - 1) * dilation // 2, dilation=dilation)
        self.diffusion_projection = nn.Linear(STEP_CHANNELS, channels)
        self.conditioner_projection = nn.Conv1d(score_features, 2 * channels, 1)
        self.output_projection = nn.Conv1d(channels, 2 * channels, 1)

    def forward(self, x: Tensor, step: Tensor, condition: Tensor, perceptual: Optional[Tensor]) -> tuple[Tensor, Tensor]:
        y = x + self.diffusion_projection(step).unsqueeze(-1)
        if perceptual is not None:
            scale, shift = self.film_projection(perceptual.transpose(1, 2)).chunk(2, dim=1)
            y = y * (1 + scale) + shift
        gate, value = (self.dilated_conv(y) + self.conditioner_projection(condition)).chunk(2, dim=1)
        residual, skip = self.output_projection(torch.sigmoid(gate) * torch.tanh(value)).chunk(2, dim=1)
        return (x + residual) / math.sqrt(2.0), skip


class DiffWave(nn.Module):
    """Predict from noisy standardized parameters [B, N, P], steps [B], raw score features [B, N, S] and
    perceptual features [B, N, C]; `dropped` [B] is 1 for segments without condition."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        channels = int(config["residualChannels"])
        score, notes = int(config["scoreFeatures"]), int(config["segmentNotes"])
        film = int(config["perceptualFeatures"]) if config["film"] else None
        self.config = config
        self.input_projection = nn.Conv1d(int(config["parameters"]), channels, 1)
        self.diffusion_embedding = StepEmbedding(int(config["diffusionSteps"]))
        if config["condition"] == "trainable_score":
            self.trainable_parameters = nn.Parameter(torch.full((score, notes), -1.0))
        self.residual_layers = nn.ModuleList(
            ResidualLayer(channels, score, int(config["kernelSize"]), int(config["dilationBase"]) ** (i % int(config["dilationBound"])), film)
            for i in range(int(config["residualLayers"]))
        )
        self.skip_projection = nn.Conv1d(channels, channels, 1)
        self.output_projection = nn.Conv1d(channels, int(config["parameters"]), 1)

    def forward(self, noisy: Tensor, step: Tensor, score: Tensor, perceptual: Optional[Tensor], dropped: Tensor) -> Tensor:
        condition = min_max(score, **self.config["normalization"]).transpose(1, 2)
        null = self.trainable_parameters if self.config["condition"] == "trainable_score" else torch.full_like(condition, -1.0)
        condition = torch.where(dropped.bool().reshape(-1, 1, 1), null, condition)
        if not self.config["film"]:
            perceptual = None
        elif perceptual is None:
            perceptual = score.new_zeros(*score.shape[:2], int(self.config["perceptualFeatures"]))
        else:
            perceptual = perceptual * (1 - dropped.to(perceptual.dtype)).reshape(-1, 1, 1)
        x = F.relu(self.input_projection(noisy.transpose(1, 2)))
        embedded = self.diffusion_embedding(step.float())
        skips: Tensor | float = 0.0
        for layer in self.residual_layers:
            x, skip = layer(x, embedded, condition, perceptual)
            skips = skips + skip
        x = F.relu(self.skip_projection(skips / math.sqrt(len(self.residual_layers))))
        return self.output_projection(x).transpose(1, 2)
