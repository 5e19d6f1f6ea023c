"""A layer with parameters, a buffer and two modes."""

from xpgrad.extend import ComponentSpec, hookimpl

XPGRAD_API = (1, 0)


@hookimpl
def xpgrad_components():
    cases = (
        {"features": 3, "input": (4, 3), "output": (4, 3)},
        {"features": 2, "sharpness": 0.5, "input": (5, 2)},
    )
    home = "capsule_layer.layer"
    return [
        ComponentSpec(
            "layer", "CapsuleGate", f"{home}:CapsuleGate", reference=f"{home}:reference", cases=cases
        )
    ]
