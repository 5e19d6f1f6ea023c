"""A backend for an array library of its own, which is in this package too."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends():
    return [
        BackendSpec(
            name="capsule",
            array_types=("capsule_backend.library:Array",),
            devices=("cpu",),
            factory="capsule_backend.backend:CapsuleBackend",
            requires=("numpy",),
            install="pip install numpy",
        )
    ]
