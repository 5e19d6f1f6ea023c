"""A program of a user of the four packages: trains, saves, loads, goes on.  Frozen with the wheels.

``python program.py begin FILE`` trains from the start and writes a checkpoint in the middle; ``python program.py
go-on FILE [DEVICE]`` loads one.  Both print, as JSON, the exact losses and parameters of the second half.

Everything is made of additions, products, quotients and square roots of IEEE arithmetic, no sum has more than seven
terms, and of the rules only those are used that can be written in one way: so the same bits come on every machine and
every library.
"""

import json
import sys

from capsule_optimizer.rules import CapsuleAhead, CapsuleSoften

import xpgrad as xp
from xpgrad import nn, optim

HALF = 4
INPUT = [[0.1 * ((7 * i + 3 * j) % 11) - 0.5 for j in range(3)] for i in range(5)]
TARGET = [0.3, -0.2, 0.7, 0.1, -0.4]


class Net(nn.Module):
    """Two inputs of one layer by a stranger, an operation by another."""

    def __init__(self, device):
        super().__init__()
        self.gate = nn.CapsuleGate(3, device=device)
        self.weight = nn.Parameter(xp.asarray([0.4, -0.3, 0.9], device=device))
        self.limit = nn.Parameter(xp.asarray([1.5], device=device))

    def forward(self, x):
        mixed = xp.capsule.blend(self.gate(x), self.weight)
        return xp.capsule.soft(xp.sum(mixed, axis=1), self.limit, sharpness=0.75)


def drift(net):
    groups = [
        {"params": list(net.gate.named_parameters(prefix="gate")), "lr": 0.05},
        {"params": [("weight", net.weight), ("limit", net.limit)], "weight_decay": 0.125},
    ]
    last = optim.CapsuleDrift(groups, lr=0.02, momentum=0.75)
    return optim.chain(CapsuleAhead(), CapsuleSoften(), last)


def balanced(net):
    return optim.create("capsulebalanced", net.named_parameters(), lr=0.25)


class Run:
    """A network, its optimizer and its data."""

    def __init__(self, make, device):
        xp.manual_seed(20)
        self.net = Net(device)
        with xp.no_grad():
            self.net.gate.shift[...] = xp.asarray([0.1, -0.2, 0.3], device=device)
        self.optimizer = make(self.net)
        self.x, self.target = xp.asarray(INPUT, device=device), xp.asarray(TARGET, device=device)

    def loss(self):
        self.optimizer.zero_grad()
        off = self.net(self.x) - self.target
        value = xp.sum(off * off)
        value.backward()
        return value

    def train(self):
        losses = [self.optimizer.step(self.loss).item() for _ in range(HALF)]
        state = self.net.state_dict()
        return {
            "losses": [each.hex() for each in losses],
            "state": {n: [float(v).hex() for v in t.tolist()] for n, t in state.items()},
        }

    def saved(self):
        return {"model": self.net.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load(self, saved):
        self.net.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])


def main(what, file, device=None):
    runs = {make.__name__: Run(make, device) for make in (drift, balanced)}
    if what == "begin":
        for run in runs.values():
            run.train()
        xp.save({name: run.saved() for name, run in runs.items()}, file)
    else:
        checkpoint = xp.load(file)
        for name, run in runs.items():
            run.load(checkpoint[name])
    print(json.dumps({name: run.train() for name, run in runs.items()}, indent=1))


main(*sys.argv[1:])
