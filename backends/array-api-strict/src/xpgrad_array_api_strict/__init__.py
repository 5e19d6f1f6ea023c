"""array-api-strict as a backend: does what the standard says and no more, on several pretended devices."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends() -> list[BackendSpec]:
    """Declare the backend ``array_api_strict``."""
    return [
        BackendSpec(
            name="array_api_strict",
            array_types=("array_api_strict._array_object:Array",),
            devices=("cpu", "device1", "device2", "no_float64", "no_x64"),
            factory="xpgrad_array_api_strict.backend:StrictBackend",
            priority=-20,  # "cpu" is NumPy's; this one is "array_api_strict:cpu"
            requires=("array_api_strict",),
            install="pip install array-api-strict",
        )
    ]
