"""What is minimized. Every mean is over the whole batch: each process divides its own
sum by the mass of all processes, so that their sums add to the loss of the joint batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Mapping, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from .parallel import total

MIN_MASS = 8.0
"""A channel with less weight than this in a batch is told by too few notes to be averaged."""
RECONSTRUCTED = ("tempo", "velocity", "timing", "duration", "pedal")


@dataclass(frozen=True)
class Loss:
    """This process' part of a loss; the parts add to the whole."""

    value: Tensor
    terms: dict[str, Tensor]


@dataclass(frozen=True)
class LinearTerms:
    """Targets told of several rows together: term j asks a channel of the prediction, averaged over some rows."""

    channel: Tensor
    """[J]"""
    term: Tensor
    """Which term each entry belongs to, [I]."""
    row: Tensor
    """Row of the prediction, [I]."""
    share: Tensor
    """Its share, [I]; the shares of a term add to 1."""
    target: Tensor
    """[J]"""
    weight: Tensor
    """[J]"""

    def answers(self, prediction: Tensor) -> Tensor:
        """What a prediction [R, 6] says to each term, [J]."""
        entries = self.share * prediction[self.row, self.channel[self.term]]
        return torch.zeros_like(self.target).index_add(0, self.term, entries)

    def to(self, device: torch.device) -> LinearTerms:
        return LinearTerms(**{name: tensor.to(device) for name, tensor in vars(self).items()})


MOST_OCTAVES = 3.0
"""Tempi count as no further than this from the mean."""


@dataclass(frozen=True)
class TempoScale:
    """z = (log2 of the relative beat period - mean) / sd of the first channel, whose error is one of tempi."""

    mean: float
    sd: float

    def linear(self, z: Tensor) -> Tensor:
        """A tempo on the scale of the errors, slope 1 at the mean tempo."""
        return -torch.exp2(-(z * self.sd + self.mean).clamp(-MOST_OCTAVES, MOST_OCTAVES)) / (math.log(2) * self.sd)

    def errors(self, prediction: Tensor, target: Tensor) -> Tensor:
        """prediction - target of [..., 6], the first channel as tempi."""
        tempo = self.linear(prediction[..., :1]) - self.linear(target[..., :1])
        return torch.cat([tempo, prediction[..., 1:] - target[..., 1:]], -1)


def weighted_squared_error(
    prediction: Tensor, target: Tensor, weights: Tensor, channel_weights: Tensor, terms: Optional[LinearTerms] = None, tempo: Optional[TempoScale] = None
) -> Loss:
    """Mean squared error per channel of [B, T, 6], weighted per value, then summed over channels."""
    axes = tuple(range(prediction.dim() - 1))
    mass = weights.double().sum(axes)
    deviation = prediction - target if tempo is None else tempo.errors(prediction, target)
    errors = (weights * deviation.square()).sum(axes)
    if terms is not None:
        mass = mass.index_add(0, terms.channel, terms.weight.double())
        answers = terms.answers(prediction.reshape(-1, prediction.shape[-1]))
        errors = errors.index_add(0, terms.channel, terms.weight * (answers - terms.target).square())
    channels = errors / total(mass).clamp(min=MIN_MASS).to(errors.dtype)
    return Loss((channel_weights * channels).sum(), {str(c): error for c, error in enumerate(channels.detach())})


def distance(kind: str, deviation: Tensor) -> Tensor:
    if kind == "l1":
        return deviation.abs()
    if kind == "l2":
        return deviation.square()
    return F.huber_loss(deviation, torch.zeros_like(deviation), reduction="none", delta=1.0)


def target_of(prediction: str, clean: Tensor, noise: Tensor, signal: Tensor, sigma: Tensor) -> Tensor:
    """What the denoiser is asked for."""
    if prediction == "noise":
        return noise
    if prediction == "x0":
        return clean
    if prediction == "v":
        return signal * noise - sigma * clean
    return clean - noise


def clean_of(prediction: str, answer: Tensor, noisy: Tensor, signal: Tensor, sigma: Tensor) -> Tensor:
    """The clean data that an answer implies."""
    if prediction == "noise":
        return (noisy - sigma * answer) / signal
    if prediction == "x0":
        return answer
    square = signal * signal + sigma * sigma
    if prediction == "v":
        return (signal * noisy - sigma * answer) / square
    return (noisy + sigma * answer) / (signal + sigma)


def classic_loss(
    answer: Tensor, clean: Tensor, noise: Tensor, noisy: Tensor, signal: Tensor, sigma: Tensor, mask: Tensor,
    objective: str, options: Mapping[str, Any],
) -> Loss:
    """The diffusion loss and the mean square errors of the five reconstructed parameters, [B, N, P].

    `signal` and `sigma` [B] are the factors of data and noise, `mask` [B, N] is 1 for notes that count. `bound`
    `"snr"` weights the error of reconstructed data by min(1, signal / sigma) (Hang et al., 2023); a clamp cuts
    them off, and with them their gradient. `compat: "original"` reconstructs as the first DExter did.
    """
    prediction = "noise" if objective == "x0-from-noise" else objective
    signal, sigma = signal.reshape(-1, 1, 1), sigma.reshape(-1, 1, 1)
    bound = options["bound"]
    if options.get("compat") == "original" and prediction == "noise":
        error = (noisy / signal - answer / sigma).clamp(-1, 1) - clean
    else:
        rebuilt = clean_of(prediction, answer, noisy, signal, sigma)
        if isinstance(bound, Mapping):
            rebuilt = rebuilt.clamp(-bound["clamp"], bound["clamp"])
        error = rebuilt - clean
        if bound == "snr" and prediction == "noise":
            error = error * torch.clamp(signal / sigma, max=1.0)
    counts = mask.to(answer.dtype).unsqueeze(-1)
    counted = total(counts.double().sum()).clamp(min=1).to(answer.dtype)
    deviation = error if objective == "x0-from-noise" else answer - target_of(prediction, clean, noise, signal, sigma)
    terms = {"diffusion": (counts * distance(options["kind"], deviation)).sum() / (counted * answer.shape[-1])}
    weights = options["weights"]
    for p, name in enumerate(RECONSTRUCTED):
        factor = weights[p] / sum(weights) * options["reconstructionWeight"]
        terms[name] = factor * (counts[..., 0] * error[..., p].square()).sum() / counted
    value = torch.stack([terms[name] for name in options["terms"]]).sum()
    return Loss(value, {name: term.detach() for name, term in terms.items()})
