"""Prepared pieces and the crops of them that the `base` model is trained on.

Whoever starts the trainer has standardized features and targets and written each piece
to a file of its own: features [N, C], onset [N], mean and meanWeights [N, 6], values
and weights [K, N, 6] of K performances, and perhaps terms told of several notes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import torch
from torch import Tensor

from .losses import LinearTerms
from .networks.base import TARGETS
from .parallel import random_stream
from .tensor_files import holds, read_one, read_row


@dataclass(frozen=True, eq=False)
class Piece:
    """One piece, read when it is asked for. Another run's piece under the same path is another one."""

    path: Path
    notes: int
    weight: float
    performances: int

    @lru_cache(maxsize=None)
    def tensor(self, name: str) -> Tensor:
        return read_one(self.path, name)

    @lru_cache(maxsize=None)
    def terms(self) -> Optional[LinearTerms]:
        """What recordings known by their beats tell, if there are any; rows are notes."""
        if not holds(self.path, "terms.target"):
            return None
        begin = self.tensor("terms.begin").long()
        return LinearTerms(
            channel=self.tensor("terms.channel").long(), term=torch.repeat_interleave(torch.arange(len(begin) - 1), begin.diff()),
            row=self.tensor("terms.row").long(), share=self.tensor("terms.share"), target=self.tensor("terms.target"), weight=self.tensor("terms.weight"),
        )

    def performance(self, index: int) -> tuple[Tensor, Tensor]:
        """Values and weights of one performance, [N, 6] each."""
        return read_row(self.path, "values", index), read_row(self.path, "weights", index)

    def controls(self, index: int) -> tuple[Tensor, Tensor]:
        """Standardized controls of one performance and 1 where they were measured, [N, K] each."""
        return read_row(self.path, "controls", index), read_row(self.path, "controlMask", index)


def pieces(folder: Path, listed: Sequence[Mapping[str, Any]]) -> list[Piece]:
    return [Piece(folder / p["file"], int(p["notes"]), float(p["weight"]), int(p["performances"])) for p in listed]


@dataclass(frozen=True)
class Crop:
    """A stretch of a piece."""

    piece: int
    begin: int
    length: int


class CropOrder:
    """Crops of every step: each note about equally often, in an order that seed and step alone decide."""

    def __init__(self, sizes: Sequence[int], weights: Sequence[float], notes: int, seed: int) -> None:
        self.sizes, self.notes, self.seed = sizes, notes, seed
        self.shares = torch.tensor([math.ceil(size / notes) * weight for size, weight in zip(sizes, weights)], dtype=torch.float64)
        self.per_round = max(1, math.ceil(float(self.shares.sum())))
        self._rounds: dict[int, list[Crop]] = {}

    def at(self, place: int, count: int) -> list[Crop]:
        return [self._round((place + i) // self.per_round)[(place + i) % self.per_round] for i in range(count)]

    def _round(self, number: int) -> list[Crop]:
        if number not in self._rounds:
            stream = random_stream(torch.device("cpu"), self.seed, 0xC209, number)
            # Systematic sampling: a piece gets its share, rounded up or down by chance.
            places = (torch.arange(self.per_round) + torch.rand((), generator=stream, dtype=torch.float64)) / self.per_round
            reached = self.shares.cumsum(0) / self.shares.sum()
            chosen = torch.searchsorted(reached, places).clamp(max=len(self.sizes) - 1)
            offsets = torch.rand(self.per_round, generator=stream, dtype=torch.float64)
            crops = [self._crop(int(p), float(u)) for p, u in zip(chosen, offsets)]
            order = torch.randperm(self.per_round, generator=stream)
            self._rounds = {key: crops for key, crops in self._rounds.items() if key >= number - 1}
            self._rounds[number] = [crops[int(i)] for i in order]
        return self._rounds[number]

    def _crop(self, piece: int, offset: float) -> Crop:
        size = self.sizes[piece]
        # Crops that would hang over an end are pulled back, so that ends are seen as often as the middle.
        begin = min(max(0, size - self.notes), max(0, math.floor(offset * size - self.notes / 2)))
        return Crop(piece, begin, min(self.notes, size))


class CropBatch:
    """Crops side by side, padded to the longest, each with its place in the batch of all processes."""

    def __init__(self, mine: Sequence[tuple[int, Crop]], sources: Sequence[Piece], device: torch.device) -> None:
        self.places = [place for place, _ in mine]
        self.crops = [crop for _, crop in mine]
        self.sources = [sources[crop.piece] for crop in self.crops]
        self.notes = max(crop.length for crop in self.crops)
        self.device = device
        self.onset = self.gather([source.tensor("onset") for source in self.sources], fill=-1).long()

    def gather(self, rows: Sequence[Tensor], fill: float = 0) -> Tensor:
        """Rows of the crops from rows of their pieces: [B, T, ...]."""
        batch = rows[0].new_full((len(self.crops), self.notes, *rows[0].shape[1:]), fill)
        for b, (crop, source) in enumerate(zip(self.crops, rows)):
            batch[b, : crop.length] = source[crop.begin : crop.begin + crop.length]
        return batch.to(self.device)

    def performances(self) -> dict[str, Tensor]:
        """Every performance of the crops and what it tells, [B, K, T, 6] each; where there are fewer than K, nothing is told."""
        most = max(source.performances for source in self.sources)
        whole = {"performances": "values", "told": "weights"}
        batch = {name: torch.zeros(len(self.crops), most, self.notes, TARGETS) for name in whole}
        for b, (crop, source) in enumerate(zip(self.crops, self.sources)):
            for name, stored in whole.items():
                if source.performances > 0:
                    batch[name][b, : source.performances, : crop.length] = source.tensor(stored)[:, crop.begin : crop.begin + crop.length]
        return {name: tensor.to(self.device) for name, tensor in batch.items()}

    def dropout(self, rate: float, blocks: int, hidden: int, streams: Sequence[torch.Generator]) -> Optional[list[Tensor]]:
        """Scaled masks, one a block, [B, T, H]."""
        if rate <= 0:
            return None
        kept = torch.zeros(len(self.crops), blocks, self.notes, hidden, device=self.device)
        for b, (crop, stream) in enumerate(zip(self.crops, streams)):
            draws = torch.rand(blocks, crop.length, hidden, generator=stream, device=self.device)
            kept[b, :, : crop.length] = (draws >= rate).float() / (1 - rate)
        return list(kept.unbind(1))

    def terms(self) -> Optional[LinearTerms]:
        """The terms that lie wholly inside the crops."""
        parts: dict[str, list[Tensor]] = {name: [] for name in ("channel", "term", "row", "share", "target", "weight")}
        count = 0
        for b, (crop, source) in enumerate(zip(self.crops, self.sources)):
            terms = source.terms()
            if terms is None:
                continue
            outside = ((terms.row < crop.begin) | (terms.row >= crop.begin + crop.length)).long()
            inside = torch.zeros_like(terms.channel).index_add(0, terms.term, outside) == 0
            entries = inside[terms.term]
            number = torch.cumsum(inside, 0) - 1 + count
            parts["term"].append(number[terms.term[entries]])
            parts["row"].append(terms.row[entries] - crop.begin + b * self.notes)
            parts["share"].append(terms.share[entries])
            for name in ("channel", "target", "weight"):
                parts[name].append(getattr(terms, name)[inside])
            count += int(inside.sum())
        if count == 0:
            return None
        return LinearTerms(**{name: torch.cat(tensors).to(self.device) for name, tensors in parts.items()})

