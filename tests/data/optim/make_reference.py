"""Make the reference data in this folder with PyTorch: ``python tests/data/optim/make_reference.py``."""

import itertools
import json

import torch
import trajectories as t

AXES = {
    "SGD": {
        "momentum": (0.0, 0.9), "dampening": (0.0, 0.3), "weight_decay": (0.0, 0.1),
        "nesterov": (False, True), "maximize": (False, True),
    },
    "Adagrad": {
        "lr_decay": (0.0, 0.05), "weight_decay": (0.0, 0.1), "initial_accumulator_value": (0.0, 0.5),
        "eps": (1e-10, 1e-2), "maximize": (False, True),
    },
    "RMSprop": {
        "alpha": (0.99, 0.8), "eps": (1e-8, 1e-2), "weight_decay": (0.0, 0.1), "momentum": (0.0, 0.9),
        "centered": (False, True), "maximize": (False, True),
    },
    "Adam": {
        "betas": ((0.9, 0.999), (0.8, 0.95)), "eps": (1e-8, 1e-2), "weight_decay": (0.0, 0.1),
        "amsgrad": (False, True), "maximize": (False, True),
    },
    "AdamW": {
        "betas": ((0.9, 0.999), (0.8, 0.95)), "eps": (1e-8, 1e-2), "weight_decay": (0.01, 0.2),
        "amsgrad": (False, True), "maximize": (False, True),
    },
}  # fmt: skip
RATES = {"SGD": 0.03, "Adagrad": 0.1, "RMSprop": 0.004, "Adam": 0.05, "AdamW": 0.05}
"""So small that no parameter arrives: at the minimum RMSprop steps to and fro by the sign of a rounding error."""
ALL_TOGETHER = 3
"""Combinations of up to this many options, and all at once: enough to see every pair interact."""


def allowed(name, options):
    """Whether PyTorch takes the combination."""
    if name != "SGD":
        return True
    nesterov = options.get("nesterov", False)
    return not nesterov or (options.get("momentum", 0) > 0 and not options.get("dampening"))


def combinations(name):
    """Options that differ from the defaults: each alone, in pairs, in threes for SGD, and all at once."""
    axes = AXES[name]
    most = ALL_TOGETHER if name == "SGD" else 2
    for size in (*range(most + 1), len(axes)):
        for names in itertools.combinations(axes, size):
            chosen = {n: axes[n][1] for n in names}
            if allowed(name, chosen):
                yield chosen
    for size in (len(axes) - 1,):
        for names in itertools.combinations(axes, size):
            chosen = {n: axes[n][1] for n in names}
            if allowed(name, chosen) and size > most:
                yield chosen


def run(name, case):
    """The flat parameters after each of the steps kept."""
    torch.set_default_dtype(torch.float64)
    params = []
    for values, shape in zip(t.START, t.SHAPES, strict=True):
        p = torch.tensor(values)
        p = torch.view_as_complex(p.reshape(-1, 2)) if case.get("complex") else p.reshape(shape)
        params.append(p.clone().requires_grad_())
    optimizer = getattr(torch.optim, name)(params, **t.options(case))
    kept = []
    for step in range(1, t.STEPS + 1):
        optimizer.param_groups[0]["lr"] = t.rate(case, case["options"]["lr"], step)
        parts = t.split(t.gradient(flat(params)))
        for number, (p, g) in enumerate(zip(params, parts, strict=True)):
            g = torch.tensor(g)
            g = (
                torch.view_as_complex(g.reshape(-1, 2))
                if case.get("complex")
                else g.reshape(p.shape)
            )
            p.grad = None if t.skipped(case, number, step) else g.clone()
        optimizer.step()
        if step in t.KEPT:
            kept.append(flat(params))
    return kept


def flat(params):
    """All numbers in order; a complex one as two."""
    found = []
    for p in params:
        p = p.detach()
        p = torch.view_as_real(p) if p.is_complex() else p
        found += p.reshape(-1).tolist()
    return found


def schedules():
    """The learning rates of two groups over 50 steps, for every schedule alone and for pairs."""
    from schedules import CASES, rates

    return [{"name": name, "rates": rates(torch, torch.optim.lr_scheduler, name)} for name in CASES]


def write(name, cases):
    """One case per line, so that a change shows."""
    lines = ",\n".join(json.dumps(case) for case in cases)
    text = f'{{"made_with": "torch {torch.__version__}", "cases": [\n{lines}\n]}}\n'
    (t.FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


def main():
    """Write every file."""
    for name, rate in RATES.items():
        cases = [{"options": {"lr": rate, **chosen}} for chosen in combinations(name)]
        cases += [{"options": {"lr": rate}, mark: True} for mark in ("falling", "skips", "complex")]
        write(name.lower(), [{**case, "trajectory": run(name, case)} for case in cases])
        print(name, len(cases))  # noqa: T201 - a script
    write("lr_scheduler", schedules())


if __name__ == "__main__":
    main()
