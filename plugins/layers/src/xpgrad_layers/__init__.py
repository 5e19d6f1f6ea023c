"""Layers and losses for xpgrad: what they are called and where they live."""

from xpgrad.extend import ComponentSpec, hookimpl

XPGRAD_API = (1, 0)

_LAYERS = {
    "Linear": "linear",
    **{f"{name}{d}d": "convolution" for name in ("Conv", "ConvTranspose") for d in (1, 2, 3)},
    **{f"{name}{d}d": "pooling" for name in ("MaxPool", "AvgPool") for d in (1, 2, 3)},
    "Embedding": "embedding",
    "Dropout": "dropout",
    "Flatten": "flatten",
    "ReLU": "activations",
    "Sigmoid": "activations",
    "Tanh": "activations",
    "Softmax": "activations",
    "LogSoftmax": "activations",
}
_LOSSES = ("MSELoss", "L1Loss", "CrossEntropyLoss", "NLLLoss", "BCEWithLogitsLoss")

_IMAGES = {1: (2, 2, 5), 2: (1, 2, 4, 5), 3: (1, 2, 3, 3, 3)}
"""The shape of an input, for so many dimensions."""


def _channels(d: int, transposed: bool) -> tuple[dict[str, object], ...]:
    other = "output_padding" if transposed else "dilation"
    full = {"stride": 2, "padding": 1, other: 1, "groups": 2, "bias": False}
    plain = {"in_channels": 2, "out_channels": 4, "kernel_size": 2, "input": _IMAGES[d]}
    return (plain, {**plain, **full, "kernel_size": 3})


_CASES: dict[str, tuple[dict[str, object], ...]] = {
    "Linear": (
        {"in_features": 3, "out_features": 2, "input": (4, 3), "output": (4, 2)},
        {"in_features": 3, "out_features": 2, "bias": False, "input": (2, 2, 3), "output": (2, 2, 2)},
    ),
    **{f"Conv{d}d": _channels(d, False) for d in _IMAGES},
    **{f"ConvTranspose{d}d": _channels(d, True) for d in _IMAGES},
    **{
        f"{kind}Pool{d}d": (
            {"kernel_size": 2, "input": _IMAGES[d]},
            {"kernel_size": 2, "stride": 1, "padding": 1, "input": _IMAGES[d]},
        )
        for kind in ("Max", "Avg")
        for d in _IMAGES
    },
    "Embedding": (
        {"num_embeddings": 5, "embedding_dim": 3, "input": {"shape": (2, 4), "below": 5}, "output": (2, 4, 3)},
        {"num_embeddings": 5, "embedding_dim": 3, "padding_idx": 1, "input": {"shape": (4,), "below": 5}},
    ),
    "Dropout": ({"input": (4, 5), "output": (4, 5)}, {"p": 0.25, "input": (3,), "output": (3,)}),
    "Flatten": ({"input": (2, 3, 4), "output": (2, 12)}, {"start_dim": 0, "input": (2, 3), "output": (6,)}),
    **{name: ({"input": (3, 4), "output": (3, 4)},) for name in ("ReLU", "Sigmoid", "Tanh")},
    **{
        name: tuple({"dim": d, "input": (3, 4), "output": (3, 4)} for d in (0, -1))
        for name in ("Softmax", "LogSoftmax")
    },
    **{
        name: tuple(
            {"reduction": r, "input": [(3, 4), (3, 4)], "output": (3, 4) if r == "none" else ()}
            for r in ("mean", "none")
        )
        for name in ("MSELoss", "L1Loss", "BCEWithLogitsLoss")
    },
    **{
        name: tuple(
            {"reduction": r, "input": [(4, 3), {"shape": (4,), "below": 3}], "output": (4,) if r == "none" else ()}
            for r in ("mean", "none")
        )
        for name in ("CrossEntropyLoss", "NLLLoss")
    },
}  # fmt: skip
"""Under which arguments the conformance kit makes each, and what it is called with."""


_REFERENCES = {
    **{f"Conv{d}d": "convolution" for d in _IMAGES},
    **{f"ConvTranspose{d}d": "transposed_convolution" for d in _IMAGES},
    **{f"{kind}Pool{d}d": f"{kind.lower()}_pool" for kind in ("Max", "Avg") for d in _IMAGES},
    **{n: n.lower() for n in ("Linear", "Embedding", "Dropout", "Flatten", "ReLU", "Sigmoid", "Tanh", "Softmax")},
    "LogSoftmax": "log_softmax",
    "MSELoss": "mse",
    "L1Loss": "l1",
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll",
    "BCEWithLogitsLoss": "bce_with_logits",
}  # fmt: skip


def _spec(kind: str, name: str, module: str) -> ComponentSpec:
    return ComponentSpec(
        kind,
        name,
        f"xpgrad_layers.{module}:{name}",
        reference=f"xpgrad_layers.reference:{_REFERENCES[name]}",
        cases=_CASES[name],
    )


@hookimpl
def xpgrad_components() -> list[ComponentSpec]:
    """Declare the layers and the losses."""
    layers = [_spec("layer", name, module) for name, module in _LAYERS.items()]
    return layers + [_spec("loss", name, "losses") for name in _LOSSES]
