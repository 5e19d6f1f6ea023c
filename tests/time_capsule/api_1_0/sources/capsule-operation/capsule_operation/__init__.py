"""Operations of all four words, with samples, references and a kernel."""

from xpgrad.extend import OpSpec, hookimpl

XPGRAD_API = (1, 0)
HOME = "capsule_operation"


@hookimpl
def xpgrad_ops():
    names = ("soft", "pairs", "blend", "peak")
    return [
        OpSpec(
            f"capsule.{name}",
            f"{HOME}.operations:{name}",
            rule=f"{HOME}.operations:{name.upper()}",
            samples=f"{HOME}.samples:{name.upper()}",
            reference=f"{HOME}.samples:{name}",
        )
        for name in names
    ] + [OpSpec("capsule.level", f"{HOME}.operations:level")]


@hookimpl
def xpgrad_kernels(backend):
    if backend.name != "numpy":
        return None
    from capsule_operation import kernels

    return {"capsule.soft": kernels.soft}
