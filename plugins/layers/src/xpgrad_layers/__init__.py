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


@hookimpl
def xpgrad_components() -> list[ComponentSpec]:
    """Declare the layers and the losses."""
    layers = [
        ComponentSpec("layer", name, f"xpgrad_layers.{module}:{name}")
        for name, module in _LAYERS.items()
    ]
    losses = [ComponentSpec("loss", name, f"xpgrad_layers.losses:{name}") for name in _LOSSES]
    return layers + losses
