"""MusicXML to note array with partitura: the other half of note-array.mjs, which see.

Standard input: a JSON list of {"name", "path", "unfolded"}; argument: rounds.
"""

import importlib.metadata
import json
import platform
import sys
import time
import warnings

import partitura

warnings.simplefilter("ignore")
jobs = json.load(sys.stdin)
times = {}
for _ in range(int(sys.argv[1])):
    for job in jobs:
        start = time.perf_counter()
        score = partitura.load_musicxml(job["path"])
        part = partitura.score.merge_parts(score.parts)
        if job["unfolded"]:
            part = partitura.score.unfold_part_maximal(part, update_ids=True)
        part.note_array()
        ms = 1000 * (time.perf_counter() - start)
        times[job["name"]] = min(ms, times.get(job["name"], float("inf")))
version = importlib.metadata.version("partitura")
json.dump({"times": times, "version": version, "python": platform.python_version()}, sys.stdout)
