import torch

dtype = torch.float


def fixed(*size):
    n = 1
    for s in size:
        n *= s
    return torch.sin(torch.arange(n).type(dtype) * 1.7).view(*size)


x, y = fixed(16, 20), fixed(16, 4)
w1, w2 = fixed(20, 10), fixed(10, 4)

learning_rate = 1e-4
for t in range(200):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum().item()
    if t % 50 == 49:
        print(t, loss)

    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2
print(w1.norm(), w2.norm())
