"""Training steps of DiffWave in PyTorch: the other half of classic-step.mjs, which see.

Argument: a safetensors file with the weights (PyTorch's names) and, under `in/`, one batch. Standard input: first a JSON
line {"network", "loss", "threads", "learningRate", "package"}, then an empty line for every step. Each is answered by a JSON line.
"""

import json
import sys
import time

import torch
from safetensors.torch import load_file

job = json.loads(sys.stdin.readline())
sys.path.insert(0, job["package"])
from dexter_torch.losses import classic_loss  # noqa: E402
from dexter_torch.networks.diffwave import DiffWave  # noqa: E402

torch.set_num_threads(job["threads"])
tensors = load_file(sys.argv[1])
given = {name[3:]: tensor for name, tensor in tensors.items() if name.startswith("in/")}
network = DiffWave(job["network"])
network.load_state_dict({name: tensor for name, tensor in tensors.items() if not name.startswith("in/")})
optimizer = torch.optim.Adam(network.parameters(), lr=job["learningRate"])
print(json.dumps({"version": torch.__version__}), flush=True)
for _ in sys.stdin:
    start, begin = time.perf_counter(), time.process_time()
    optimizer.zero_grad(set_to_none=True)
    answer = network(given["noisy"], given["step"], given["score"], None, given["dropped"])
    loss = classic_loss(
        answer, given["clean"], given["noise"], given["noisy"], given["signal"], given["sigma"], given["mask"], "noise", job["loss"]
    ).value
    loss.backward()
    optimizer.step()
    value = loss.item()
    wall, cpu = time.perf_counter() - start, time.process_time() - begin
    print(json.dumps({"wall": 1000 * wall, "cpu": 1000 * cpu, "loss": value}), flush=True)
