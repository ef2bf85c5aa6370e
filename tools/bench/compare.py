"""Each of several performances against all others, with numpy and scipy: the peer of compare.mjs.

Reads [measures][performances][places] as JSON (null where missing), prints the milliseconds of the fastest round.
"""
import json
import sys
import time

import numpy as np
import scipy
from scipy.stats import gaussian_kde, rankdata, wasserstein_distance

measures = [np.array(curves, dtype=float) for curves in json.load(sys.stdin)]
rounds = int(sys.argv[1])


def there(values):
    return values[~np.isnan(values)]


def compare(curves):
    figures = []
    n = len(curves)
    for i in range(n):
        for j in range(i):
            both = ~np.isnan(curves[i]) & ~np.isnan(curves[j])
            a, b = curves[i][both], curves[j][both]
            r = np.corrcoef(a, b)[0, 1]
            rho = np.corrcoef(rankdata(a), rankdata(b))[0, 1]
            figures.append((r, rho, a.mean() - b.mean(), a.std() - b.std()))
    for i in range(n):
        own, others = there(curves[i]), there(np.delete(curves, i, axis=0).ravel())
        p, q = gaussian_kde(own), gaussian_kde(others)
        points = p.resample(512, seed=1)
        figures.append((wasserstein_distance(own, others), np.mean(p.logpdf(points) - q.logpdf(points))))
    return figures


best = float("inf")
for _ in range(rounds):
    start = time.perf_counter()
    for curves in measures:
        compare(curves)
    best = min(best, time.perf_counter() - start)
print(json.dumps({"ms": 1000 * best, "version": scipy.__version__}))
