"""Turns a checkpoint of the Python DExter (PyTorch Lightning's .ckpt) into model.safetensors and config.json, and back.

    python tools/lightning-checkpoint.py to-folder MODEL.ckpt FOLDER
    python tools/lightning-checkpoint.py to-ckpt FOLDER MODEL.ckpt

Needs torch and safetensors. The code is apps/train/torch/dexter_torch/lightning.py, which travels with @dexter/train.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "apps" / "train" / "torch"))

from dexter_torch.lightning import main  # noqa: E402 - found by the line above

if __name__ == "__main__":
    sys.exit(main())
