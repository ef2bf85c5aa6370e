"""Makes checkpoints as Lightning and OmegaConf write them, turns them into our folders and back, and tells
what happened as a line of JSON. Run by lightning.test.ts.

    python lightning-check.py FOLDER [WEIGHTS.safetensors]
"""

import collections
import contextlib
import io
import json
import os
import sys
import types
import typing
from pathlib import Path

import torch
from safetensors.torch import load_file

from dexter_torch.lightning import CheckpointError, read_lightning, main as run, to_ckpt, to_folder
from dexter_torch.networks.diffwave import DiffWave
from dexter_torch.networks.unet import Unet

COMMON = {"parameters": 5, "scoreFeatures": 4, "perceptualFeatures": 7, "segmentNotes": 100, "condition": "fixed"}


def library(name: str, **kinds: type) -> None:
    """A module that is not installed, for the pickler to find its types in."""
    module = types.ModuleType(name)
    for kind_name, kind in kinds.items():
        kind.__module__, kind.__qualname__ = name, kind_name
        setattr(module, kind_name, kind)
    sys.modules[name] = module


class Wrapper:
    """As OmegaConf's types: the state holds content, metadata and the parent."""

    def __init__(self, **state: object) -> None:
        self.__dict__.update(state)


class DictConfig(Wrapper):
    pass


class ListConfig(Wrapper):
    pass


class AnyNode(Wrapper):
    pass


class ContainerMetadata(Wrapper):
    pass


class Metadata(Wrapper):
    pass


class AttributeDict(dict):
    pass


library("omegaconf")
library("omegaconf.dictconfig", DictConfig=DictConfig)
library("omegaconf.listconfig", ListConfig=ListConfig)
library("omegaconf.nodes", AnyNode=AnyNode)
library("omegaconf.base", ContainerMetadata=ContainerMetadata, Metadata=Metadata)
library("pytorch_lightning")
library("pytorch_lightning.utilities")
library("pytorch_lightning.utilities.parsing", AttributeDict=AttributeDict)


def wrapped(value: object, parent: object = None) -> object:
    """A value as OmegaConf pickles it."""
    if isinstance(value, dict):
        node = DictConfig(_metadata=ContainerMetadata(ref_type=typing.Any, object_type=dict, key=None, flags=collections.defaultdict(dict)), _parent=parent)
        node._content = {key: wrapped(item, node) for key, item in value.items()}
        return node
    if isinstance(value, list):
        node = ListConfig(_metadata=ContainerMetadata(ref_type=typing.Any, object_type=list, key=None), _parent=parent)
        node._content = [wrapped(item, node) for item in value]
        return node
    return AnyNode(_val=value, _parent=parent, _metadata=Metadata(ref_type=typing.Any, object_type=None, key=None))


class Hostile:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.trace}",)


def save(file: Path, weights: dict, options: object) -> None:
    torch.save({"epoch": 3, "global_step": 7, "pytorch-lightning_version": "1.9.5", "state_dict": collections.OrderedDict(weights),
                "callbacks": {}, "optimizer_states": [{"state": {}}], "hyper_parameters_name": "kwargs", "hyper_parameters": options}, file)


def refusal(act: typing.Callable[[], object]) -> str:
    try:
        act()
        return "taken"
    except CheckpointError as error:
        return str(error)


def refused_folders(folder: Path) -> dict[str, str]:
    """What is said of folders that cannot become a checkpoint, and whether one was left behind nevertheless."""
    said: dict[str, str] = {}

    def attempt(name: str, base: str, config: object = None, weights: typing.Optional[bytes] = None, target: str = "never.ckpt") -> None:
        of = folder / "refused" / name
        of.mkdir(parents=True)
        text = (folder / base / "config.json").read_text()
        changed = config(json.loads(text)) if callable(config) else config
        (of / "config.json").write_text(text if changed is None else changed if isinstance(changed, str) else json.dumps(changed))
        (of / "model.safetensors").write_bytes((folder / base / "model.safetensors").read_bytes() if weights is None else weights)
        said[name] = refusal(lambda: to_ckpt(of, folder / target))

    def given(place: str, value: object) -> typing.Callable[[dict], dict]:
        def change(config: dict) -> dict:
            *way, last = place.split(".")
            inner = config
            for key in way:
                inner = inner[key]
            inner[last] = value
            return config

        return change

    whole = (folder / "diffwave" / "model.safetensors").read_bytes()
    attempt("v", "diffwave", given("prediction", "v"))
    attempt("flow", "unet", given("prediction", "flow"))
    attempt("cosine", "diffwave", given("schedule.kind", "cosine"))
    attempt("normalized", "unet", given("network.scoreNormalization", {"low": 0, "high": 1, "mode": "rowwise"}))
    attempt("learned", "unet", given("network.condition", "trainable_score"))
    attempt("torn", "diffwave", '{"format": "dexter-classic", "ver')
    attempt("list", "diffwave", "[1, 2]")
    attempt("base", "diffwave", given("format", "dexter-base"))
    attempt("nameless", "diffwave", given("network", {"kind": "diffwave"}))
    attempt("text", "diffwave", given("schedule.steps", "many"))
    attempt("layers", "diffwave", given("network.residualLayers", 3))
    attempt("cut", "diffwave", weights=whole[: len(whole) // 2])
    attempt("empty", "diffwave", weights=b"")
    attempt("other", "unet", weights=whole)
    with contextlib.redirect_stderr(io.StringIO()) as heard:
        code = run(["to-ckpt", str(folder / "diffwave"), str(folder / "no folder" / "never.ckpt")])
    said["unwritable"] = f"{code}: {heard.getvalue()}"
    said["missing"] = refusal(lambda: to_ckpt(folder / "nowhere", folder / "never.ckpt"))
    said["written"] = str((folder / "never.ckpt").exists())
    return said


def main() -> None:
    folder = Path(sys.argv[1])
    torch.manual_seed(0)
    given = load_file(sys.argv[2]) if len(sys.argv) > 2 else None
    diffwave = given or DiffWave({**COMMON, "residualChannels": 16, "residualLayers": 4, "kernelSize": 3, "dilationBase": 2, "dilationBound": 4,
                                  "normalization": {"low": 0, "high": 1, "mode": "rowwise"}, "film": False, "diffusionSteps": 1000}).state_dict()
    unet = Unet({**COMMON, "dim": 8, "dimMults": [1, 2], "initDim": None, "outDim": None, "channels": 1, "withTimeEmbedding": True, "convnextMult": 2}).state_dict()
    told = {"residual_channels": 16, "residual_layers": 4, "kernel_size": 3, "dilation_base": 2, "dilation_bound": 4, "norm_args": [0, 1, "rowwise"],
            "timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02, "training": {"mode": "ex_0", "target": "gen_noise"}, "condition": "fixed", "seg_len": 100}
    save(folder / "diffwave.ckpt", diffwave, AttributeDict({name: wrapped(value) for name, value in told.items()}))
    save(folder / "unet.ckpt", unet, wrapped({"dim": 8, "dim_mults": [1, 2], "seg_len": 100, "training": {"mode": "x_0"}, "unknown_option": {"deep": [1, None]}}))
    same = {}
    for name, weights in (("diffwave", diffwave), ("unet", unet)):
        to_folder(folder / f"{name}.ckpt", folder / name)
        to_ckpt(folder / name, folder / f"{name}-back.ckpt")
        back, _ = read_lightning(folder / f"{name}-back.ckpt")
        same[name] = set(back) == set(weights) and all(torch.equal(back[key], weights[key]) for key in weights)
        to_folder(folder / f"{name}-back.ckpt", folder / f"{name}-again")
        first, again = (json.loads((folder / f / "config.json").read_text()) for f in (name, f"{name}-again"))
        same[f"{name} config"] = all(first[key] == again[key] for key in ("network", "prediction", "schedule", "scale"))
    trace = folder / "trace"
    save(folder / "hostile.ckpt", diffwave, {"training": Hostile(trace)})
    (folder / "broken.ckpt").write_bytes((folder / "unet.ckpt").read_bytes()[:1000])
    torch.save({"weights": 1}, folder / "other.ckpt")
    torch.save({"state_dict": {"a": torch.ones(1)}}, folder / "foreign.ckpt")
    refused = {name: refusal(lambda: to_folder(folder / f"{name}.ckpt", folder / "never")) for name in ("hostile", "broken", "other", "foreign", "missing")}
    save(folder / "mode.ckpt", diffwave, {"training": {"mode": "score"}})
    refused["mode"] = refusal(lambda: to_folder(folder / "mode.ckpt", folder / "never"))
    back = refused_folders(folder)
    print("RESULT " + json.dumps({"same": same, "refused": refused, "back": back, "ran": trace.exists(), "written": (folder / "never").exists()}))


if __name__ == "__main__":
    main()
