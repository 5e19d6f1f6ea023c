"""The NumPy backend of xpgrad: what it is called and where it lives; NumPy itself comes later."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends() -> list[BackendSpec]:
    """Declare the backend ``numpy`` for the device kind ``cpu``."""
    return [
        BackendSpec(
            name="numpy",
            array_types=("numpy:ndarray", "numpy:generic"),
            devices=("cpu",),
            factory="xpgrad_numpy.backend:NumpyBackend",
            requires=("numpy",),
            install="pip install xpgrad-numpy",
        )
    ]
