import torch
from torch.autograd import Variable

dtype = torch.FloatTensor


def fixed(*size):
    n = 1
    for s in size:
        n *= s
    return torch.sin(torch.arange(n).type(dtype) * 1.7).view(*size)


N, D_in, H, D_out = 16, 20, 10, 4
x = Variable(fixed(N, D_in), requires_grad=False)
y = Variable(fixed(N, D_out), requires_grad=False)
w1 = Variable(fixed(D_in, H).type(dtype), requires_grad=True)
w2 = Variable(fixed(H, D_out).type(dtype), requires_grad=True)

learning_rate = 1e-4
for t in range(200):
    y_pred = x.mm(w1).clamp(min=0).mm(w2)
    loss = (y_pred - y).pow(2).sum()
    if t % 50 == 49:
        print(t, loss.data.item())
    loss.backward()
    w1.data -= learning_rate * w1.grad.data
    w2.data -= learning_rate * w2.grad.data
    w1.grad.data.zero_()
    w2.grad.data.zero_()
print(w1.data[0, :4], w1.requires_grad, w1.is_leaf)
