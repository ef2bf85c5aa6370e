"""Tensors read from safetensors files, as copies: what the library returns may be a view of the file, and change when the
leader writes the file anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Union

from safetensors import safe_open
from torch import Tensor


def read_all(path: Union[str, Path], device: str = "cpu") -> dict[str, Tensor]:
    """Every tensor of a file."""
    with safe_open(path, framework="pt", device=device) as file:
        return {name: file.get_tensor(name).clone() for name in file.keys()}


def read_one(path: Path, name: str) -> Tensor:
    with safe_open(path, framework="pt") as file:
        return file.get_tensor(name).clone()


def read_row(path: Path, name: str, index: int) -> Tensor:
    """One entry of a tensor's first dimension; the others are not read."""
    with safe_open(path, framework="pt") as file:
        return file.get_slice(name)[index].clone()


def holds(path: Path, name: str) -> bool:
    with safe_open(path, framework="pt") as file:
        return name in file.keys()
