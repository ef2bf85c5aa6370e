"""Training of DiffWave and the U-Net: segments under noise, and what is asked of the denoiser."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Optional

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
        self.order = SegmentOrder(self.train.length, int(options["seed"]))
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
        cpu = torch.device("cpu")
        parts = []
        for place, index in share(self.order.at((step * self.accumulate + part) * count, count)):
            stream = random_stream(cpu, seed, 4, step, part, place)
            segment = vary(mix(self.train, index, self.options["augmentation"], stream), self.options["augmentation"], stream)
            parts.append((segment, self._source(index, stream), self._noisiness(stream), stream))
        return self._question(parts, float(self.options["network"]["conditionDropout"]))

    def _source(self, index: int, stream: torch.Generator) -> Optional[Segment]:
        """Another performance of the passage that takes the noise's place, in training on transfer."""
        if self.options["target"] != "transfer":
            return None
        others = [i for i in self.train.passage(index) if i != index] or [index]
        return self.train.read(others[int(torch.randint(len(others), (), generator=stream))])

    def _noisiness(self, stream: torch.Generator) -> float:
        if self.options["stepSampling"] == "uniform":
            return float(torch.rand((), generator=stream, dtype=torch.float64))
        return float(torch.sigmoid(torch.randn((), generator=stream, dtype=torch.float64)))

    def _question(self, parts: list[tuple[Segment, Optional[Segment], float, torch.Generator]], dropout: float) -> Batch:
        device, steps = self.device, len(self.alpha_bars)
        mask = torch.stack([s.mask if o is None else s.mask * o.mask for s, o, _, _ in parts]).to(device)
        clean = self._standardize(torch.stack([s.parameters for s, _, _, _ in parts]), torch.stack([s.mask for s, _, _, _ in parts]))
        noise = torch.stack([torch.randn(s.parameters.shape, generator=g) for s, _, _, g in parts]).to(device)
        if parts[0][1] is not None:
            noise = self._standardize(torch.stack([o.parameters for _, o, _, _ in parts if o]), torch.stack([o.mask for _, o, _, _ in parts if o]))
        noisiness = torch.tensor([t for _, _, t, _ in parts], dtype=torch.float64, device=device)
        flow = self.options["objective"] == "flow"
        step = noisiness * (steps - 1) if flow else (noisiness * steps).floor().clamp(max=steps - 1)
        dropped = torch.tensor([float(torch.rand((), generator=g)) < dropout for _, _, _, g in parts], device=device)
        return self.given({
            "clean": clean, "noise": noise, "step": step, "mask": mask, "dropped": dropped,
            "score": torch.stack([s.score for s, _, _, _ in parts]).to(device), "perceptual": None,
        })

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

    def _standardize(self, parameters: Tensor, mask: Tensor) -> Tensor:
        return (parameters.to(self.device) - self.mean) / self.sd * mask.to(self.device).unsqueeze(-1)

    def loss(self, network: nn.Module, batch: Batch) -> Loss:
        answer = network(batch["noisy"], batch["step"], batch["score"], batch["perceptual"], batch["dropped"])
        return classic_loss(
            answer, batch["clean"], batch["noise"], batch["noisy"], batch["signal"], batch["sigma"], batch["mask"],
            self.options["objective"], self.options["loss"],
        )

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Mean loss and terms on unseen segments, each at some noise levels with fixed noise."""
        options = self.options["validation"]
        count = min(self.validation.length, options["segments"] or self.validation.length)
        draws, size = int(options["draws"]), int(options["batch"]) * world()
        asked = [(i * self.validation.length // count, draw) for i in range(count) for draw in range(draws)]
        sums: dict[str, float] = {}
        batches = 0
        for begin in range(0, len(asked), size):
            # Every process needs a question, or the sums of the others wait for it.
            part = asked[begin : begin + size]
            part = part + part[:1] * (world() - len(part))
            parts = []
            for _, (index, draw) in share(part):
                stream = random_stream(torch.device("cpu"), 5, index, draw)
                parts.append((self.validation.read(index), None, (draw + float(torch.rand((), generator=stream))) / draws, stream))
            loss = self.loss(self.network, self._question(parts, 0))
            for name, value in {"loss": loss.value, **loss.terms}.items():
                sums[name] = sums.get(name, 0.0) + float(total(value))
            batches += 1
        means = {name: value / batches for name, value in sums.items()}
        return {"loss": means.pop("loss"), "terms": means} if batches else {}
