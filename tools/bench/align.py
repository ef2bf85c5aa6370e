"""parangonar's note matcher on note arrays of scores and performances; prints the seconds of each as JSON.

Run by align.mjs: python align.py cases.json
"""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import parangonar

TYPES = {"id": "U64", "pitch": "i4", "voice": "i4", "velocity": "i4", "onset_div": "i4", "duration_div": "i4", "is_grace": "?"}


def note_array(columns: dict) -> np.ndarray:
    array = np.zeros(len(columns["id"]), dtype=[(name, TYPES.get(name, "f4")) for name in columns])
    for name, values in columns.items():
        array[name] = values
    return array


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        paths = json.load(file)
    matcher = parangonar.DualDTWNoteMatcher()
    seconds = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            case = json.load(file)
        score, performance = note_array(case["score"]), note_array(case["performance"])
        started = time.perf_counter()
        matcher(score, performance)
        seconds.append(time.perf_counter() - started)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
