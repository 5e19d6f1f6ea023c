"""PyTorch's tensors as arrays of xpgrad: what the backend is called; PyTorch itself comes later."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends() -> list[BackendSpec]:
    """Declare the backend ``torch``."""
    return [
        BackendSpec(
            name="torch",
            array_types=("torch:Tensor",),
            devices=("cpu", "cuda", "mps", "xpu"),
            factory="xpgrad_torch.backend:TorchBackend",
            priority=-10,  # "cpu" is NumPy's and "cuda" CuPy's, where they are; "torch:cpu" always is this one
            requires=("torch",),
            install='pip install "xpgrad-torch[torch]"',
        )
    ]
