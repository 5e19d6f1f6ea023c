import math

import torch
import torch.nn.functional as F
from torch import nn, optim


def fixed(*size):
    return torch.sin(torch.arange(torch.Size(size).numel()).float() * 1.7).view(*size)


x_train, y_train = fixed(120, 12), torch.arange(120) * 7 % 5
n, c = x_train.shape
print(n, c, y_train.min(), y_train.max(), x_train.dtype == torch.float)

weights = fixed(12, 5) / math.sqrt(12)
weights.requires_grad_()
bias = torch.zeros(5, requires_grad=True)


def log_softmax(x):
    return x - x.exp().sum(-1).log().unsqueeze(-1)


def model(xb):
    return log_softmax(xb @ weights + bias)


def nll(input, target):
    return -input[range(target.shape[0]), target].mean()


def accuracy(out, yb):
    preds = torch.argmax(out, dim=1)
    return (preds == yb).float().mean()


bs, lr = 32, 0.5
print(nll(model(x_train[0:bs]), y_train[0:bs]), accuracy(model(x_train[0:bs]), y_train[0:bs]))
for epoch in range(3):
    for i in range((n - 1) // bs + 1):
        xb = x_train[i * bs : i * bs + bs]
        yb = y_train[i * bs : i * bs + bs]
        loss = nll(model(xb), yb)
        loss.backward()
        with torch.no_grad():
            weights -= weights.grad * lr
            bias -= bias.grad * lr
            weights.grad.zero_()
            bias.grad.zero_()
print(nll(model(xb), yb), accuracy(model(xb), yb))


class Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(fixed(12, 5) / math.sqrt(12))
        self.bias = nn.Parameter(torch.zeros(5))

    def forward(self, xb):
        return xb @ self.weights + self.bias


net = Logistic()
loss_func = F.cross_entropy
for epoch in range(3):
    for i in range((n - 1) // bs + 1):
        xb, yb = x_train[i * bs : i * bs + bs], y_train[i * bs : i * bs + bs]
        loss = loss_func(net(xb), yb)
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= p.grad * lr
            net.zero_grad()
print(loss_func(net(xb), yb))
opt = optim.AdamW(net.parameters(), lr=0.01, weight_decay=0.1)
for epoch in range(3):
    for xb, yb in zip(x_train.split(bs), y_train.split(bs)):
        loss = loss_func(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 0.1)
        opt.step()
print(loss.item(), opt.param_groups[0]["lr"])
state = net.state_dict()
other = Logistic()
other.load_state_dict(state)
print(torch.allclose(other(x_train), net(x_train)), list(state.keys()), state["bias"])
