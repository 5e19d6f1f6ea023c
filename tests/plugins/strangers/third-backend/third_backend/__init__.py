"""A backend by a stranger: array-api-strict, which does what the standard says and no more."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends():
    return [
        BackendSpec(
            name="third",
            array_types=("array_api_strict._array_object:Array",),
            devices=("cpu",),
            factory="third_backend.backend:ThirdBackend",
            requires=("array_api_strict",),
            install="pip install array-api-strict",
        )
    ]
