"""Grow forests of regression trees with LightGBM, one a channel, and write them as plain arrays.

    python3 fit_trees.py FOLDER

FOLDER holds `job.json`, `inputs.f32` ([rows, columns]) and for each channel `NAME.target.f32` and `NAME.weight.f32` ([rows]), all
float32, little-endian. Out comes `NAME.json` for each channel: T trees of at most L leaves as arrays `feature`, `threshold`, `left`,
`right` ([T, L - 1]) and `value` ([T, L]). A row whose value is at most the threshold goes left; a child k >= 1 is a node, -1 - j is leaf j.
With `"predict": true` in the job, `NAME.predicted.f32` is what LightGBM itself says of every row.

Progress is told on the standard output, a JSON object a line.
"""

import json
import sys
from pathlib import Path

import lightgbm
import numpy as np

TELL_EVERY = 20
# The smallest 16-bit float.
LEAST_HALF = 2.0**-24


def parameters(options: dict) -> dict:
    """LightGBM's names for our options."""
    return {
        "objective": "regression",
        "num_leaves": options["leaves"],
        "learning_rate": options["learningRate"],
        "min_data_in_leaf": options["minLeaf"],
        "feature_fraction": options["featureFraction"],
        "bagging_fraction": options["baggingFraction"],
        "bagging_freq": 1,
        "lambda_l2": options["l2"],
        "max_bin": options["maxBin"],
        "seed": options["seed"],
        "num_threads": options["threads"],
        "deterministic": True,
        "force_row_wise": True,
        "use_missing": False,
        "verbose": -1,
    }


def at_most(threshold: float) -> float:
    """The largest float32 that is not above: float32 inputs go the same way by it. What parts 0 from below stays there in 16 bits, too."""
    if -LEAST_HALF < threshold < 0:
        return -LEAST_HALF
    rounded = np.float32(threshold)
    return float(rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf)))


def nodes_of(tree: dict) -> tuple:
    """A dumped tree as {node: (feature, threshold, left, right)} and {leaf: value}."""
    root = tree["tree_structure"]
    if "split_index" not in root:
        return {0: (0, 0.0, -1, -1)}, {0: root["leaf_value"]}
    nodes, leaves, waiting = {}, {}, [root]
    while waiting:
        node = waiting.pop()
        assert node["decision_type"] == "<=" and node["missing_type"] == "None", "expected numerical splits without missing values"
        children = []
        for child in (node["left_child"], node["right_child"]):
            if "split_index" in child:
                assert child["split_index"] > node["split_index"], "expected children after their parents"
                children.append(child["split_index"])
                waiting.append(child)
            else:
                index = child.get("leaf_index", 0)
                children.append(-1 - index)
                leaves[index] = child["leaf_value"]
        nodes[node["split_index"]] = (node["split_feature"], at_most(node["threshold"]), *children)
    return nodes, leaves


def forest_of(booster: lightgbm.Booster) -> dict:
    """A trained forest as padded arrays."""
    trees = [nodes_of(tree) for tree in booster.dump_model()["tree_info"]]
    most = max([2, *(len(leaves) for _, leaves in trees)])
    nodes = np.zeros((4, len(trees), most - 1), np.float32)
    # An unused node leads to leaf 0, which is always there.
    nodes[2:] = -1
    value = np.zeros((len(trees), most), np.float32)
    for t, (inner, leaves) in enumerate(trees):
        for k, node in inner.items():
            nodes[:, t, k] = node
        for j, leaf in leaves.items():
            value[t, j] = leaf
    names = ("feature", "threshold", "left", "right")
    arrays = {name: array.ravel().tolist() for name, array in zip(names, nodes)}
    return {"lightgbm": lightgbm.__version__, "trees": len(trees), "leaves": most, **arrays, "value": value.ravel().tolist()}


def main(folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text())
    rounds = job["options"]["rounds"]
    params = parameters(job["options"])
    inputs = np.memmap(folder / "inputs.f32", "<f4", "r", shape=(job["rows"], job["columns"]))
    # Cut into bins once for all channels.
    binned = lightgbm.Dataset(inputs, np.zeros(job["rows"], np.float32), params=params).construct()
    for channel in job["channels"]:

        def tell(moment) -> None:
            done = moment.iteration + 1
            if done % TELL_EVERY == 0 or done == rounds:
                print(json.dumps({"channel": channel, "round": done, "rounds": rounds}), flush=True)

        weight = np.fromfile(folder / f"{channel}.weight.f32", "<f4")
        binned.set_label(np.fromfile(folder / f"{channel}.target.f32", "<f4"))
        binned.set_weight(weight)
        told = binned.subset(np.flatnonzero(weight > 0).tolist(), params)
        booster = lightgbm.train(params, told, num_boost_round=rounds, callbacks=[tell])
        if job.get("predict"):
            booster.predict(inputs).astype("<f4").tofile(folder / f"{channel}.predicted.f32")
        (folder / f"{channel}.json").write_text(json.dumps(forest_of(booster)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
