"""`config.json` of a classic model's folder, checked field by field before anything relies on it.

The rules are those of packages/diffusion/src/classic/config-file.ts.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Callable, Mapping, Union

FORMAT = "dexter-classic"
MAX_BYTES = 4 * 1024 * 1024

Check = tuple[str, Callable[[Any], bool]]
"""What is expected, in words, and whether a value is that."""
Rules = Mapping[str, Union[Check, "Rules"]]


class ConfigError(Exception):
    """A configuration that is damaged, or of something else."""


def _whole(low: int, high: int) -> Check:
    return f"an integer from {low} to {high}", lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def _number(low: float, high: float) -> Check:
    return f"a number from {low:g} to {high:g}", lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) and low <= v <= high


def _one_of(*texts: str) -> Check:
    return " or ".join(f'"{text}"' for text in texts), lambda v: isinstance(v, str) and v in texts


def _list_of(check: Check, least: int, most: int) -> Check:
    name, holds = check
    return f"a list of {least} to {most}, each {name}", lambda v: isinstance(v, list) and least <= len(v) <= most and all(map(holds, v))


def _or_none(rule: Check) -> Check:
    name, holds = rule
    return f"{name} or null", lambda v: v is None or holds(v)


CHANNELS, FEATURES, STEPS = _whole(1, 8192), _whole(1, 1024), _whole(1, 100_000)
FLAG: Check = ("true or false", lambda v: isinstance(v, bool))
ANY_NUMBER = _number(-1e300, 1e300)
RANGE: Rules = {"low": ANY_NUMBER, "high": ANY_NUMBER, "mode": _one_of("rowwise", "framewise", "imagewise")}
MODEL: Rules = {
    "format": _one_of(FORMAT), "version": _whole(1, 1), "prediction": _one_of("noise", "x0", "v", "flow"), "nullCondition": _one_of("consistent", "original"),
    "schedule": {"kind": _one_of("linear", "cosine", "quadratic", "sigmoid"), "steps": STEPS, "betaStart": _number(0, 1), "betaEnd": _number(0, 1)},
    "network": {
        "kind": _one_of("diffwave", "unet"), "parameters": FEATURES, "scoreFeatures": FEATURES, "perceptualFeatures": FEATURES,
        "segmentNotes": _whole(1, 1_000_000), "condition": _one_of("fixed", "trainable_score"), "conditionDropout": _number(0, 1),
    },
}
NETWORK: Mapping[str, Rules] = {
    "diffwave": {
        "residualChannels": CHANNELS, "residualLayers": _whole(1, 256), "kernelSize": _whole(1, 31), "dilationBase": _whole(1, 65_536),
        "dilationBound": _whole(1, 256), "normalization": RANGE, "film": FLAG, "diffusionSteps": STEPS,
    },
    "unet": {
        "dim": CHANNELS, "dimMults": _list_of(CHANNELS, 1, 8), "initDim": _or_none(CHANNELS), "outDim": _or_none(CHANNELS), "channels": CHANNELS,
        "withTimeEmbedding": FLAG, "convnextMult": CHANNELS,
    },
}


def read_config(file: Path) -> dict[str, Any]:
    """The configuration of a classic model; ConfigError names the field, what was expected and what came."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{file}: too large: {file.stat().st_size} bytes, at most {MAX_BYTES}.")
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file.") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{file}: is not JSON: it is damaged or another kind of file.") from None
    _check(config, {"format": MODEL["format"]}, file, "")
    _check(config, MODEL, file, "")
    network = config["network"]
    _check(network, NETWORK[network["kind"]], file, "network.")
    if network.get("scoreNormalization") is not None:
        _check(network, {"scoreNormalization": RANGE}, file, "network.")
    if config.get("scale") is not None:
        parameters = network["parameters"]
        scale: Rules = {"mean": _list_of(ANY_NUMBER, parameters, parameters), "sd": _list_of(_number(1e-12, 1e300), parameters, parameters)}
        _check(config, {"scale": scale}, file, "")
    return config


def _check(value: Any, rules: Rules, file: Path, path: str) -> None:
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: {path.rstrip('.') or 'as a whole'} must be an object, got {_shown(value)}.")
    for name, rule in rules.items():
        if isinstance(rule, Mapping):
            _check(value.get(name), rule, file, f"{path}{name}.")
        elif not rule[1](value.get(name)):
            raise ConfigError(f"{file}: {path}{name} must be {rule[0]}, got {_shown(value[name]) if name in value else 'nothing'}.")


def _shown(value: Any) -> str:
    return json.dumps(value, default=str)[:60]
