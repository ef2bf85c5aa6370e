"""The U-Net of ConvNeXt blocks (Liu et al., 2022) over the "image" of notes and
parameters; the condition runs through layers of its own beside it.
"""

from __future__ import annotations

import math
from typing import Any, Mapping, Optional

import torch
from torch import Tensor, nn

from .normalization import min_max

HEADS = 4
HEAD_WIDTH = 32


class StepAngles(nn.Module):
    """sin and cos of step / 10000^(k / (dim/2 - 1)): [B] to [B, dim]."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.half = dim // 2

    def forward(self, step: Tensor) -> Tensor:
        rate = torch.exp(torch.arange(self.half, device=step.device) * -(math.log(10000) / (self.half - 1)))
        angle = step.unsqueeze(1) * rate
        return torch.cat([angle.sin(), angle.cos()], dim=1)


def convolutions(inputs: int, outputs: int, widening: int) -> nn.Sequential:
    return nn.Sequential(
        nn.GroupNorm(1, inputs),
        nn.Conv2d(inputs, outputs * widening, 3, padding=1),
        nn.GELU(),
        nn.GroupNorm(1, outputs * widening),
        nn.Conv2d(outputs * widening, outputs, 3, padding=1),
    )


class ConvNextPair(nn.Module):
    """One block for the noisy image and one for its condition, which also enters the first. Upwards the
    image comes with what was kept on the way down, so the condition has a third of its channels."""

    def __init__(self, inputs: int, outputs: int, widening: int, step_channels: Optional[int], condition_inputs: Optional[int] = None) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.GELU(), nn.Linear(step_channels, inputs)) if step_channels else None
        self.ds_conv = nn.Conv2d(inputs, inputs, 7, padding=3, groups=inputs)
        groups = inputs if condition_inputs is None else 1
        self.cond_ds_conv = nn.Conv2d(condition_inputs or inputs, inputs, 7, padding=3, groups=groups)
        self.net = convolutions(inputs, outputs, widening)
        self.cond_net = convolutions(inputs, outputs, widening)
        self.res_conv = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor, step: Optional[Tensor]) -> tuple[Tensor, Tensor]:
        h = self.ds_conv(x)
        condition = self.cond_ds_conv(condition)
        if self.mlp is not None and step is not None:
            h = h + condition + self.mlp(step)[:, :, None, None]
        return self.net(h) + self.res_conv(x), self.cond_net(condition)


class Attention(nn.Module):
    """Attention over all places (Vaswani et al., 2017)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.to_qkv = nn.Conv2d(dim, 3 * HEADS * HEAD_WIDTH, 1, bias=False)
        self.to_out: nn.Module = nn.Conv2d(HEADS * HEAD_WIDTH, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        q, k, v = (part.reshape(batch, HEADS, HEAD_WIDTH, -1) for part in self.to_qkv(x).chunk(3, dim=1))
        return self.to_out(self.mix(q, k, v).reshape(batch, -1, height, width))

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        weights = torch.softmax((q * HEAD_WIDTH**-0.5).transpose(2, 3) @ k, dim=-1)
        return v @ weights.transpose(2, 3)


class LinearAttention(Attention):
    """Attention whose cost grows with the number of places, not its square (Shen et al., 2021)."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.to_out = nn.Sequential(nn.Conv2d(HEADS * HEAD_WIDTH, dim, 1), nn.GroupNorm(1, dim))

    def mix(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        context = v @ k.softmax(dim=-1).transpose(2, 3)
        return context @ (q.softmax(dim=-2) * HEAD_WIDTH**-0.5)


class Normalized(nn.Module):
    """A layer behind a group norm."""

    def __init__(self, dim: int, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn
        self.norm = nn.GroupNorm(1, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fn(self.norm(x))


class Residual(nn.Module):
    """A layer and its input."""

    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x: Tensor) -> Tensor:
        return self.fn(x) + x


def attention(dim: int, kind: type[Attention]) -> Residual:
    return Residual(Normalized(dim, kind(dim)))


class Unet(nn.Module):
    """Predict from noisy standardized parameters [B, N, P]; arguments as of DiffWave. N and P's image width must
    be divisible by 2^(levels - 1)."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        dim, channels, widening = int(config["dim"]), int(config["channels"]), int(config["convnextMult"])
        init = int(config["initDim"] or dim)
        conditions = int(config["scoreFeatures"]) + int(config["perceptualFeatures"])
        time = 4 * dim if config["withTimeEmbedding"] else None
        widths = [init, *(dim * int(mult) for mult in config["dimMults"])]
        levels = list(zip(widths[:-1], widths[1:]))
        self.perceptual_features = int(config["perceptualFeatures"])
        self.normalization = config.get("scoreNormalization")
        self.init_conv = nn.Conv2d(channels, init, 7, padding=3)
        self.init_fc = nn.Linear(int(config["parameters"]), init)
        self.condition_init_conv = nn.Conv2d(channels, init, 7, padding=3)
        self.condition_init_fc = nn.Linear(conditions, init)
        if config["condition"] == "trainable_score":
            self.trainable_parameters = nn.Parameter(torch.full((conditions, int(config["segmentNotes"])), -1.0))
        self.time_mlp = nn.Sequential(StepAngles(dim), nn.Linear(dim, time), nn.GELU(), nn.Linear(time, time)) if time else None
        self.downs = nn.ModuleList()
        for level, (inputs, outputs) in enumerate(levels):
            last = level == len(levels) - 1
            self.downs.append(nn.ModuleList([
                ConvNextPair(inputs, outputs, widening, time),
                ConvNextPair(outputs, outputs, widening, time),
                attention(outputs, LinearAttention),
                *(nn.Identity() if last else nn.Conv2d(outputs, outputs, 4, 2, 1) for _ in range(2)),
            ]))
        middle = widths[-1]
        self.mid_block1 = ConvNextPair(middle, middle, widening, time)
        self.mid_attn = attention(middle, Attention)
        self.mid_block2 = ConvNextPair(middle, middle, widening, time)
        self.ups = nn.ModuleList()
        for inputs, outputs in reversed(levels[1:]):
            self.ups.append(nn.ModuleList([
                ConvNextPair(3 * outputs, inputs, widening, time, condition_inputs=outputs),
                ConvNextPair(inputs, inputs, widening, time),
                attention(inputs, LinearAttention),
                *(nn.ConvTranspose2d(inputs, inputs, 4, 2, 1) for _ in range(2)),
            ]))
        self.final_block = ConvNextPair(dim, dim, widening, None)
        self.final_conv = nn.Conv2d(dim, int(config["outDim"] or channels), 1)
        self.final_fc = nn.Linear(dim, int(config["parameters"]))

    def forward(self, noisy: Tensor, step: Tensor, score: Tensor, perceptual: Optional[Tensor], dropped: Tensor) -> Tensor:
        if perceptual is None:
            perceptual = score.new_zeros(*score.shape[:2], self.perceptual_features)
        if self.normalization:
            score = min_max(score, **self.normalization)
        condition = torch.cat([score, perceptual], dim=2)
        null = self.trainable_parameters.T if hasattr(self, "trainable_parameters") else torch.full_like(condition, -1.0)
        condition = torch.where(dropped.bool().reshape(-1, 1, 1), null, condition).unsqueeze(1)
        condition = self.condition_init_fc(self.condition_init_conv(condition))
        x = self.init_fc(self.init_conv(noisy.unsqueeze(1)))
        embedded = self.time_mlp(step.float()) if self.time_mlp is not None else None
        kept: list[tuple[Tensor, Tensor]] = []
        for block1, block2, attend, halve, halve_condition in self.downs:
            x, condition = block1(x, condition, embedded)
            x, condition = block2(x, condition, embedded)
            x = attend(x)
            kept.append((x, condition))
            x, condition = halve(x), halve_condition(condition)
        x, condition = self.mid_block1(x, condition, embedded)
        x, condition = self.mid_block2(self.mid_attn(x), condition, embedded)
        for block1, block2, attend, double, double_condition in self.ups:
            x, condition = block1(torch.cat([x, *kept.pop()], dim=1), condition, embedded)
            x, condition = block2(x, condition, embedded)
            x, condition = double(attend(x)), double_condition(condition)
        x, _ = self.final_block(x, condition, None)
        return self.final_fc(self.final_conv(x)).squeeze(1)
