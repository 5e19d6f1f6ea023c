"""Runs of learning-rate schedules, written once for any library with PyTorch's names."""

STEPS = 50


def triangle(step):
    """Up and down again, never zero."""
    return 1.0 + 0.1 * (step % 7) - 0.02 * step


def inverse(step):
    """1 / (1 + t/10)."""
    return 1.0 / (1.0 + 0.1 * step)


CASES = {
    "lambda": [("LambdaLR", {"lr_lambda": inverse})],
    "lambda-per-group": [("LambdaLR", {"lr_lambda": [inverse, triangle]})],
    "step": [("StepLR", {"step_size": 7})],
    "step-gamma": [("StepLR", {"step_size": 3, "gamma": 0.7})],
    "multistep": [("MultiStepLR", {"milestones": [4, 17, 18, 40]})],
    "multistep-unsorted-twice": [("MultiStepLR", {"milestones": [20, 5, 5], "gamma": 0.5})],
    "exponential": [("ExponentialLR", {"gamma": 0.93})],
    "exponential-rising": [("ExponentialLR", {"gamma": 1.05})],
    "cosine": [("CosineAnnealingLR", {"T_max": 50})],
    "cosine-eta-min": [("CosineAnnealingLR", {"T_max": 20, "eta_min": 0.003})],
    "cosine-beyond": [("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.001})],
    "step+exponential": [
        ("StepLR", {"step_size": 5, "gamma": 0.5}),
        ("ExponentialLR", {"gamma": 0.97}),
    ],
    "exponential+multistep": [
        ("ExponentialLR", {"gamma": 0.97}),
        ("MultiStepLR", {"milestones": [3, 30]}),
    ],
    "exponential+cosine": [
        ("ExponentialLR", {"gamma": 0.97}),
        ("CosineAnnealingLR", {"T_max": 60}),
    ],
    "cosine+step": [
        ("CosineAnnealingLR", {"T_max": 60, "eta_min": 0.001}),
        ("StepLR", {"step_size": 9}),
    ],
    "lambda+exponential": [("LambdaLR", {"lr_lambda": inverse}), ("ExponentialLR", {"gamma": 0.9})],
    "by-hand+step": [("by hand", {}), ("StepLR", {"step_size": 6, "gamma": 0.5})],
    "by-hand+exponential": [("by hand", {}), ("ExponentialLR", {"gamma": 0.95})],
}


def optimizer_of(library):
    """SGD with two groups of different rates."""
    first, second = (library.tensor([1.0], requires_grad=True) for _ in range(2))
    groups = [{"params": [first]}, {"params": [second], "lr": 0.5}]
    return library.optim.SGD(groups, lr=0.1)


def rates(library, schedulers, name):
    """The rates of both groups before each of 50 steps."""
    optimizer = optimizer_of(library)
    parts = [
        getattr(schedulers, kind)(optimizer, **options)
        for kind, options in CASES[name]
        if kind != "by hand"
    ]
    by_hand = CASES[name][0][0] == "by hand"
    found = []
    for step in range(STEPS):
        found.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        if by_hand and step in (10, 25):
            optimizer.param_groups[0]["lr"] *= 3.0
        for part in parts:
            part.step()
    return found
