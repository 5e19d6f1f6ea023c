import torch

dtype = torch.float
device = torch.device("cpu")


def fixed(*size):
    n = 1
    for s in size:
        n *= s
    return (torch.arange(n, device=device, dtype=dtype) * 1.7).sin().view(*size)


N, D_in, H, D_out = 16, 20, 10, 4
x = fixed(N, D_in)
y = fixed(N, D_out)
w1 = fixed(D_in, H).requires_grad_()
w2 = fixed(H, D_out).requires_grad_()

learning_rate = 1e-4
for t in range(200):
    y_pred = x.mm(w1).clamp(min=0).mm(w2)
    loss = (y_pred - y).pow(2).sum()
    if t % 50 == 49:
        print(t, loss.item())
    loss.backward()
    with torch.no_grad():
        w1 -= learning_rate * w1.grad
        w2 -= learning_rate * w2.grad
        w1.grad.zero_()
        w2.grad.zero_()
print(w2[:2])
