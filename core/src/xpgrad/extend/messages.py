"""What to say when a name is not known: what is there, what was left out, what to install."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from xpgrad.extend.manager import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xpgrad.extend.manager import Plugin
    from xpgrad.extend.tables import Tables

_CUPY = 'pip install "xpgrad[cuda12]" or pip install "xpgrad[cuda13]", as your CUDA driver says'
_LAYERS = (
    *("Linear", "ReLU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Dropout", "Flatten"),
    *("Embedding", "MSELoss", "L1Loss", "CrossEntropyLoss", "NLLLoss", "BCEWithLogitsLoss"),
)

_PACKAGES = {
    ("optimizer", "Adagrad"): "pip install xpgrad-adagrad",
    ("optimizer", "RMSprop"): "pip install xpgrad-rmsprop",
    ("optimizer", "Adam"): "pip install xpgrad-adam",
    ("optimizer", "AdamW"): "pip install xpgrad-adam",
    ("backend", "numpy"): "pip install xpgrad-numpy",
    ("backend", "cupy"): _CUPY,
    ("backend", "torch"): 'pip install "xpgrad-torch[torch]"',
    ("backend", "jax"): 'pip install "xpgrad-jax[jax]"',
    ("backend", "array_api_strict"): "pip install xpgrad-array-api-strict",
    ("device kind", "cpu"): "pip install xpgrad-numpy",
    ("device kind", "cuda"): _CUPY,
    **{(kind, name): "pip install xpgrad-layers" for name in _LAYERS
       for kind in ("layer", "loss")},
}  # fmt: skip


def how_to_install(what: str, name: str) -> str:
    """The command that brings a first-party name; empty for names we do not know."""
    for (kind, known), command in _PACKAGES.items():
        if kind == what and known.casefold() == name.casefold():
            return command
    return ""


def unknown(what: str, name: str, installed: Iterable[str], plugins: Sequence[Plugin]) -> str:
    """The message for a name that no plugin provides."""
    names = sorted(installed)
    folded = {known.casefold(): known for kind, known in _PACKAGES if kind == what}
    folded |= {each.casefold(): each for each in names}
    lines = [f"no plugin provides the {what} {name!r}"]
    if command := how_to_install(what, name):
        lines.append(f"  to get it: {command}")
    elif close := difflib.get_close_matches(name.casefold(), folded, n=1):
        command = "" if folded[close[0]] in names else how_to_install(what, folded[close[0]])
        lines.append(f"  did you mean {folded[close[0]]!r}?{f' ({command})' if command else ''}")
    lines.append(f"  installed: {', '.join(names) if names else 'none'}")
    lines += [f"  left out: {each}: {each.cause}" for each in plugins if not each.usable]
    return "\n".join(lines)


def failure(plugin: Plugin) -> str:
    """The warning for a plugin that was left out."""
    return (
        f"{plugin} was left out: {plugin.cause}. Everything else works. "
        f"Fix or uninstall it, or set XPGRAD_DISABLE_PLUGINS={plugin.provenance} to be quiet; "
        "`xpgrad doctor` shows the whole picture"
    )


def complaints(
    plugins: Iterable[Plugin], tables: Tables, kernel_faults: Iterable[tuple[str, str]]
) -> list[str]:
    """One text for every plugin that was left out, wholly or in part, and was not told so."""
    texts = [failure(each) for each in plugins if each.broken and each.distribution != LOCAL]
    by_plugin: dict[str, list[str]] = {}
    for _, loss in tables.losses():
        where = f" (it stays reachable as '{loss.elsewhere}')" if loss.elsewhere else ""
        by_plugin.setdefault(str(loss.entry.plugin), []).append(loss.reason + where)
    texts += [f"{who} lost a name: {'; '.join(says)}" for who, says in by_plugin.items()]
    texts += [f"kernels of plugin '{who}' were left out: {why}" for who, why in kernel_faults]
    return texts
