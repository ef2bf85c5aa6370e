"""Training of DiffWave and the U-Net: segments under noise, and what is asked of the denoiser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import torch
from torch import Tensor, nn

from .losses import Loss, classic_loss
from .networks.diffwave import DiffWave
from .networks.unet import Unet
from .optimizer import OptimizerOptions
from .parallel import random_stream, share, total, world
from .schedule import alpha_bars
from .segments import Segment, SegmentOrder, SegmentSet, mix, vary

Batch = dict[str, Any]
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Part:
    """One segment of a question."""

    segment: Segment
    source: Optional[Segment]
    """Another performance of the passage that takes the noise's place, in training on transfer."""
    noisiness: float
    """In [0, 1)."""
    stream: torch.Generator
    """What else is left to chance."""
    counts: bool = True
    """False for what only keeps a process busy."""


class ClassicStage:
    """A denoiser on segments of sets."""

    prefix = ""

    def __init__(self, job: Mapping[str, Any], device: torch.device) -> None:
        options = job["options"]
        self.options, self.device = options, device
        network, paths = options["network"], [Path(path) for path in job["data"]]
        self.network: nn.Module = (DiffWave if network["kind"] == "diffwave" else Unet)(network).to(device)
        self.train = SegmentSet(paths, "train", int(network["segmentNotes"]))
        self.validation = SegmentSet(paths, "validation", int(network["segmentNotes"]))
        self.order = SegmentOrder(self._questions(self.train), int(options["seed"]))
        self.mean, self.sd = (torch.tensor(job["scale"][name], device=device) for name in ("mean", "sd"))
        self.alpha_bars = alpha_bars(options["schedule"]).to(device)
        self.accumulate = int(options["accumulate"])
        adam = options["optimizer"]
        self.optimizer = OptimizerOptions(
            steps=int(job["steps"]), learning_rate=adam["learningRate"], warmup=int(adam["warmup"]), decay=adam["decay"],
            weight_decay=adam["weightDecay"], decoupled=adam["kind"] == "adamw", clip_norm=adam["clipNorm"], ema=options["ema"],
            betas=(adam["beta1"], adam["beta2"]), epsilon=adam["epsilon"],
        )

    def batch(self, step: int, part: int = 0) -> Batch:
        """This process' share of one forward pass of a step."""
        count, seed = int(self.options["batch"]), int(self.options["seed"])
        parts = []
        for place, wanted in share(self.order.at((step * self.accumulate + part) * count, count)):
            stream = random_stream(CPU, seed, 4, step, part, place)
            segment, source = self._drawn(self.train, wanted, stream, self.options["augmentation"])
            segment = vary(segment, self.options["augmentation"], stream)
            parts.append(Part(segment, source, self._noisiness(stream), stream))
        return self._question(parts, float(self.options["network"]["conditionDropout"]))

    def _questions(self, segments: SegmentSet) -> int:
        """What an epoch runs over: segments, or in training on transfer the stored pairs where there are any."""
        return segments.pairs if self.options["target"] == "transfer" and segments.pairs else segments.length

    def _drawn(self, segments: SegmentSet, wanted: int, stream: torch.Generator, mixing: Optional[Mapping[str, Any]] = None) -> tuple[Segment, Optional[Segment]]:
        """What is learned, and where transfer starts from."""
        transfer = self.options["target"] == "transfer"
        if transfer and segments.pairs:
            return segments.pair(wanted)
        index, source = wanted, None
        if transfer:
            index, others = segments.partners(wanted)
            source = segments.read(others[int(torch.randint(len(others), (), generator=stream))])
        return mix(segments, index, mixing, stream) if mixing else segments.read(index), source

    def _noisiness(self, stream: torch.Generator) -> float:
        if self.options["stepSampling"] == "uniform":
            return float(torch.rand((), generator=stream, dtype=torch.float64))
        return float(torch.sigmoid(torch.randn((), generator=stream, dtype=torch.float64)))

    def _question(self, parts: Sequence[Part], dropout: float) -> Batch:
        device, steps = self.device, len(self.alpha_bars)
        segments = [part.segment for part in parts]
        sources = [part.source for part in parts if part.source]
        clean = self._standardized(segments)
        mask = torch.stack([part.segment.mask * part.counts for part in parts]).to(device)
        if sources:
            noise = self._standardized(sources)
            mask = mask * torch.stack([source.mask for source in sources]).to(device)
        else:
            noise = torch.stack([torch.randn(part.segment.parameters.shape, generator=part.stream) for part in parts]).to(device)
        noisiness = torch.tensor([part.noisiness for part in parts], dtype=torch.float64, device=device)
        flow = self.options["objective"] == "flow"
        step = noisiness * (steps - 1) if flow else (noisiness * steps).floor().clamp(max=steps - 1)
        dropped = torch.tensor([float(torch.rand((), generator=part.stream)) < dropout for part in parts], device=device)
        return self.given({
            "clean": clean, "noise": noise, "step": step, "mask": mask, "dropped": dropped,
            "score": torch.stack([segment.score for segment in segments]).to(device), "perceptual": self._perceptual(parts),
        })

    def _perceptual(self, parts: Sequence[Part]) -> Optional[Tensor]:
        """Perceptual features, in training on transfer what is wanted minus what there is: [B, N, C]. A segment without them has 0,
        the average; none where they are dropped or no segment has them."""
        if self.options["dropPerceptual"] or all(part.segment.perceptual is None for part in parts):
            return None
        shape = int(self.options["network"]["segmentNotes"]), int(self.options["network"]["perceptualFeatures"])

        def of(segment: Optional[Segment]) -> Tensor:
            return torch.zeros(shape) if segment is None or segment.perceptual is None else segment.perceptual

        return torch.stack([of(part.segment) - of(part.source) for part in parts]).to(self.device)

    def given(self, batch: Batch) -> Batch:
        """A batch of clean data, noise and steps with the noise mixed in."""
        step = batch["step"]
        if self.options["objective"] == "flow":
            signal = 1 - step.double() / max(1, len(self.alpha_bars) - 1)
            sigma = 1 - signal
        else:
            bars = self.alpha_bars[step.long()]
            signal, sigma = bars.sqrt(), (1 - bars).sqrt()
        signal, sigma = signal.float(), sigma.float()
        noisy = signal.reshape(-1, 1, 1) * batch["clean"] + sigma.reshape(-1, 1, 1) * batch["noise"]
        return {**batch, "step": step.float(), "noisy": noisy, "signal": signal, "sigma": sigma}

    def _standardized(self, segments: Sequence[Segment]) -> Tensor:
        """Parameters on the network's scale, 0 where nothing was played: [B, N, P]."""
        parameters, mask = (torch.stack([getattr(s, name) for s in segments]).to(self.device) for name in ("parameters", "mask"))
        return (parameters - self.mean) / self.sd * mask.unsqueeze(-1)

    def loss(self, network: nn.Module, batch: Batch) -> Loss:
        answer = network(batch["noisy"], batch["step"], batch["score"], batch["perceptual"], batch["dropped"])
        return classic_loss(
            answer, batch["clean"], batch["noise"], batch["noisy"], batch["signal"], batch["sigma"], batch["mask"],
            self.options["objective"], self.options["loss"],
        )

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Loss and terms on unseen segments, means over their played notes, each at some noise levels with fixed noise."""
        options = self.options["validation"]
        length = self._questions(self.validation)
        count = min(length, options["segments"] or length)
        draws, size = int(options["draws"]), int(options["batch"]) * world()
        asked = [(i * length // count, draw, True) for i in range(count) for draw in range(draws)]
        sums: dict[str, float] = {}
        notes = 0.0
        for begin in range(0, len(asked), size):
            # Every process needs a question, or the sums of the others wait for it.
            part = asked[begin : begin + size]
            part += [(*part[0][:2], False)] * (world() - len(part))
            question = self._question([self._unseen(*one) for _, one in share(part)], 0)
            counted = float(total(question["mask"].double().sum()))
            loss = self.loss(self.network, question)
            for name, value in {"loss": loss.value, **loss.terms}.items():
                sums[name] = sums.get(name, 0.0) + counted * float(total(value))
            notes += counted
        means = {name: value / max(1.0, notes) for name, value in sums.items()}
        return {"loss": means.pop("loss"), "terms": means} if means else {}

    def _unseen(self, wanted: int, draw: int, counts: bool) -> Part:
        stream = random_stream(CPU, 5, wanted, draw)
        segment, source = self._drawn(self.validation, wanted, stream)
        # Levels of one draw lie in one of as many equal parts.
        noisiness = (draw + float(torch.rand((), generator=stream))) / int(self.options["validation"]["draws"])
        return Part(segment, source, noisiness, stream, counts)
