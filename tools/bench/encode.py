"""Encoding with partitura: the other half of encode.mjs, which see.

Standard input: a JSON list of {"name", "score", "midi", "alignment"}; argument: rounds.
"""

import importlib.metadata
import json
import platform
import sys
import time
import warnings

import partitura
from partitura.io.importparangonada import load_alignment_from_ASAP
from partitura.musicanalysis import encode_performance

warnings.simplefilter("ignore")
times = {}
for job in json.load(sys.stdin):
    score = partitura.load_musicxml(job["score"])
    part = partitura.score.merge_parts(score.parts)
    part = partitura.score.unfold_part_maximal(part, update_ids=True)
    performance = partitura.load_performance_midi(job["midi"])
    for _ in range(int(sys.argv[1])):
        alignment = load_alignment_from_ASAP(job["alignment"])
        start = time.perf_counter()
        encode_performance(part, performance[0], alignment)
        ms = 1000 * (time.perf_counter() - start)
        times[job["name"]] = min(ms, times.get(job["name"], float("inf")))
version = importlib.metadata.version("partitura")
json.dump({"times": times, "version": version, "python": platform.python_version()}, sys.stdout)
