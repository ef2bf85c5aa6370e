"""Agreement with pianists as a loss: 1 - r, as renderings are compared with performances.

The same computation as packages/diffusion/src/training/agreement-loss.ts, which says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Mapping, Optional

import torch
from torch import Tensor

from .losses import MOST_OCTAVES, LinearTerms
from .networks.base import TARGETS, onset_mean
from .parallel import total

MEASURES = 5
"""Tempo, velocity per onset and per note, articulation, timing."""
LEAST_TOLD = 16
"""A curve that is told at fewer places than this in a crop is not compared."""
VARIANCE_FLOOR = 0.02
"""Added to the prediction's variance, in standardized units, so that a flat prediction has a gradient."""
LEAST_VARIANCE = 1e-6
"""Pianists vary more than this, or there is nothing to agree with."""
BEAT_PERFORMANCES = 1
"""A piece known by its beats counts as one of this many performances."""
TEMPO, SLOW_TEMPO, VELOCITY, TIMING, ARTICULATION = range(5)


@dataclass(frozen=True)
class AgreementScale:
    """Scales of the tempo and of its slow part, and the factor that the slow part of a prediction is rendered with."""

    tempo: Mapping[str, float]
    slow: Mapping[str, float]
    slowFactor: float  # noqa: N815 - as the job names it

    def linear_tempo(self, rows: Tensor, slow_factor: float) -> Tensor:
        """Tempi of [..., 6], slope 1 by the standardized log2 beat period at the mean tempo."""
        local = rows[..., TEMPO] * self.tempo["sd"] + self.tempo["mean"]
        slow = rows[..., SLOW_TEMPO] * self.slow["sd"] + self.slow["mean"]
        return -torch.exp2(-(local + slow_factor * slow).clamp(-MOST_OCTAVES, MOST_OCTAVES)) / (math.log(2) * self.tempo["sd"])


def curves(rows: Tensor, weights: Tensor, onset: Tensor, scale: AgreementScale, slow_factor: float) -> tuple[Tensor, Tensor]:
    """The five curves of [R, T, 6] and what is told of them, [R, T, 5] each; those per onset are told at its first note."""
    known = (onset >= 0).to(rows.dtype)
    played = weights[..., VELOCITY] * known
    sums = onset_mean(torch.stack([played * rows[..., VELOCITY], played], -1), onset)
    first, last = torch.ones_like(known), torch.ones_like(known)
    first[:, 1:] = (onset[:, 1:] != onset[:, :-1]).to(rows.dtype)
    last[:, :-1] = first[:, 1:]
    first, chord = first * known, known * (1 - first * last)
    values = torch.stack(
        [scale.linear_tempo(rows, slow_factor), sums[..., 0] / sums[..., 1].clamp(min=1e-9), rows[..., VELOCITY], rows[..., ARTICULATION], rows[..., TIMING]], -1,
    )
    told = torch.stack(
        [(weights[..., SLOW_TEMPO] > 0) * first, (sums[..., 1] > 0) * first, played, weights[..., ARTICULATION] * known, weights[..., TIMING] * chord], -1,
    )
    return values, told


def correlation(x: Tensor, y: Tensor, w: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Weighted r along an axis, and 1 where enough is told for it."""
    told = w.sum(axis)
    mass = told.clamp(min=1).unsqueeze(axis)
    x = x - (w * x).sum(axis, keepdim=True) / mass
    y = y - (w * y).sum(axis, keepdim=True) / mass
    mass = mass.squeeze(axis)
    varied = (w * y * y).sum(axis) / mass
    known = (told >= LEAST_TOLD) & (varied >= LEAST_VARIANCE)
    r = (w * x * y).sum(axis) / mass / (((w * x * x).sum(axis) / mass + VARIANCE_FLOOR) * varied.clamp(min=LEAST_VARIANCE)).sqrt()
    return torch.where(known, r, 0), known.to(x.dtype)


def agreement_loss(
    prediction: Tensor, onset: Tensor, performances: Tensor, told: Tensor, terms: Optional[LinearTerms], weights: Tensor, scale: AgreementScale,
) -> Tensor:
    """This process' part of the sum over measures of weight x (1 - r), a mean over all crops of all processes.

    `prediction` [B, T, 6], `onset` [B, T], `performances` and `told` [B, K, T, 6]: crops of fewer performances are filled
    with ones that tell nothing. A crop of n notes and K performances weighs n sqrt(K).
    """
    batch, count, notes, _ = performances.shape
    lengths = (onset >= 0).sum(1).to(prediction.dtype)
    mine, _ = curves(prediction, torch.ones_like(prediction), onset, scale, scale.slowFactor)
    sums = prediction.new_zeros(2, MEASURES)
    if count > 0:
        repeated = onset.repeat_interleave(count, 0)
        values, known = (part.reshape(batch, count, notes, MEASURES) for part in curves(performances.reshape(-1, notes, TARGETS), told.reshape(-1, notes, TARGETS), repeated, scale, 1))
        r, heard = correlation(mine.unsqueeze(1), values, known, axis=2)
        of = heard.sum(1)
        share = lengths.unsqueeze(1) * of.sqrt()
        sums = sums + torch.stack([(share * (1 - (r * heard).sum(1) / of.clamp(min=1))).sum(0), share.sum(0)])
    if terms is not None:
        sums = sums + term_sums(terms, prediction, lengths)
    return (weights * sums[0] / total(sums[1]).clamp(min=1e-9)).sum()


def term_sums(terms: LinearTerms, prediction: Tensor, lengths: Tensor) -> Tensor:
    """Weighted 1 - r, and weights, of what recordings known by their beats tell of each crop: [2, 5]."""
    notes = prediction.shape[1]
    answers = terms.answers(prediction.reshape(-1, TARGETS))
    crop = terms.term.new_zeros(len(terms.target)).index_copy(0, terms.term, terms.row // notes)
    sums = prediction.new_zeros(2, MEASURES)
    for channel, measure in ((TEMPO, 0), (VELOCITY, 1)):
        for b in crop.unique().tolist():
            of = (terms.channel == channel) & (crop == b)
            if int(of.sum()) < LEAST_TOLD:
                continue
            w = terms.weight[of]
            r, known = correlation(answers[of], terms.target[of], w * (len(w) / w.sum()), axis=0)
            share = lengths[b] * math.sqrt(BEAT_PERFORMANCES) * known
            at = torch.nn.functional.one_hot(torch.tensor(measure, device=sums.device), MEASURES).to(sums.dtype)
            sums = sums + torch.stack([share * (1 - r) * at, share * at])
    return sums
