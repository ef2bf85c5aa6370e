"""parangonar's note matcher on the score and performance notes of match files; prints the seconds of each as JSON.

Run by align.mjs: python align.py cases.json
"""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import parangonar
import partitura


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        paths = json.load(file)
    matcher = parangonar.DualDTWNoteMatcher()
    seconds = []
    for path in paths:
        performance, _, score = partitura.load_match(path, create_score=True)
        score_notes = score.note_array(include_grace_notes=True)
        performed_notes = performance.note_array()
        started = time.perf_counter()
        matcher(score_notes, performed_notes)
        seconds.append(time.perf_counter() - started)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
