"""The CuPy backend of xpgrad: what it is called and where it lives; CuPy itself comes later."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends() -> list[BackendSpec]:
    """Declare the backend ``cupy`` for the device kind ``cuda``."""
    return [
        BackendSpec(
            name="cupy",
            array_types=("cupy:ndarray",),
            devices=("cuda",),
            factory="xpgrad_cupy.backend:CupyBackend",
            requires=("cupy",),
            install=(
                'pip install "xpgrad-cupy[cuda12]" (or [cuda13], as your CUDA driver says; not '
                "both: two CuPy wheels in one environment break each other)"
            ),
        )
    ]
