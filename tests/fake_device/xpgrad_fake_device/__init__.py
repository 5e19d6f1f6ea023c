"""A backend whose devices only pretend: they work late, count what they do, and give no value away unasked."""

from xpgrad.extend import BackendSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_backends() -> list[BackendSpec]:
    """Declare the backend ``fake``."""
    return [
        BackendSpec(
            name="fake",
            array_types=("xpgrad_fake_device.array:FakeArray",),
            devices=("pretend",),
            factory="xpgrad_fake_device.backend:FakeBackend",
            requires=("numpy",),
        )
    ]
