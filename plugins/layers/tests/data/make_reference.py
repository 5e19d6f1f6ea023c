"""Writes reference.json: values, gradients and texts of PyTorch that the tests are held against.

Needs torch; the tests do not. Run as ``python make_reference.py`` in this folder.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

LOGITS = torch.randn(4, 3)
INDICES = torch.tensor([0, 2, 1, 2])
MAPS = torch.randn(2, 3, 2)
PLACES = torch.tensor([[0, 2], [1, 1]])
SOFT = torch.softmax(torch.randn(4, 3), dim=1)
CLASSES = torch.tensor([0.5, 2.0, 1.5])
PAIRS = torch.randn(4, 3)
UNIT = torch.rand(4, 3)


def case(name, arrays, differentiate=("input",), **options):
    """One call of a function, with the gradients of its result under a fixed cotangent."""
    leaves = {
        k: v.clone().requires_grad_(k in differentiate) if v.is_floating_point() else v
        for k, v in arrays.items()
    }
    out = getattr(F, name)(**leaves, **options)
    cotangent = torch.linspace(0.5, 1.5, out.numel()).reshape(out.shape)
    if differentiate:
        out.backward(cotangent)
    return {
        "function": name,
        "arrays": {k: v.tolist() for k, v in arrays.items()},
        "options": options,
        "value": out.tolist(),
        "cotangent": cotangent.tolist(),
        "gradients": {k: leaves[k].grad.tolist() for k in differentiate},
    }


def cases():
    logits = {"input": LOGITS}
    big = {"input": torch.tensor([-800.0, -30.0, -1.0, 0.0, 2.0, 40.0, 800.0])}
    for name in ("relu", "sigmoid", "tanh", "softplus"):
        yield case(name, big if name != "relu" else logits)
    yield case("softplus", logits, beta=2.0)
    yield case("gelu", logits, approximate="tanh")
    yield case("normalize", logits)
    yield case("normalize", logits, p=3.0, dim=0)
    for dim in (0, 1, -1):
        yield case("softmax", logits, dim=dim)
        yield case("log_softmax", logits, dim=dim)
    weight, bias = torch.randn(2, 3), torch.randn(2)
    both = ("input", "weight", "bias")
    yield case("linear", {"input": LOGITS, "weight": weight, "bias": bias}, both)
    yield case("linear", {"input": MAPS.mT, "weight": weight, "bias": bias}, both)
    yield case("linear", {"input": LOGITS[0], "weight": weight}, both[:2])
    yield case("embedding", {"input": PLACES, "weight": LOGITS}, ("weight",))
    yield case("embedding", {"input": PLACES, "weight": LOGITS}, ("weight",), padding_idx=1)
    yield case("embedding", {"input": PLACES, "weight": LOGITS}, ("weight",), padding_idx=-2)
    for reduction in ("mean", "sum", "none"):
        yield from losses(reduction)
    for smoothing in (0.1, 1.0):
        yield case("cross_entropy", {"input": LOGITS, "target": INDICES, "weight": CLASSES},
                   label_smoothing=smoothing, ignore_index=2)  # fmt: skip
    yield from windows()


def windows():
    """Functions of windows; drawn after all others, whose numbers stay what they were."""
    image, line, block = torch.randn(1, 4, 5, 4), torch.randn(1, 4, 7), torch.randn(1, 2, 3, 3, 3)
    both = ("input", "weight", "bias")
    for d, x in ((1, line), (2, image), (3, block)):
        channels = x.shape[1]
        arrays = {
            "input": x,
            "weight": torch.randn(4, channels // 2, *(2, 3, 2)[:d]),
            "bias": torch.randn(4),
        }
        yield case(f"conv{d}d", arrays, both, stride=2, padding=1, groups=2)
        yield case(f"conv{d}d", arrays, both, padding="same", dilation=(1, 2, 1)[:d], groups=2)
        arrays = {
            "input": x,
            "weight": torch.randn(channels, 2, *(3, 2, 2)[:d]),
            "bias": torch.randn(4),
        }
        yield case(
            f"conv_transpose{d}d", arrays, both, stride=2, padding=1, output_padding=1, groups=2
        )
        yield case(
            f"max_pool{d}d", {"input": x}, kernel_size=2, stride=1, padding=1, ceil_mode=True
        )
        yield case(
            f"avg_pool{d}d", {"input": x}, kernel_size=3, stride=2, padding=1, ceil_mode=True
        )
        yield case(f"avg_pool{d}d", {"input": x}, kernel_size=2, padding=1, count_include_pad=False)
    yield case("unfold", {"input": image}, kernel_size=(2, 3), padding=1, stride=(2, 1))
    yield case(
        "fold",
        {"input": torch.randn(1, 12, 6)},
        output_size=(4, 5),
        kernel_size=2,
        dilation=2,
        stride=(1, 1),
    )


def losses(reduction):
    r = {"reduction": reduction}
    targets = ("input", "target")
    for name in ("mse_loss", "l1_loss"):
        yield case(name, {"input": LOGITS, "target": PAIRS}, targets, **r)
    yield case("mse_loss", {"input": LOGITS, "target": PAIRS, "weight": UNIT}, **r)
    yield case("binary_cross_entropy", {"input": UNIT, "target": SOFT}, **r)
    edges = {"input": torch.tensor([0.0, 1.0, 0.5]), "target": torch.tensor([0.0, 1.0, 1.0])}
    # no gradient at the edges: PyTorch bounds (1 - p) p from below and so gives 0 for the true 1
    yield case("binary_cross_entropy", edges, (), **r)
    logits = {"input": 50.0 * LOGITS, "target": SOFT}
    yield case("binary_cross_entropy_with_logits", logits, targets, **r)
    yield case(
        "binary_cross_entropy_with_logits", {**logits, "weight": UNIT, "pos_weight": CLASSES}, **r
    )
    for name, x in (("cross_entropy", LOGITS), ("nll_loss", LOGITS.log_softmax(1))):
        plain = {"input": x, "target": INDICES}
        yield case(name, plain, **r)
        yield case(name, {**plain, "weight": CLASSES}, **r)
        yield case(name, plain, ignore_index=2, **r)
        yield case(name, {**plain, "weight": CLASSES}, ignore_index=2, **r)
        yield case(name, {"input": MAPS, "target": PLACES}, **r)
        yield case(name, {"input": MAPS, "target": PLACES, "weight": CLASSES}, ignore_index=1, **r)
        yield case(name, {"input": x[0], "target": INDICES[1]}, **r)
    smooth = {"label_smoothing": 0.1, **r}
    yield case("cross_entropy", {"input": LOGITS, "target": INDICES}, **smooth)
    yield case("cross_entropy", {"input": LOGITS, "target": INDICES}, ignore_index=2, **smooth)
    yield case("cross_entropy", {"input": MAPS, "target": PLACES, "weight": CLASSES}, **smooth)
    for options in (r, smooth):
        yield case("cross_entropy", {"input": LOGITS, "target": SOFT}, targets, **options)
        yield case("cross_entropy", {"input": LOGITS, "target": SOFT, "weight": CLASSES}, **options)
        yield case("cross_entropy", {"input": MAPS, "target": MAPS.softmax(1)}, **options)


TEXTS = (
    "nn.Linear(3, 2)",
    "nn.Linear(3, 2, bias=False)",
    "nn.ReLU()",
    "nn.ReLU(inplace=True)",
    "nn.Sigmoid()",
    "nn.Tanh()",
    "nn.Softmax(dim=1)",
    "nn.Softmax()",
    "nn.LogSoftmax(dim=-1)",
    "nn.Dropout(0.25)",
    "nn.Flatten()",
    "nn.Flatten(0, 2)",
    "nn.Embedding(10, 3)",
    "nn.Embedding(10, 3, padding_idx=-1)",
    "nn.Conv1d(2, 4, 3)",
    "nn.Conv2d(2, 4, (3, 2), stride=2, padding=1, dilation=(1, 2), groups=2, bias=False)",
    "nn.Conv2d(2, 4, 3, padding='same', padding_mode='circular')",
    "nn.Conv3d(2, 4, 3)",
    "nn.ConvTranspose1d(4, 2, 3, groups=2)",
    "nn.ConvTranspose2d(4, 2, 3, 2, 1, 1)",
    "nn.ConvTranspose3d(4, 2, 3, bias=False)",
    "nn.MaxPool1d(2)",
    "nn.MaxPool2d((3, 2), stride=2, padding=1, ceil_mode=True)",
    "nn.MaxPool3d(2, dilation=2)",
    "nn.AvgPool1d(2)",
    "nn.AvgPool2d(2, 1, 1)",
    "nn.AvgPool3d((1, 2, 2))",
    "nn.MSELoss()",
    "nn.L1Loss()",
    "nn.CrossEntropyLoss()",
    "nn.NLLLoss()",
    "nn.BCEWithLogitsLoss()",
    "nn.Sequential()",
    "nn.ModuleList()",
    "nn.ModuleDict()",
    "nn.Sequential(nn.Linear(3, 2), nn.ReLU())",
    "nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4), nn.ReLU()])",
    "nn.ModuleList([nn.Sequential(nn.Linear(2, 2), nn.Tanh()) for _ in range(3)])",
    "nn.Sequential(nn.ModuleDict({'a': nn.ModuleList([nn.ReLU(), nn.Sigmoid()])}), nn.Flatten())",
)

if __name__ == "__main__":
    found = list(cases())  # first: modules draw numbers
    texts = {text: repr(eval(text)) for text in TEXTS}  # noqa: S307 - the texts above
    shapes = {
        text: {name: list(p.shape) for name, p in eval(text).state_dict().items()}  # noqa: S307 - as above
        for text in TEXTS
    }
    data = {"torch": torch.__version__, "cases": found, "texts": texts, "shapes": shapes}
    assert nn
    Path(__file__).with_name("reference.json").write_text(json.dumps(data) + "\n", encoding="utf-8")
