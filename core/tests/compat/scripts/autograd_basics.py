import torch

x = torch.ones(2, 2, requires_grad=True)
print(x)
y = x + 2
print(y)
print(y.grad_fn is not None)
z = y * y * 3
out = z.mean()
print(z, out)

a = torch.tensor([[0.5, -1.0], [2.0, 0.25]])
a = (a * 3) / (a - 1)
print(a.requires_grad)
a.requires_grad_(True)
print(a.requires_grad)
b = (a * a).sum()
print(b.grad_fn is None, b)

out.backward()
print(x.grad)

x = torch.tensor([0.1, -0.6, 0.9], requires_grad=True)
y = x * 2
while y.data.norm() < 1000:
    y = y * 2
print(y)
v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float)
y.backward(v)
print(x.grad)

print(x.requires_grad)
print((x**2).requires_grad)
with torch.no_grad():
    print((x**2).requires_grad)
y = x.detach()
print(y.requires_grad)
print(x.eq(y).all())

w = torch.ones(1, requires_grad=True)
print(w.data, w.data.requires_grad)
y = 2 * w
w.data *= 100
y.backward()
print(w, w.grad)

c = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
with torch.no_grad():
    c[0].add_(1)
    c[1:] -= 1
d = c * 2
d[1].mul_(10)
d.sum().backward(retain_graph=True)
d.sum().backward()
print(c, c.grad)
try:
    c.add_(1)
except RuntimeError:
    print("a leaf that requires grad cannot be changed in place")
c.grad.data.zero_()
print(c.grad)


@torch.no_grad()
def doubled(t):
    return t * 2


print(doubled(c).requires_grad, torch.is_grad_enabled())
h = []
e = c * c
e.register_hook(lambda g: h.append(g.sum().item()))
e.retain_grad()
e.sum().backward()
print(h, e.grad)
g = torch.autograd.grad((c**3).sum(), c, create_graph=True)[0]
print(g, torch.autograd.grad(g.sum(), c)[0])
