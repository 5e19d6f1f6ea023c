"""JAX's arrays in xpgrad: what the backend is called; JAX itself comes later."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends() -> list[BackendSpec]:
    """Declare the backend ``jax``."""
    return [
        BackendSpec(
            name="jax",
            array_types=("jax:Array", "jax.core:Tracer"),
            devices=("cpu", "gpu", "tpu"),
            factory="xpgrad_jax.backend:JaxBackend",
            priority=-10,  # "cpu" is NumPy's, where it is; "jax:cpu" always is this one
            requires=("jax",),
            install='pip install "xpgrad-jax[jax]"',
        )
    ]
