"""Reference values of a tiny U-Net, from PyTorch's own operators and its automatic gradients.

    python tools/golden/unet.py packages/diffusion/test/golden/unet-gradients.json
    python tools/golden/unet.py --check SHARED/golden/diffusion

The network is written here once more, as functions of a state dict, so that the TypeScript network is not checked by itself.
With --check the same functions are compared with the values of the Python DExter. Weights and inputs follow a formula
(`formula` below), so that the file holds results only: each prediction, and of each weight's gradient the length and its
projection on a direction of the same formula. Double precision. Needs torch and safetensors.
"""
import json
import math
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def norm(w, name, x):
    return F.group_norm(x, 1, w[name + ".weight"], w[name + ".bias"], eps=1e-5)


def conv(w, name, x, **options):
    weight = w[name + ".weight"]
    return F.conv2d(x, weight, w.get(name + ".bias"), groups=x.shape[1] // weight.shape[1], **options)


def dense(w, name, x):
    return F.linear(x, w[name + ".weight"], w[name + ".bias"])


def net(w, name, x):
    x = F.gelu(conv(w, name + ".1", norm(w, name + ".0", x), padding=1))
    return conv(w, name + ".4", norm(w, name + ".3", x), padding=1)


def block(w, name, x, cond, step):
    h = conv(w, name + ".ds_conv", x, padding=3)
    seen = conv(w, name + ".cond_ds_conv", cond, padding=3)
    if step is not None:
        h = h + seen + dense(w, name + ".mlp.1", F.gelu(step))[:, :, None, None]
    residual = conv(w, name + ".res_conv", x) if name + ".res_conv.weight" in w else x
    return net(w, name + ".net", h) + residual, net(w, name + ".cond_net", seen)


def heads(w, name, x):
    b, _, t, width = x.shape
    qkv = conv(w, name + ".fn.fn.to_qkv", norm(w, name + ".fn.norm", x))
    return qkv.view(b, 3, 4, 32, t * width).unbind(1)


def linear_attention(w, name, x):
    q, k, v = heads(w, name, x)
    context = k.softmax(-1) @ v.transpose(-1, -2)
    out = context.transpose(-1, -2) @ (q.softmax(-2) * 32**-0.5)
    out = conv(w, name + ".fn.fn.to_out.0", out.reshape(x.shape[0], 128, *x.shape[2:]))
    return norm(w, name + ".fn.fn.to_out.1", out) + x


def full_attention(w, name, x):
    q, k, v = heads(w, name, x)
    attention = (q.transpose(-1, -2) * 32**-0.5 @ k).softmax(-1)
    out = (attention @ v.transpose(-1, -2)).transpose(-1, -2)
    return conv(w, name + ".fn.fn.to_out", out.reshape(x.shape[0], 128, *x.shape[2:])) + x


def unet(w, dim, levels, noisy, step, condition, with_step=True):
    """noisy [B, N, P], step [B], condition [B, N, S + C] -> [B, N, P]."""
    embedded = None
    if with_step:
        half = dim // 2
        angles = step[:, None] * torch.exp(torch.arange(half) * -(math.log(10000) / (half - 1)))
        embedded = dense(w, "time_mlp.3", F.gelu(dense(w, "time_mlp.1", torch.cat([angles.sin(), angles.cos()], -1))))
    x = dense(w, "init_fc", conv(w, "init_conv", noisy[:, None], padding=3))
    cond = dense(w, "condition_init_fc", conv(w, "condition_init_conv", condition[:, None], padding=3))
    kept = []
    for i in range(levels):
        x, cond = block(w, f"downs.{i}.0", x, cond, embedded)
        x, cond = block(w, f"downs.{i}.1", x, cond, embedded)
        x = linear_attention(w, f"downs.{i}.2", x)
        kept.append((x, cond))
        if i < levels - 1:
            x = conv(w, f"downs.{i}.3", x, stride=2, padding=1)
            cond = conv(w, f"downs.{i}.4", cond, stride=2, padding=1)
    x, cond = block(w, "mid_block1", x, cond, embedded)
    x = full_attention(w, "mid_attn", x)
    x, cond = block(w, "mid_block2", x, cond, embedded)
    for i in range(levels - 1):
        x, cond = block(w, f"ups.{i}.0", torch.cat([x, *kept.pop()], 1), cond, embedded)
        x, cond = block(w, f"ups.{i}.1", x, cond, embedded)
        x = linear_attention(w, f"ups.{i}.2", x)
        up = lambda k, image: F.conv_transpose2d(image, w[f"ups.{i}.{k}.weight"], w[f"ups.{i}.{k}.bias"], stride=2, padding=1)
        x, cond = up(3, x), up(4, cond)
    x, _ = block(w, "final_block", x, cond, None)
    return dense(w, "final_fc", conv(w, "final_conv", x))[:, 0]


def formula(length, seed):
    """Values in [-1, 1) that any language can make: the fraction of 1e4 sin, less a half, doubled; as float32."""
    i = torch.arange(length) + 1
    value = 1e4 * torch.sin(i * 0.7 + seed)
    return (2 * (value - value.floor()) - 1).float().double()


def tensors(dim, mults, step):
    """Shapes by name, in the order of the formula's seeds."""
    shapes = {}

    def layer(name, *shape, outputs=None):
        shapes[name + ".weight"] = shape
        shapes[name + ".bias"] = (outputs or shape[0],)

    def pair(name, inputs, outputs, emb, cond_inputs=1):
        if emb:
            layer(name + ".mlp.1", inputs, emb)
        layer(name + ".ds_conv", inputs, 1, 7, 7)
        layer(name + ".cond_ds_conv", inputs, cond_inputs, 7, 7)
        for n in ("net", "cond_net"):
            layer(f"{name}.{n}.0", inputs)
            layer(f"{name}.{n}.1", 2 * outputs, inputs, 3, 3)
            layer(f"{name}.{n}.3", 2 * outputs)
            layer(f"{name}.{n}.4", outputs, 2 * outputs, 3, 3)
        if inputs != outputs:
            layer(name + ".res_conv", outputs, inputs, 1, 1)

    def attend(name, channels, linear=True):
        shapes[name + ".fn.fn.to_qkv.weight"] = (384, channels, 1, 1)
        layer(name + ".fn.fn.to_out" + (".0" if linear else ""), channels, 128, 1, 1)
        if linear:
            layer(name + ".fn.fn.to_out.1", channels)
        layer(name + ".fn.norm", channels)

    widths = [dim] + [dim * m for m in mults]
    emb = 4 * dim if step else 0
    layer("init_conv", dim, 1, 7, 7)
    layer("init_fc", dim, 5)
    layer("condition_init_conv", dim, 1, 7, 7)
    layer("condition_init_fc", dim, 11)
    if step:
        layer("time_mlp.1", emb, dim)
        layer("time_mlp.3", emb, emb)
    for i, (before, channels) in enumerate(zip(widths, widths[1:])):
        pair(f"downs.{i}.0", before, channels, emb)
        pair(f"downs.{i}.1", channels, channels, emb)
        attend(f"downs.{i}.2", channels)
        if i < len(mults) - 1:
            layer(f"downs.{i}.3", channels, channels, 4, 4)
            layer(f"downs.{i}.4", channels, channels, 4, 4)
    for i, (before, channels) in enumerate(list(zip(widths, widths[1:]))[:0:-1]):
        pair(f"ups.{i}.0", 3 * channels, before, emb, channels)
        pair(f"ups.{i}.1", before, before, emb)
        attend(f"ups.{i}.2", before)
        layer(f"ups.{i}.3", before, before, 4, 4)
        layer(f"ups.{i}.4", before, before, 4, 4)
    pair("mid_block1", widths[-1], widths[-1], emb)
    attend("mid_attn", widths[-1], linear=False)
    pair("mid_block2", widths[-1], widths[-1], emb)
    pair("final_block", widths[1], widths[1], 0)
    layer("final_conv", 1, widths[1], 1, 1)
    layer("final_fc", 5, dim)
    return shapes


def case(mults, with_step, learned):
    dim, batch, notes = 4, 2, 8
    weights = {}
    for seed, (name, shape) in enumerate(tensors(dim, mults, with_step).items()):
        values = formula(math.prod(shape), seed).reshape(shape)
        inputs = math.prod(shape[1:])
        is_norm = len(shape) == 1 and name.endswith(".weight")
        weights[name] = ((1 + 0.3 * values) if is_norm else values / math.sqrt(inputs) if inputs > 1 else 0.3 * values).float().double().requires_grad_()
    noisy = formula(batch * notes * 5, 1001).reshape(batch, notes, 5)
    condition = 3 * formula(batch * notes * 11, 1002).reshape(batch, notes, 11)
    condition = condition.float().double()
    null = formula(11 * notes, 1004).reshape(11, notes).requires_grad_() if learned else torch.full((11, notes), -1.0)
    condition = torch.stack([condition[0], null.T])  # the second example has lost its condition
    step = torch.tensor([3.0, 700.5])
    prediction = unet(weights, dim, len(mults), noisy, step, condition, with_step)
    (prediction * formula(batch * notes * 5, 1003).reshape(prediction.shape)).sum().backward()
    if learned:
        weights["trainable_parameters"] = null
    gradients = {}
    for name, weight in weights.items():
        gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
        along = (gradient.flatten() * formula(gradient.numel(), 2000)).sum().item()
        gradients[name] = [float(f"{gradient.norm().item():.8g}"), float(f"{along:.8g}")]
    return {"dimMults": mults, "withTimeEmbedding": with_step, "learned": learned,
            "prediction": [float(f"{p:.9g}") for p in prediction.flatten().tolist()], "gradients": gradients}


def check(folder):
    from safetensors.torch import load_file
    weights = {k: v.double() for k, v in load_file(f"{folder}/denoiser_unet_weights.safetensors").items()}
    values = {k: v.double() for k, v in load_file(f"{folder}/denoiser_unet.safetensors").items()}
    worst = 0
    for name, expected in values.items():
        if name.startswith("out/") and not name.endswith("mask"):
            _, notes, steps, kind = name.split("/")
            condition = torch.cat([values[f"in/{notes}/s"], values[f"in/{notes}/c"]], -1)
            condition = condition * 0 if kind == "zero" else condition * 0 - 1 if kind == "null" else condition
            step = torch.tensor([float(t) for t in steps[1:].split("_")])
            worst = max(worst, (unet(weights, 4, 3, values[f"in/{notes}/x"][:, 0], step, condition) - expected[:, 0]).abs().max().item())
    print("largest difference from the Python DExter:", worst)


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(sys.argv[2])
    else:
        cases = [case([1, 2], True, False), case([1, 2, 4], True, True), case([1, 2], False, False)]
        with open(sys.argv[1], "w") as file:
            json.dump({"generator": f"tools/golden/unet.py, torch {torch.__version__}, float64", "cases": cases}, file, separators=(",", ":"))
            file.write("\n")
