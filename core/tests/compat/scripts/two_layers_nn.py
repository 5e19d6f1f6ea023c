import torch


def fixed(*size):
    n = 1
    for s in size:
        n *= s
    return torch.sin(torch.arange(n, dtype=torch.float) * 1.7).view(*size)


x, y = fixed(16, 20), fixed(16, 4)
model = torch.nn.Sequential(
    torch.nn.Linear(20, 10),
    torch.nn.ReLU(),
    torch.nn.Linear(10, 4),
)
for param in model.parameters():
    param.data.copy_(fixed(*param.size()) * 0.3)
loss_fn = torch.nn.MSELoss(reduction="sum")

learning_rate = 1e-3
for t in range(200):
    y_pred = model(x)
    loss = loss_fn(y_pred, y)
    if t % 50 == 49:
        print(t, loss.item())
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for param in model.parameters():
            param -= learning_rate * param.grad
print(model)
print(model[0].weight.size(), model[2].bias)
