"""Checkpoints of the first DExter (PyTorch Lightning's .ckpt) to our folders, and back.

    python -m dexter_torch.lightning to-folder MODEL.ckpt FOLDER
    python -m dexter_torch.lightning to-ckpt FOLDER MODEL.ckpt

A .ckpt is a pickle, which can run any program when it is opened. Only tensors and plain
values are read; types of Lightning and OmegaConf that hold options are replaced by
inert stand-ins, and a file that asks for anything else is refused.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Mapping, Optional

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .classic_config import ConfigError, read_config
from .networks.diffwave import DiffWave
from .networks.unet import Unet

MODES = {"epsilon": "noise", "x_0": "x0", "ex_0": "noise"}
PREDICTIONS = {"noise": "epsilon", "x0": "x_0"}
COMMON = {"p_codec_rows": "parameters", "s_codec_rows": "scoreFeatures", "c_codec_rows": "perceptualFeatures", "seg_len": "segmentNotes",
          "condition": "condition", "cond_dropout": "conditionDropout"}
DIFFWAVE = {"residual_channels": "residualChannels", "residual_layers": "residualLayers", "kernel_size": "kernelSize",
            "dilation_base": "dilationBase", "dilation_bound": "dilationBound"}
UNET = {"dim": "dim", "dim_mults": "dimMults", "init_dim": "initDim", "out_dim": "outDim", "channels": "channels",
        "with_time_emb": "withTimeEmbedding", "convnext_mult": "convnextMult"}
DEFAULTS = {
    "parameters": 5, "scoreFeatures": 4, "perceptualFeatures": 7, "segmentNotes": 200, "condition": "fixed", "conditionDropout": 0.1,
    "residualChannels": 768, "residualLayers": 12, "kernelSize": 3, "dilationBase": 2, "dilationBound": 4,
    "dim": 48, "dimMults": [1, 2, 4], "initDim": None, "outDim": None, "channels": 1, "withTimeEmbedding": True, "convnextMult": 2,
}
DICTIONARIES = (
    "pytorch_lightning.utilities.parsing.AttributeDict", "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict", "lightning_fabric.utilities.data.AttributeDict",
)
STAND_INS = (
    "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig",
    "omegaconf.nodes.AnyNode", "omegaconf.nodes.StringNode", "omegaconf.nodes.IntegerNode", "omegaconf.nodes.FloatNode", "omegaconf.nodes.BooleanNode",
    "omegaconf.base.ContainerMetadata", "omegaconf.base.Metadata", "typing.Any",
)
STEP_TABLE = "diffusion_embedding.embedding"
HARMLESS = (dict, list, tuple, int, float, str, bool, defaultdict)


class CheckpointError(Exception):
    """A file that is no checkpoint of DExter, or holds more than data."""


class StandIn:
    """Holds what an option type of another library held, and does nothing."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def plain(value: Any) -> Any:
    """Options as plain values, whichever library wrapped them."""
    if isinstance(value, StandIn):
        state = value.state
        return plain(state.get("_content", state.get("_val", state))) if isinstance(state, dict) else plain(state)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.tolist() if isinstance(value, Tensor) else value


def read_lightning(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and options of a .ckpt, without running anything that it holds."""
    kinds: list[Any] = [*HARMLESS, *((dict, name) for name in DICTIONARIES)]
    kinds += [(type(name.rpartition(".")[2], (StandIn,), {}), name) for name in STAND_INS]
    try:
        with torch.serialization.safe_globals(kinds):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file.") from None
    except Exception as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        reason = f"it asks for {asked[1][:100]}" if asked else "it is damaged or another kind of file"
        raise CheckpointError(f"{path}: refused: not a checkpoint of plain tensors and options: {reason}.") from None
    weights = content.get("state_dict") if isinstance(content, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(t, Tensor) for t in weights.values()):
        raise CheckpointError(f'{path}: expected a Lightning checkpoint with a "state_dict" of tensors.')
    try:
        options = plain(content.get("hyper_parameters") or {})
    except RecursionError:
        raise CheckpointError(f"{path}: refused: its options hold themselves.") from None
    if not isinstance(options, dict):
        raise CheckpointError(f'{path}: expected options by name in "hyper_parameters".')
    return {str(name): tensor.float().contiguous() for name, tensor in weights.items()}, options


def config_of(weights: Mapping[str, Tensor], options: Mapping[str, Any], source: str) -> dict[str, Any]:
    """`config.json` from the options of the first DExter; sizes that they leave out are taken from the weights."""
    unet = "init_conv.weight" in weights
    if not unet and "input_projection.weight" not in weights:
        raise CheckpointError(f"{source}: its tensors are neither those of ClassifierFreeDenoiser nor of DenoiserUnet.")
    told = {ours: options.get(theirs, DEFAULTS[ours]) for theirs, ours in {**COMMON, **(UNET if unet else DIFFWAVE)}.items()}
    network: dict[str, Any] = {"kind": "unet" if unet else "diffwave", **told}
    if unet:
        network["parameters"] = weights["final_fc.weight"].shape[0]
        if "dim" not in options:
            network["dim"] = weights["final_fc.weight"].shape[1]
        network["scoreNormalization"] = None
    else:
        channels, parameters, _ = weights["input_projection.weight"].shape
        layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("residual_layers."))
        network.update(parameters=parameters, residualChannels=channels, residualLayers=layers,
                       kernelSize=weights["residual_layers.0.dilated_conv.weight"].shape[2],
                       scoreFeatures=weights["residual_layers.0.conditioner_projection.weight"].shape[1])
        low, high, mode = options.get("norm_args") or (0, 1, "rowwise")
        network.update(normalization={"low": low, "high": high, "mode": mode}, film=False, diffusionSteps=int(options.get("timesteps", 1000)))
    training = options.get("training") or {}
    mode = training.get("mode", "epsilon") if isinstance(training, Mapping) else "epsilon"
    if mode not in MODES:
        raise CheckpointError(f"{source}: training.mode must be {', '.join(MODES)}, got {str(mode)[:60]!r}.")
    means, sds = options.get("dataset_means"), options.get("dataset_stds")
    return {
        "format": "dexter-classic", "version": 1, "network": network, "prediction": MODES[mode],
        "schedule": {"kind": "linear", "steps": int(options.get("timesteps", 1000)),
                     "betaStart": float(options.get("beta_start", 1e-4)), "betaEnd": float(options.get("beta_end", 0.02))},
        "scale": {"mean": flat(means), "sd": flat(sds)} if means is not None and sds is not None else None,
        "nullCondition": "original",
        "training": {"source": source, "hyperParameters": json.loads(json.dumps(options, default=str))},
    }


def flat(values: Any) -> list[float]:
    return [float(x) for x in torch.as_tensor(values, dtype=torch.float64).flatten()]


def to_folder(source: Path, folder: Path) -> None:
    weights, options = read_lightning(source)
    try:
        config = config_of(weights, options, source.name)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{source}: its tensors or options are not those of DExter: {str(error)[:200]}.") from None
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def to_ckpt(folder: Path, target: Path) -> None:
    """Weights and options under the names of the first DExter. What it cannot express is refused; FiLM, which it does not have,
    is left out only where it is 0."""
    try:
        config = read_config(folder / "config.json")
    except ConfigError as error:
        raise CheckpointError(str(error)) from None
    refuse_inexpressible(folder, config)
    weights = read_weights(folder / "model.safetensors", config["network"])
    film = [name for name in weights if "film_projection" in name]
    if any(bool(weights[name].any()) for name in film):
        raise CheckpointError(f"{folder}: its perceptual features act through FiLM, which the first DExter does not have.")
    network, schedule = config["network"], config["schedule"]
    names = {**COMMON, **(UNET if network["kind"] == "unet" else DIFFWAVE)}
    options: dict[str, Any] = {theirs: network[ours] for theirs, ours in names.items()}
    options.update(timesteps=schedule["steps"], beta_start=schedule["betaStart"], beta_end=schedule["betaEnd"],
                   training={"mode": PREDICTIONS[config["prediction"]], "target": "gen_noise"})
    if network["kind"] == "diffwave":
        options["norm_args"] = [network["normalization"][name] for name in ("low", "high", "mode")]
    if config.get("scale"):
        options.update(dataset_means=config["scale"]["mean"], dataset_stds=config["scale"]["sd"])
    # The table of the steps is no weight there.
    kept = {name: tensor for name, tensor in weights.items() if name not in film and name != STEP_TABLE}
    content = {"epoch": 0, "global_step": 0, "pytorch-lightning_version": "1.9.5", "state_dict": kept, "hyper_parameters": options}
    try:
        with open(target, "wb") as file:
            torch.save(content, file)
    except RuntimeError as error:
        raise CheckpointError(f"{target}: cannot be written: {str(error)[:200]}.") from None


def refuse_inexpressible(folder: Path, config: Mapping[str, Any]) -> None:
    """A checkpoint that says less than the model is would run there, and be wrong."""
    network, schedule, prediction = config["network"], config["schedule"], config["prediction"]
    if prediction not in PREDICTIONS:
        raise CheckpointError(f'{folder}: it predicts "{prediction}"; the first DExter knows {" and ".join(PREDICTIONS)} alone.')
    if schedule["kind"] != "linear":
        raise CheckpointError(f'{folder}: its schedule is {schedule["kind"]}; the first DExter trains and samples with a linear one alone.')
    if network.get("scoreNormalization"):
        raise CheckpointError(f"{folder}: its score features are normalized, which the first DExter's U-Net does not do.")
    if network["kind"] == "unet" and network["condition"] != "fixed":
        raise CheckpointError(f"{folder}: its condition is learned, which the first DExter's U-Net cannot run with.")


def read_weights(file: Path, network: Mapping[str, Any]) -> dict[str, Tensor]:
    """Tensors of a folder: those of the network that config.json describes, in its shapes."""
    try:
        weights = load_file(file)
    except FileNotFoundError:
        raise CheckpointError(f"{file}: no such file.") from None
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{file}: is damaged or no safetensors file: {str(error)[:200]}.") from None
    try:
        with torch.device("meta"):
            expected = (Unet if network["kind"] == "unet" else DiffWave)(network).state_dict()
    except (RuntimeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{file.parent / 'config.json'}: there is no such network: {str(error)[:200]}.") from None
    wrong = [name for name in {**expected, **weights} if name != STEP_TABLE and shape_of(expected, name) != shape_of(weights, name)]
    if wrong:
        asked, got = (shape_of(of, wrong[0]) or "none" for of in (expected, weights))
        raise CheckpointError(f'{file}: tensor "{wrong[0][:80]}" must be {asked} by config.json, got {got}: they belong to different models.')
    return weights


def shape_of(tensors: Mapping[str, Tensor], name: str) -> Optional[list[int]]:
    return list(tensors[name].shape) if name in tensors else None


def main(arguments: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dexter_torch.lightning", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("direction", choices=["to-folder", "to-ckpt"])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args(arguments)
    try:
        (to_folder if given.direction == "to-folder" else to_ckpt)(given.source, given.target)
    except (CheckpointError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
