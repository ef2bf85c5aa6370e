"""One process of a training run. Whoever starts it leads: the first process reads a
command a line from standard input, tells the others, and answers with a line of JSON.

    {"do": "job"}         read the job again: what follows is another run
    {"do": "begin", "stage": ..., "step": ..., "state": FILE, "decayed": [...]}   load a network and its state
    {"do": "step"}        take one step                -> step, loss, terms, gradientNorm, learningRate, milliseconds
    {"do": "validate"}    figures of the averaged weights on unseen data
    {"do": "save", "file": FILE}                       weights, moments and average, as safetensors
    {"do": "inject", "file": FILE}                     the next step takes its batch from a file, not from the data
    {"do": "gradient", "file": FILE}                   the gradient of the injected batch, without a step
    {"do": "batch", "file": FILE}                      the first process' share of the next step's batch, without a step
    {"do": "end"}         stop; so does the end of the input

Started by `dexter-train fit --engine torch`; see README.md beside it.
"""

from __future__ import annotations

import json
import math
import os
import re
import signal
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Mapping, Optional, Union

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from .base_stages import FlowStage, MeanStage
from .classic_stage import ClassicStage
from .crops import pieces
from .losses import Loss
from .networks.base import Shape
from .optimizer import Divergence, Optimizer
from .parallel import from_first, rank, share, start, total, world
from .tensor_files import read_all

MARK = "@dexter "
"""Before every answer: other lines on standard output are somebody else's."""
Stage = Union[MeanStage, FlowStage, ClassicStage]


class Session:
    """A run as this process sees it."""

    def __init__(self, job: Mapping[str, Any], folder: Path, device: torch.device) -> None:
        self.job, self.folder, self.device = job, folder, device
        self.stage: Stage
        self.network: nn.Module
        self.optimizer: Optimizer
        self.injected: Optional[dict[str, Any]] = None

    def read_job(self) -> dict[str, Any]:
        self.job = read_job(self.folder)
        return {}

    def begin(self, stage: str, step: int, state: str, decayed: list[str], encoder: Optional[str] = None) -> dict[str, Any]:
        if stage == "classic":
            self.stage = ClassicStage(self.job, self.device)
        else:
            train, validation = (pieces(self.folder, self.job[name]) for name in ("pieces", "validation"))
            if stage == "mean":
                self.stage = MeanStage(self.job, train, validation, self.device)
            else:
                self.stage = FlowStage(self.job, train, validation, self.device, read_all(str(encoder)))
        prefix = self.stage.prefix
        tensors = {name.replace(f".{prefix}", ".", 1): tensor for name, tensor in read_all(state).items()}
        self.optimizer = Optimizer(self.stage.network, self.stage.optimizer, step, tensors, {name.removeprefix(prefix) for name in decayed})
        self.network = self.stage.network
        if world() > 1:
            # The U-Net's last condition feeds nothing.
            unused = isinstance(self.stage, ClassicStage) and self.job["options"]["network"]["kind"] == "unet"
            ids = [self.device.index] if self.device.type == "cuda" else None
            self.network = DistributedDataParallel(self.stage.network, device_ids=ids, find_unused_parameters=unused)
        return {"parameters": sum(p.numel() for p in self.stage.network.parameters())}

    def step(self) -> dict[str, Any]:
        started = time.perf_counter()
        loss = self._backward()
        if not torch.isfinite(loss["loss"]):
            raise Divergence(self.optimizer.step, "the loss")
        norm, rate = self.optimizer.take()
        figures = {name: float(value) for name, value in loss.items()}
        return {
            "step": self.optimizer.step, "loss": figures.pop("loss"), "terms": figures, "gradientNorm": norm, "learningRate": rate,
            "milliseconds": (time.perf_counter() - started) * 1000,
        }

    def _backward(self) -> dict[str, Tensor]:
        """Gradients of the joint batch of all processes, and its loss."""
        self.network.zero_grad(set_to_none=True)
        passes = 1 if self.injected else self.stage.accumulate
        sums: dict[str, Tensor] = {}
        for part in range(passes):
            batch = self.injected or (self.stage.batch(self.optimizer.step, part) if isinstance(self.stage, ClassicStage) else self.stage.batch(self.optimizer.step))
            last = part == passes - 1
            silent = self.network.no_sync() if isinstance(self.network, DistributedDataParallel) and not last else nullcontext()
            with silent:
                loss: Loss = self.stage.loss(self.network, batch)
                # DistributedDataParallel takes the mean over processes; the parts of the loss add.
                (loss.value * (world() / passes)).backward()
            for name, value in {"loss": loss.value.detach(), **loss.terms}.items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value / passes
        self.injected = None
        joint = total(torch.stack(list(sums.values())))
        return dict(zip(sums, joint.unbind()))

    def inject(self, file: str) -> dict[str, Any]:
        """Take this process' share of a batch of tensors, rows of examples."""
        whole = read_all(file, device=str(self.device))
        mine = [place for place, _ in share(range(len(next(iter(whole.values())))))]
        batch: dict[str, Any] = {name: tensor[mine] for name, tensor in whole.items()}
        if isinstance(self.stage, ClassicStage):
            self.injected = self.stage.given({"perceptual": None, **batch})
        else:
            dropout = batch.pop("dropout", None)
            self.injected = {**batch, "shape": Shape(batch.pop("onset").long(), None if dropout is None else list(dropout.unbind(1)))}
        return {}

    def batch(self, file: str) -> dict[str, Any]:
        batch = self.stage.batch(self.optimizer.step)
        if rank() == 0:
            save_file({name: value.float().cpu().contiguous() for name, value in batch.items() if isinstance(value, Tensor)}, file)
        return {}

    def gradient(self, file: str) -> dict[str, Any]:
        figures = {name: float(value) for name, value in self._backward().items()}
        if rank() == 0:
            prefix = self.stage.prefix
            # A parameter that feeds nothing has no gradient.
            save_file({f"{prefix}{name}": (torch.zeros_like(p) if p.grad is None else p.grad).cpu().contiguous() for name, p in self.optimizer.parameters.items()}, file)
        return figures

    def validate(self) -> dict[str, Any]:
        kept = {name: p.data for name, p in self.optimizer.parameters.items()}
        for name, parameter in self.optimizer.parameters.items():
            parameter.data = self.optimizer.average[name]
        try:
            return self.stage.validate()
        finally:
            for name, parameter in self.optimizer.parameters.items():
                parameter.data = kept[name]

    def save(self, file: str) -> dict[str, Any]:
        if rank() == 0:
            named = ((*key.split(".", 1), tensor) for key, tensor in self.optimizer.state().items())
            save_file({f"{field}.{self.stage.prefix}{name}": tensor for field, name, tensor in named}, file)
        return {"step": self.optimizer.step}


def answer(value: Mapping[str, Any]) -> None:
    if rank() == 0 or "error" in value:
        # In one write: torchrun leaves nothing buffered, and several processes may tell of an error at once.
        sys.stdout.write(MARK + json.dumps(finite(value)) + "\n")
        sys.stdout.flush()


def finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def command() -> dict[str, Any]:
    """The next command, read by the first process."""
    line = sys.stdin.readline() if rank() == 0 else ""
    return from_first(json.loads(line) if line.strip() else {"do": "end"})


def reason(error: Exception) -> str:
    """What went wrong, for people: where the talk between processes breaks off, one of them is gone."""
    text = str(error) or type(error).__name__
    if world() > 1 and (isinstance(error, dist.DistError) or re.search(r"gloo|nccl|Connection (reset|closed)", text, re.IGNORECASE)):
        detail = re.sub(r"^\[.*?\]\s*", "", text).split(". ")[0][:120]
        return f"a process of the run has ended, perhaps killed or out of memory ({detail}). The state that was saved last is whole: add --resume to go on"
    return text


def read_job(folder: Path) -> Any:
    """The run's options and data, read by the first process."""
    return from_first(json.loads((folder / "job.json").read_text()) if rank() == 0 else None)


def main() -> None:
    # The leader decides when to stop, between two steps.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    device = start(os.environ.get("DEXTER_TORCH_DEVICE", "auto"))
    # Other machines learn from the first one where the job lies, in a folder that all of them see.
    folder = Path(from_first(sys.argv[1]))
    job = read_job(folder)
    if job.get("threads") and device.type == "cpu":
        torch.set_num_threads(int(job["threads"]))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    session = Session(job, folder, device)
    answer({"ready": True, "processes": world(), "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu", "torch": torch.__version__})
    actions = {name: getattr(session, name) for name in ("begin", "step", "validate", "save", "inject", "batch", "gradient")}
    actions["job"] = session.read_job
    try:
        while (action := (asked := command()).pop("do")) != "end":
            answer(actions[action](**asked))
    except Exception as error:  # noqa: BLE001 - told to the leader, who stops all
        answer({"error": reason(error), "kind": type(error).__name__})
        sys.exit(1)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


if __name__ == "__main__":
    main()
