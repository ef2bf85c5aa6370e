"""What the processes of a run share: who they are, sums over all of them, and random
streams that do not depend on how many there are.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any, Sequence, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

Item = TypeVar("Item")


def start(device_name: str) -> torch.device:
    """Join the run that torchrun began: NCCL between GPUs, gloo between CPUs. Alone, no group is needed."""
    use_cuda = device_name == "cuda" or (device_name == "auto" and torch.cuda.is_available())
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if use_cuda else torch.device("cpu")
    if use_cuda:
        torch.cuda.set_device(device)
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        dist.init_process_group("nccl" if use_cuda else "gloo")
    return device


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def total(values: Tensor) -> Tensor:
    """The sum over all processes, without a gradient."""
    values = values.detach().clone()
    if dist.is_initialized():
        dist.all_reduce(values)
    return values


def share(items: Sequence[Item]) -> list[tuple[int, Item]]:
    """This process' part of a list, with its places in the list."""
    return list(enumerate(items))[rank() :: world()]


def from_first(value: Any) -> Any:
    """What the first process holds, told to all of them."""
    box = [value]
    if dist.is_initialized():
        dist.broadcast_object_list(box, src=0)
    return box[0]


def random_stream(device: torch.device, *name: int) -> torch.Generator:
    """The stream of random numbers with this name (seed, stage, step, example): the same in every process."""
    digest = hashlib.sha256(",".join(map(str, name)).encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:8], "little") >> 1)
