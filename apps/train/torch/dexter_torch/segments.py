"""Segments of equal length from sets that `dexter-train prepare` wrote, read one at a time.

The layout of a set is described in packages/alignment-datasets/src/set/format.ts.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import h5py
import numpy as np
import torch
from torch import Tensor

FORMAT = "dexter-set"
FEATURES = ("onset_div", "duration_div", "pitch", "voice")
"""The classic features are columns of the stored notes: any feature set will do."""
PERCEPTUAL = ("melodiousness", "perceivedArticulation", "rhythmicComplexity", "rhythmicStability", "dissonance", "tonalStability", "minorness")
"""The perceptual features among a set's controls, in the order of the original's c_codec."""
PITCH, BEAT_PERIOD, VELOCITY, TIMING = 2, 0, 1, 2


@dataclass(frozen=True)
class Segment:
    """A passage as somebody played it."""

    parameters: Tensor
    """In their own units, 0 where the mask is 0, [N, P]."""
    score: Tensor
    """Raw score features; padding repeats the last note, [N, S]."""
    mask: Tensor
    """1 for played notes, [N]."""
    perceptual: Optional[Tensor] = None
    """The seven perceptual features, standardized over the training performances, where the set has them: [N, 7]."""


@dataclass(frozen=True)
class _Score:
    file: h5py.File
    place: str
    notes: int
    performances: int
    first: int
    mixes: frozenset[int]
    """Performances that are mixes: of no passage but their own."""
    perceptual: Optional[_Perceptual]


@dataclass(frozen=True)
class _Perceptual:
    """Which columns of a set's controls are the perceptual features, and their scale."""

    columns: tuple[int, ...]
    mean: np.ndarray
    sd: np.ndarray


class SegmentSet:
    """Every segment of one split, by number: all performances of a passage, then the next passage."""

    def __init__(self, paths: Sequence[Path], split: str, notes: int) -> None:
        self.notes = notes
        self._scores: list[_Score] = []
        self._pairs: list[tuple[h5py.Dataset, dict[int, _Score]]] = []
        self.length = 0
        for path in paths:
            file = h5py.File(path, "r")
            if _text(file.attrs.get("format")) != FORMAT:
                raise ValueError(f'{path}: expected a set written by "dexter-train prepare".')
            perceptual = _perceptual_of(file)
            numbered: dict[int, _Score] = {}
            for name, group in file["scores"].items():
                if _text(group.attrs["split"]) != split or "performances" not in group:
                    continue
                performances, count = group["performances/parameters"].shape[:2]
                if performances > 0:
                    numbered[int(name)] = score = _Score(file, f"scores/{name}", count, performances, self.length, _mixes_of(group["performances"]), perceptual)
                    self._scores.append(score)
                    self.length += performances * -(-count // notes)
            if len(stored := file.get(f"pairs/{split}/paired", ())):
                self._pairs.append((stored, numbered))
        self._firsts = [score.first for score in self._scores]
        self.pairs = sum(len(stored) for stored, _ in self._pairs)
        """Stored pairs of the split."""

    def passage(self, index: int) -> Sequence[int]:
        """All performances of a segment's passage, itself included; a mix is alone."""
        score, start, performance = self._find(index)
        if performance in score.mixes:
            return [index]
        first = score.first + start // self.notes * score.performances
        return [first + k for k in range(score.performances) if k not in score.mixes]

    def partners(self, wanted: int) -> tuple[int, list[int]]:
        """The first segment from this one on whose passage others played, too, and theirs."""
        for index in range(wanted, wanted + self.length):
            others = [i for i in self.passage(index % self.length) if i != index % self.length]
            if others:
                return index % self.length, others
        raise ValueError("no passage has two performances, which transfer needs.")

    def pair(self, index: int) -> tuple[Segment, Segment]:
        """A stored pair: what is learned, and another performance of the passage."""
        for stored, numbered in self._pairs:
            if index < len(stored):
                row = [int(value) for value in stored[index]]
                source, target = (self._read(numbered[score], start, performance) for score, start, performance in (row[:3], row[3:]))
                return target, source
            index -= len(stored)
        raise IndexError("a pair that is not there")

    def read(self, index: int) -> Segment:
        return self._read(*self._find(index))

    def _read(self, score: _Score, start: int, performance: int) -> Segment:
        group = score.file[score.place]
        end = min(score.notes, start + self.notes)
        padding = self.notes - (end - start)
        parameters = group["performances/parameters"][performance, start:end]
        mask = group["performances/mask"][performance, start:end]
        features = np.stack([group[name][start:end] for name in FEATURES], axis=1).astype(np.float32)
        return Segment(
            parameters=torch.from_numpy(np.pad(np.where(mask[:, None], parameters, 0), ((0, padding), (0, 0)))).float(),
            score=torch.from_numpy(np.pad(features, ((0, padding), (0, 0)), mode="edge")).float(),
            mask=torch.from_numpy(np.pad(mask, (0, padding))).float(),
            perceptual=self._perceptual(score, performance, start, end, padding),
        )

    @staticmethod
    def _perceptual(score: _Score, performance: int, start: int, end: int, padding: int) -> Optional[Tensor]:
        if score.perceptual is None:
            return None
        columns, mean, sd = list(score.perceptual.columns), score.perceptual.mean, score.perceptual.sd
        rows = score.file[score.place]["performances/controls"][performance, start:end][:, columns].astype(np.float64)
        # 0 is the average: it stands for what is not known and for padding.
        standardized = np.nan_to_num((rows - mean) / sd, nan=0.0)
        return torch.from_numpy(np.pad(standardized, ((0, padding), (0, 0)))).float()

    def _find(self, index: int) -> tuple[_Score, int, int]:
        score = self._scores[bisect.bisect_right(self._firsts, index) - 1]
        passage, performance = divmod(index - score.first, score.performances)
        return score, passage * self.notes, performance


class SegmentOrder:
    """Every segment once an epoch, in an order that seed and epoch alone decide."""

    def __init__(self, length: int, seed: int) -> None:
        self.length, self.seed = length, seed
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.long)

    def at(self, place: int, count: int) -> list[int]:
        chosen = []
        for i in range(place, place + count):
            epoch = i // self.length
            if epoch != self._epoch:
                self._epoch = epoch
                self._order = torch.randperm(self.length, generator=torch.Generator().manual_seed(self.seed * 1_000_003 + epoch))
            chosen.append(int(self._order[i % self.length]))
        return chosen


def vary(segment: Segment, options: Mapping[str, Any], stream: torch.Generator) -> Segment:
    """Transpose, play faster or slower, with other dynamics."""

    def even(width: float) -> float:
        return float(torch.rand((), generator=stream) * 2 - 1) * width

    reach = int(options["transpose"])
    semitones = int(torch.randint(-reach, reach + 1, (), generator=stream))
    slower, wider, louder = 2 ** even(options["tempoScale"]), 2 ** even(options["dynamicsScale"]), even(options["loudnessShift"]) / 127
    score, parameters = segment.score.clone(), segment.parameters.clone()
    if semitones:
        score[:, PITCH] = (score[:, PITCH] + semitones).clamp(0, 127)
    parameters[:, BEAT_PERIOD] *= slower
    parameters[:, TIMING] *= slower
    if options["dynamicsScale"] or options["loudnessShift"]:
        velocity = parameters[:, VELOCITY]
        mean = (velocity * segment.mask).sum() / segment.mask.sum().clamp(min=1)
        parameters[:, VELOCITY] = (mean + (velocity - mean) * wider + louder).clamp(0, 1) * segment.mask
    return Segment(parameters, score, segment.mask, segment.perceptual)


def mix(source: SegmentSet, index: int, options: Mapping[str, Any], stream: torch.Generator) -> Segment:
    """A segment, or, as often as `mixup` says, an interpolation of performances of its passage (Zhang et al., 2018)."""
    segment = source.read(index)
    others = [i for i in source.passage(index) if i != index]
    if not others or float(torch.rand((), generator=stream)) >= options["mixup"]:
        return segment
    order = torch.randperm(len(others), generator=stream)[: int(options["mixupPerformances"]) - 1]
    parts = [segment, *(source.read(others[int(i)]) for i in order)]
    alpha = 1.0 if options["mixupWeights"] == "uniform" else float(options["mixupWeights"])
    # Dirichlet from gamma variates; numpy's generator takes the stream's next number as its seed.
    numbers = np.random.default_rng(int(torch.randint(2**62, (), generator=stream)))
    weights = torch.from_numpy(numbers.dirichlet([alpha] * len(parts))).float()
    mask = torch.stack([part.mask for part in parts]).amin(0)
    parameters = torch.stack([w * part.parameters for w, part in zip(weights, parts)]).sum(0)
    perceptual = None
    if all(part.perceptual is not None for part in parts):
        perceptual = torch.stack([w * part.perceptual for w, part in zip(weights, parts)]).sum(0)
    return Segment(parameters * mask.unsqueeze(1), segment.score, mask, perceptual)


def _mixes_of(performances: h5py.Group) -> frozenset[int]:
    if "mix" not in performances:
        return frozenset()
    return frozenset(k for k, mix in enumerate(performances["mix"][:]) if _text(mix))


def _perceptual_of(file: h5py.File) -> Optional[_Perceptual]:
    names = [_text(name) for name in file["control_names"][:]] if "control_names" in file else []
    if any(name not in names for name in PERCEPTUAL):
        return None
    columns = tuple(names.index(name) for name in PERCEPTUAL)
    mean, sd = file["statistics/controls"][:][:, list(columns)]
    # A deviation below this counts as none, as in the TypeScript loader.
    return _Perceptual(columns, mean, np.where(sd > 1e-6, sd, 1.0))


def _text(value: Any) -> Optional[str]:
    return value.decode() if isinstance(value, bytes) else value
