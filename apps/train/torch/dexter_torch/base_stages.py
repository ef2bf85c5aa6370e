"""The two stages of the `base` model: the encoder learns the mean of each score's
performances; with it frozen, the denoiser learns the velocity of a flow from noise to
single performances (Liu et al., 2023; Lipman et al., 2023; t by Esser et al., 2024).
"""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

import torch
from torch import Tensor, nn

from .agreement import AgreementScale, agreement_loss
from .crops import Crop, CropBatch, CropOrder, Piece
from .losses import LinearTerms, Loss, TempoScale, weighted_squared_error
from .networks.base import ONSET_CHANNELS, TARGETS, Denoiser, Encoder, Shape, time_embedding
from .optimizer import OptimizerOptions
from .parallel import random_stream, share, total

Batch = dict[str, Any]
VALIDATION_TIMES = (0.15, 0.5, 0.85)


def optimizer_options(stage: Mapping[str, Any]) -> OptimizerOptions:
    return OptimizerOptions(
        steps=int(stage["steps"]), learning_rate=float(stage["learningRate"]), warmup=int(stage["warmup"]), decay="cosine",
        weight_decay=float(stage["weightDecay"]), decoupled=True, clip_norm=float(stage["clipNorm"]), ema=float(stage["ema"]),
    )


class MeanStage:
    """The encoder on the mean of each score's performances."""

    accumulate = 1

    def __init__(self, job: Mapping[str, Any], pieces: Sequence[Piece], validation: Sequence[Piece], device: torch.device) -> None:
        options = job["options"]
        self.options, self.stage, self.device = options, options["mean"], device
        self.pieces, self.validation = pieces, validation
        self.optimizer = optimizer_options(self.stage)
        self.network: nn.Module = Encoder(int(job["features"]), options["encoder"]).to(device)
        self.prefix = "encoder."
        self.shifts = torch.tensor(job["semitoneShifts"], dtype=torch.float32, device=device)
        self.channel_weights = torch.tensor(self.stage["channelWeights"], dtype=torch.float32, device=device)
        self.tempo = TempoScale(**job["tempo"]) if job.get("tempo") else None
        self.agreement = AgreementScale(**job["agreement"]) if job.get("agreement") else None
        self.agreement_weights = torch.tensor(self.stage["agreementWeights"], dtype=torch.float32, device=device)
        self.order = CropOrder([p.notes for p in pieces], [p.weight for p in pieces], int(options["notes"]), int(options["seed"]))

    def batch(self, step: int) -> Batch:
        """This process' share of a step's batch."""
        crops = CropBatch(share(self.order.at(step * self.options["batch"], self.options["batch"])), self.pieces, self.device)
        streams = [random_stream(self.device, self.options["seed"], 1, step, place) for place in crops.places]
        features = crops.gather([source.tensor("features") for source in crops.sources])
        for b, (crop, stream) in enumerate(zip(crops.crops, streams)):
            self._vary(features[b, : crop.length], stream)
        return {
            "features": features,
            "shape": Shape(crops.onset, crops.dropout(self.stage["dropout"], len(self.options["encoder"]["dilations"]), self.options["encoder"]["hidden"], streams)),
            "target": crops.gather([source.tensor("mean") for source in crops.sources]),
            "weights": crops.gather([source.tensor("meanWeights") for source in crops.sources]),
            "terms": crops.terms(),
            **(crops.performances() if self.agreement else {}),
        }

    def _vary(self, rows: Tensor, stream: torch.Generator) -> None:
        """Transpose a crop and hide features of it, in place."""
        reach = int(self.stage["transpose"])
        semitones = torch.randint(-reach, reach + 1, (), generator=stream, device=self.device)
        hidden = torch.rand(rows.shape[1], generator=stream, device=self.device) < self.stage["featureDropout"]
        clip = self.options["featureClip"]
        rows.copy_(torch.where(hidden, 0.0, (rows + self.shifts * semitones).clamp(-clip, clip)))

    def loss(self, network: nn.Module, batch: Batch) -> Loss:
        prediction, _ = network(batch["features"], batch["shape"])
        loss = weighted_squared_error(prediction, batch["target"], batch["weights"], self.channel_weights, batch.get("terms"), self.tempo)
        if self.agreement is None:
            return loss
        lack = agreement_loss(prediction, batch["shape"].onset, batch["performances"], batch["told"], batch.get("terms"), self.agreement_weights, self.agreement)
        return Loss(loss.value + lack, loss.terms)

    @torch.no_grad()
    def validate(self) -> dict[str, list[float]]:
        """Explained variance of the mean, and correlation with single performances, on whole pieces."""
        sums = torch.zeros(8, TARGETS, dtype=torch.float64, device=self.device)
        for _, piece in share(self.validation):
            prediction, _ = encode(self.network, piece, self.device)
            target, weights = (piece.tensor(name).to(self.device).double() for name in ("mean", "meanWeights"))
            answer = prediction.double()
            sums[0] += (weights * (target - answer).square()).sum(0)
            sums[1] += (weights * target.square()).sum(0)
            sums[2] += (weights * target).sum(0)
            sums[3] += weights.sum(0)
            for k in range(piece.performances):
                r = correlation(answer, *(part.to(self.device).double() for part in piece.performance(k)))
                sums[4] += r.nan_to_num(0, 0, 0)
                sums[5] += r.isfinite()
            terms = piece.terms()
            if terms is not None:
                sums[6] += term_correlation(terms.to(self.device), prediction).nan_to_num(0, 0, 0)
                sums[7] += 1
        residual, square, mean, mass, r, count, beats, told = total(sums)
        spread = square - mean.square() / mass.clamp(min=1e-12)
        explained = torch.where(spread > 0, 1 - residual / spread, 0)
        return {
            "channels": torch.where(mass > 0, residual / mass, 0).tolist(),
            "explained": explained.tolist(),
            "correlation": (r / count.clamp(min=1)).tolist(),
            **({"beats": (beats / told).tolist()} if bool(told.any()) else {}),
        }


def correlation(prediction: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Weighted Pearson r per channel of [N, 6]; NaN where nothing varies."""
    mass = weights.sum(0)
    x = prediction - (weights * prediction).sum(0) / mass
    y = target - (weights * target).sum(0) / mass
    return (weights * x * y).sum(0) / ((weights * x * x).sum(0) * (weights * y * y).sum(0)).sqrt()


def term_correlation(terms: LinearTerms, prediction: Tensor) -> Tensor:
    """Pearson r between what terms ask of [N, 6] and what it answers, per channel; NaN where nothing varies."""
    answers = torch.zeros(len(terms.target), TARGETS, dtype=torch.float64, device=prediction.device)
    answers[torch.arange(len(terms.target)), terms.channel] = terms.answers(prediction).double()
    asked = torch.zeros_like(answers)
    weights = nn.functional.one_hot(terms.channel, TARGETS).double()
    asked[weights.bool()] = terms.target.double()
    return correlation(answers, asked, weights)


@torch.no_grad()
def encode(encoder: nn.Module, piece: Piece, device: torch.device) -> tuple[Tensor, Tensor]:
    """The encoder's answer on a whole piece, without seams: [N, 6] and [N, H]."""
    onset = piece.tensor("onset").long().unsqueeze(0).to(device)
    prediction, hidden = encoder(piece.tensor("features").unsqueeze(0).to(device), Shape(onset))
    return prediction[0], hidden[0]


class FlowStage:
    """The denoiser on single performances, conditioned on a frozen encoder."""

    accumulate = 1

    def __init__(
        self, job: Mapping[str, Any], pieces: Sequence[Piece], validation: Sequence[Piece], device: torch.device, encoder: Mapping[str, Tensor],
    ) -> None:
        options = job["options"]
        self.options, self.stage, self.device = options, options["flow"], device
        self.pieces = [piece for piece in pieces if piece.performances > 0]
        self.validation = [piece for piece in validation if piece.performances > 0]
        self.optimizer = optimizer_options(self.stage)
        self.controls = int(job.get("controls", 0))
        self.network: nn.Module = Denoiser(options["denoiser"], int(options["encoder"]["hidden"]), self.controls).to(device)
        self.prefix = "denoiser."
        self.encoder = Encoder(int(job["features"]), options["encoder"]).to(device).eval()
        self.encoder.load_state_dict({name.removeprefix("encoder."): tensor for name, tensor in encoder.items()})
        self.channel_weights = torch.tensor(self.stage["channelWeights"], dtype=torch.float32, device=device)
        self.tied = torch.tensor(ONSET_CHANNELS, device=device).bool()
        self.encoded: dict[Piece, tuple[Tensor, Tensor]] = {}
        # The root of a piece's n performances are drawn for one of a piece with a single one.
        weights = [piece.weight * piece.performances**0.5 for piece in self.pieces]
        self.order = CropOrder([p.notes for p in self.pieces], weights, int(options["notes"]), int(options["seed"]) + 1)

    def batch(self, step: int) -> Batch:
        """This process' share of a step's batch."""
        crops = share(self.order.at(step * self.options["batch"], self.options["batch"]))
        return self._questions(crops, self.pieces, (self.options["seed"], 2, step), self.stage["conditionDropout"], None, self.stage["dropout"])

    def _questions(
        self, crops: Sequence[tuple[int, Crop]], sources: Sequence[Piece], name: tuple[int, ...], condition_dropout: float, time: Optional[float], dropout: float,
        tell_all: bool = False,
    ) -> Batch:
        batch = CropBatch(crops, sources, self.device)
        streams = [random_stream(self.device, *name, place) for place in batch.places]
        answers = [self._encoded(source) for source in batch.sources]
        mean, hidden = (batch.gather([answer[i] for answer in answers]) for i in range(2))
        chosen: list[tuple[Tensor, Tensor]] = []
        noise = torch.zeros_like(mean)
        uniform = torch.zeros(len(streams), device=self.device)
        drawn = torch.zeros(len(streams), device=self.device)
        told = torch.zeros(len(streams), batch.notes, 2 * self.controls, device=self.device)
        for b, (crop, source, stream) in enumerate(zip(batch.crops, batch.sources, streams)):
            which = torch.randint(source.performances, (), generator=stream, device=self.device)
            chosen.append(source.performance(int(which)))
            if self.controls > 0:
                part = slice(crop.begin, crop.begin + crop.length)
                values, mask = (tensor[part].to(self.device) for tensor in source.controls(int(which)))
                told[b, : crop.length] = tell_controls(values, mask, float(self.stage["controlDropout"]) if time is None else None, tell_all, stream)
            drawn[b] = torch.randn((), generator=stream, device=self.device)
            uniform[b] = torch.rand((), generator=stream, device=self.device)
            noise[b, : crop.length] = torch.randn(crop.length, TARGETS, generator=stream, device=self.device)
        noise = torch.where(self.tied, first_of_onset(noise, batch.onset), noise)
        target, weights = (batch.gather([pair[i] for pair in chosen]) for i in range(2))
        dropped = (uniform < condition_dropout).float()
        t = torch.sigmoid(drawn) if time is None else torch.full_like(drawn, time)
        # What the performance does not tell is filled with the mean.
        z = torch.where(weights > 0, target, mean)
        kept = (1 - dropped).reshape(-1, 1, 1)
        at = t.reshape(-1, 1, 1)
        shape = Shape(batch.onset, batch.dropout(dropout, len(self.options["denoiser"]["dilations"]), self.options["denoiser"]["hidden"], streams))
        return {
            "noisyAndMean": torch.cat([(1 - at) * noise + at * z, mean * kept, told * kept], dim=-1),
            "hidden": hidden * kept,
            "dropped": dropped.unsqueeze(1),
            "time": time_embedding(t),
            "velocity": z - noise,
            "weights": weights,
            "shape": shape,
        }

    def _encoded(self, piece: Piece) -> tuple[Tensor, Tensor]:
        if piece not in self.encoded:
            self.encoded[piece] = encode(self.encoder, piece, self.device)
        return self.encoded[piece]

    def loss(self, network: nn.Module, batch: Batch) -> Loss:
        prediction, _ = network(batch["noisyAndMean"], batch["hidden"], batch["dropped"], batch["time"], batch["shape"])
        return weighted_squared_error(prediction, batch["velocity"], batch["weights"], self.channel_weights)

    @torch.no_grad()
    def validate(self) -> dict[str, list[float]]:
        """Error of the velocity at three noise levels, over whole pieces: told no control, and told all."""
        plain = self._errors(tell_all=False)
        return {"channels": plain, **({"controlled": self._errors(tell_all=True)} if self.controls > 0 else {})}

    def _errors(self, tell_all: bool) -> list[float]:
        notes = int(self.options["notes"])
        sums = torch.zeros(2, TARGETS, dtype=torch.float64, device=self.device)
        whole = [(i, begin) for i, piece in enumerate(self.validation) for begin in range(0, piece.notes, notes)]
        for _, (index, begin) in share(whole):
            crop = Crop(index, begin, min(notes, self.validation[index].notes - begin))
            for level, time in enumerate(VALIDATION_TIMES):
                asked = self._questions([(0, crop)], self.validation, (3, index, begin, level), 0, time, 0, tell_all)
                prediction, _ = self.network(asked["noisyAndMean"], asked["hidden"], asked["dropped"], asked["time"], asked["shape"])
                weights = asked["weights"].double()
                sums[0] += (weights * (prediction - asked["velocity"]).double().square()).sum((0, 1))
                sums[1] += weights.sum((0, 1))
        sums = total(sums)
        return (sums[0] / sums[1].clamp(min=1e-12)).tolist()


def tell_controls(values: Tensor, mask: Tensor, dropout: Optional[float], tell_all: bool, stream: torch.Generator) -> Tensor:
    """What a crop is told [T, 2K]: nothing, one control, some or all, as curves where measured or as their mean everywhere.

    The shares are those of `control-crops.ts`. Without a dropout, in validation, it is all or nothing.
    """
    count = values.shape[1]
    draws = torch.rand(2 + 2 * count, generator=stream, device=values.device)
    one = int(torch.randint(count, (), generator=stream, device=values.device))
    if dropout is None:
        chosen, constant = torch.full_like(draws[:count], float(tell_all)), torch.zeros_like(draws[:count])
    else:
        single, everything = draws[1] < 0.4, draws[1] < 0.5
        alone = torch.arange(count, device=values.device) == one
        some = (draws[2 : 2 + count] < 0.4) | everything
        chosen = torch.where(single, alone, some).float() * (draws[0] >= dropout).float()
        constant = (draws[2 + count :] < 0.4).float()
    mean = (values * mask).sum(0) / mask.sum(0).clamp(min=1)
    known = torch.where(constant.bool(), (mask.sum(0) > 0).float().expand_as(mask), mask) * chosen
    return torch.cat([torch.where(constant.bool(), mean.expand_as(values), values) * known, known], dim=1)


def first_of_onset(noise: Tensor, onset: Tensor) -> Tensor:
    """Every note with the noise of the first note of its onset, [B, T, 6]."""
    starts = torch.ones_like(onset, dtype=torch.bool)
    starts[:, 1:] = onset[:, 1:] != onset[:, :-1]
    place = torch.arange(onset.shape[1], device=onset.device).expand_as(onset)
    first = torch.where(starts, place, 0).cummax(dim=1).values
    return noise.gather(1, first.unsqueeze(-1).expand_as(noise))
