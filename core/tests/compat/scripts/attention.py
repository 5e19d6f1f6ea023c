import torch
import torch.nn as nn
from torch.nn import functional as F

batch_size, block_size, n_embd, head_size, vocab_size = 4, 8, 12, 6, 11


def fixed(*size):
    return torch.sin(torch.arange(torch.Size(size).numel()).float() * 1.7).view(*size)


data = torch.arange(200) * 31 % vocab_size


def get_batch(seed):
    ix = (torch.arange(batch_size) * 17 + seed) % (len(data) - block_size)
    x = torch.stack([data[i : i + block_size] for i in ix])
    y = torch.stack([data[i + 1 : i + block_size + 1] for i in ix])
    return x, y


class Head(nn.Module):
    def __init__(self, head_size):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))

    def forward(self, x):
        B, T, C = x.shape
        k, q = self.key(x), self.query(x)
        wei = q @ k.transpose(-2, -1) * C**-0.5
        wei = wei.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        wei = F.softmax(wei, dim=-1)
        return wei @ self.value(x)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, n_embd)
        self.positions = nn.Embedding(block_size, n_embd)
        self.heads = nn.ModuleList([Head(head_size) for _ in range(2)])
        self.lm_head = nn.Linear(2 * head_size, vocab_size)

    def forward(self, idx, targets=None):
        B, T = idx.shape
        x = self.tokens(idx) + self.positions(torch.arange(T, device=idx.device))
        x = torch.cat([h(x) for h in self.heads], dim=-1)
        logits = self.lm_head(x)
        if targets is None:
            return logits, None
        B, T, C = logits.shape
        return logits, F.cross_entropy(logits.view(B * T, C), targets.view(B * T))

    def generate(self, idx, max_new_tokens):
        for _ in range(max_new_tokens):
            logits, _ = self(idx[:, -block_size:])
            probs = F.softmax(logits[:, -1, :], dim=-1)
            idx_next = probs.argmax(dim=-1, keepdim=True)
            idx = torch.cat((idx, idx_next), dim=1)
        return idx


m = Model()
for p in m.parameters():
    p.data.copy_(fixed(*p.shape) * 0.5)
print(sum(p.nelement() for p in m.parameters()), "parameters")
optimizer = torch.optim.AdamW(m.parameters(), lr=1e-2)
for step in range(60):
    xb, yb = get_batch(step)
    logits, loss = m(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 20 == 19:
        print(step, loss.item())
print(m.generate(torch.zeros((1, 1), dtype=torch.long), 6)[0].tolist())
print(m.heads[0])

h = torch.zeros(3, 5)
wx, wh = fixed(4, 5).requires_grad_(), (fixed(5, 5) * 0.3).requires_grad_()
states = []
for t in range(6):
    h = torch.tanh(torch.mm(fixed(3, 4) + t * 0.1, wx) + torch.matmul(h, wh))
    states.append(h)
out = torch.stack(states, dim=0)
out.permute(1, 0, 2).contiguous().view(-1, 5).pow(2).mean().backward()
print(out.shape, wx.grad, wh.grad.norm())
counts = torch.zeros((vocab_size, vocab_size), dtype=torch.int32)
for a, b in zip(data[:50], data[1:51]):
    counts[a, b] += 1
P = (counts + 1).float()
P /= P.sum(1, keepdims=True)
print(counts.sum(), P[0], -P[data[:9], data[1:10]].log().mean())
xenc = F.one_hot(data[:5], num_classes=vocab_size).float()
print(xenc.shape, xenc.dtype == torch.float32)
