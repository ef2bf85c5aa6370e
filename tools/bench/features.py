"""Performance features with partitura: the other half of features.mjs, which see.

Standard input: a JSON list of {"name", "score", "midi", "alignment"}.
"""

import importlib.metadata
import json
import platform
import sys
import time
import warnings

import partitura
from partitura.io.importparangonada import load_alignment_from_ASAP
from partitura.musicanalysis.performance_features import make_performance_features

warnings.simplefilter("ignore")
times = {}
for job in json.load(sys.stdin):
    score = partitura.load_musicxml(job["score"])
    part = partitura.score.merge_parts(score.parts)
    part = partitura.score.unfold_part_maximal(part, update_ids=True)
    performance = partitura.load_performance_midi(job["midi"])
    alignment = [entry for entry in load_alignment_from_ASAP(job["alignment"]) if entry["label"] == "match"]
    start = time.perf_counter()
    try:
        make_performance_features(part, performance, alignment, ["asynchrony_feature", "articulation_feature", "pedal_feature"])
    except Exception as error:
        print(f"partitura: {job['name']}: {error!r}", file=sys.stderr)
        continue
    times[job["name"]] = 1000 * (time.perf_counter() - start)
version = importlib.metadata.version("partitura")
json.dump({"times": times, "version": version, "python": platform.python_version()}, sys.stdout)
