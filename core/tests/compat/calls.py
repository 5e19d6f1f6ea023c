"""The calls that are held against PyTorch: text that means the same to both."""

INPUTS = {
    "x": [[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]],
    "y": [[1.1, 0.9, -2.3], [-0.7, 1.4, 0.2]],
    "p": [[0.3, 1.2, 2.1], [1.7, 0.4, 0.6]],
    "u": [0.5, -0.25, 0.8],
    "w": [0.2, 1.5, -0.9],
    "m": [[1.2, -0.4], [0.3, 0.9], [-1.1, 0.5]],
    "s": [[0.4, -1.3, 0.7], [0.9, 0.2, 1.6], [-0.5, 0.8, 0.1]],
    "c": [[[0.1, 0.2, -0.3], [1.4, -1.5, 0.6]], [[0.7, -0.8, 0.9], [-1.0, 1.1, 1.2]]],
    "d": [[[0.3, 1.0], [-0.2, 0.5], [0.4, -0.6]], [[1.3, 0.8], [0.9, -1.1], [0.2, 0.7]]],
}
"""Floating inputs; ``i``, ``j`` (without duplicates) are integer tensors, ``b`` is boolean."""

CALLS = """
x + y; x - y; x * y; x / p; x ** 2; p ** x; 2 ** x; 1 / p; 3 - x; -x; abs(x); x % p
x.detach() // p.detach(); x @ m; x > y; x == y; x + 1; 2 * x; x / 2; i + 1; i * 2; i / 2; i * 0.5
i // 2; i > 1; x + i[0]; x * torch.tensor(2.0); ~b; b & b; torch.add(x, y, alpha=2)
x.sub(y, alpha=0.5); x.mul(y); x.div(p); torch.div(x, p, rounding_mode='trunc')
torch.div(x, p, rounding_mode='floor'); x.pow(3); torch.pow(p, 0.5); torch.pow(2.0, x); x.neg()
torch.rsub(x, 1); torch.exp(x); x.exp(); p.log(); torch.log1p(p); torch.log2(p); p.log10()
torch.expm1(x); p.sqrt(); torch.rsqrt(p); x.sin(); torch.cos(x); torch.tan(x); torch.asin(x * 0.3)
torch.acos(x * 0.3); torch.atan(x); torch.sinh(x); x.cosh(); x.tanh(); torch.asinh(x)
torch.acosh(p + 1); torch.atanh(x * 0.3); torch.atan2(x, y); torch.hypot(x, y); x.sigmoid()
torch.relu(x); x.relu(); x.abs(); x.sign(); x.floor(); x.ceil(); x.round(); x.trunc()
torch.frac(x); x.square(); p.reciprocal(); torch.logaddexp(x, y); torch.fmod(x, p)
torch.lerp(x, y, 0.3); torch.exp2(x); torch.addcmul(x, y, p, value=0.5)
torch.addcdiv(x, y, p, value=2); torch.round(x, decimals=1); torch.deg2rad(x); x.clamp(min=0)
x.clamp(0.3, 1.7); torch.clamp(x, max=0.4); x.clamp_min(0.4); torch.maximum(x, y)
torch.minimum(x, y); torch.sqrt(i + 1); i.float().sqrt(); torch.exp(i); torch.isnan(x)
torch.isfinite(x); x.eq(y); x.ne(y); x.lt(0); x.ge(0.4); x.sum(); x.sum(1)
x.sum(dim=0, keepdim=True); torch.sum(c, dim=(0, 2)); x.sum(axis=0); i.sum(); b.sum()
x.sum([0, 1]); x.mean(); x.mean(1, keepdim=True); torch.mean(c, dim=[1, 2]); i.float().mean()
x.prod(); x.prod(1); x.prod(dim=0); x.std(); x.std(1); x.std(unbiased=False)
torch.std(x, dim=0, unbiased=False); x.var(); x.var(1, keepdim=True); x.var(dim=1, correction=0)
torch.var(x, False); torch.std_mean(x, dim=1); torch.var_mean(x); x.max(); x.min(); x.max(1)
torch.max(x, dim=0); x.min(dim=1, keepdim=True); torch.max(x, y); torch.min(x, y); x.amax(1)
x.argmax(); x.argmax(1); torch.argmin(x, dim=0); x.argmax(dim=1, keepdim=True)
torch.amin(x, dim=(0, 1)); x.max(1)[1]; (x > 0).all(); (x > 0).any(1); b.all(); b.any()
torch.all(x); torch.logsumexp(x, 1); x.logsumexp(dim=0, keepdim=True); x.norm(); x.norm(dim=1)
torch.norm(x, 1); x.norm(p=3, dim=0); x.norm(float('inf')); torch.dist(x, y); (x * 0).norm()
x.cumsum(1); torch.cumsum(i, dim=0); p.cumprod(1); x.softmax(1); torch.softmax(x, dim=0)
x.log_softmax(-1); torch.count_nonzero(x > 0); x.median(); x.median(1); x.kthvalue(2, 1)
torch.allclose(x, x + 1e-9); torch.equal(x, y); x.view(3, 2); x.view(-1); x.view((1, 6))
x.view_as(m); x.reshape(6); torch.reshape(x, (3, 2)); x.flatten(); c.flatten(1)
torch.flatten(c, start_dim=1); c.flatten(0, 1); x.t(); x.T; c.transpose(1, 2); c.permute(2, 0, 1)
torch.permute(x, (1, 0)); x.unsqueeze(0); x.unsqueeze(-1); x.unsqueeze(1).squeeze(1)
x.unsqueeze(0).squeeze(); x.squeeze(0); c.transpose(0, -1); u.expand(2, 3); u.expand(2, -1)
u.expand_as(x); u.repeat(2); u.repeat(2, 2); torch.tile(u, (2,)); u.unsqueeze(1).expand(-1, 4)
x.repeat_interleave(2); x.repeat_interleave(2, dim=1); torch.repeat_interleave(x, i[0, :3], dim=1)
x.broadcast_to((2, 2, 3)); torch.cat([x, y]); torch.cat((x, y), dim=1); torch.stack([x, y])
torch.stack((x, y), dim=-1); torch.hstack((x, y)); torch.vstack((u, w)); x.split(2, dim=1)
x.split([1, 2], 1); torch.chunk(x, 2, dim=1); x.chunk(2); x.narrow(1, 1, 2); x.select(1, 0)
x.unbind(1); x[0]; x[:, 1]; x[..., -1]; x[None, 0]; x[1, 2]; x[:, [0, 2]]; x[x > 0]
x[torch.tensor([1, 0, 1])]; x[torch.tensor([0, 1]), torch.tensor([2, 0])]; x.flip(0)
torch.flip(x, dims=(1,)); x.roll(1, 1); torch.roll(x, 1); x.movedim(0, 1)
torch.meshgrid(u, w, indexing='ij'); torch.meshgrid(u, w, indexing='xy'); s.tril()
torch.triu(s, diagonal=1); s.diag(); u.diag(); torch.diag(u, 1); s.trace(); s.diagonal()
s.diagonal(1); c.diagonal(dim1=1, dim2=2); c.unflatten(2, (3, 1)); x.tensor_split(2, 1); x.mm(m)
torch.mm(m, x); c.bmm(d); torch.bmm(c, d); x.mv(u); torch.mv(x, u); u.dot(w); torch.dot(u, w)
torch.matmul(c, m); u.matmul(m); torch.outer(u, w); torch.inner(u, w); torch.addmm(x[:, :2], x, m)
torch.addmm(x[:, :2], x, m, beta=0.5, alpha=2); torch.baddbmm(c[:, :, :2], c, d)
torch.addmv(u, s, w); torch.tensordot(x, y, dims=([0, 1], [0, 1])); torch.cross(u, w, dim=0)
torch.where(x > 0, x, y); torch.where(x > 0, x, 0.0); torch.where(x > 0)
x.masked_fill(x > 0, 9.0); x.masked_select(x > 0); x.gather(1, i[:, :2])
torch.gather(x, 0, i[:1] % 2); torch.zeros(2, 3, dtype=torch.float64).scatter(1, j, x)
torch.zeros(2, 3, dtype=torch.float64).scatter(1, i[:, :1], 1.0)
torch.zeros(2, 3, dtype=torch.float64).scatter_add(1, i, x)
x.index_select(1, torch.tensor([2, 0, 0])); x.index_add(0, torch.tensor([1, 1]), y)
x.index_fill(1, torch.tensor([0, 2]), 5.0); torch.take(x, torch.tensor([0, 5, 2]))
x.take_along_dim(i, 1); torch.nonzero(x > 0); (x > 0).nonzero(as_tuple=True); i.nonzero()
x.sort(1); torch.sort(x, dim=0, descending=True); x.argsort(1); x.argsort(dim=1, descending=True)
x.topk(2, 1); x.topk(2, largest=False); i.unique(); torch.unique(i, return_counts=True)
torch.unique(i, return_inverse=True); torch.bincount(i.view(-1)); torch.isin(i, torch.tensor([1]))
torch.searchsorted(torch.tensor([1, 2, 3]), torch.tensor([2, 4])); torch.tensor([1, 2])
torch.tensor([1.5]); torch.tensor(True); torch.tensor(3); torch.zeros(2, 3); torch.ones((2, 2))
torch.full((2,), 3.0); torch.full((2,), 3); torch.eye(2, 3); torch.arange(5)
torch.arange(1, 2, 0.25); torch.arange(3.0); torch.linspace(0, 1, 5); torch.logspace(0, 2, 3)
torch.zeros_like(i); torch.ones_like(x); torch.full_like(x, 2); x.new_zeros(2); x.new_ones((1, 2))
i.new_tensor([3]); x.new_full((2,), 7); torch.Tensor([2]); torch.LongTensor([1, 2])
torch.FloatTensor([[1, 2]]); x.float(); x.double(); x.long(); x.int(); b.float(); i.bool()
x.to(torch.float32); i.to(x); i.type_as(x); x.type(torch.int32); x.half().float(); x.size(0)
x.size(); x.dim(); x.numel(); x.element_size(); x.type(); i.type(); x.tolist(); x[0, 0].item()
x.is_floating_point(); len(x); F.relu(x); F.softmax(x, dim=1); F.log_softmax(x, dim=1)
F.mse_loss(x, y); F.cross_entropy(x, i[:, 0]); F.one_hot(i); torch.tanh(x)
F.l1_loss(x, y, reduction='sum'); F.linear(x, s, u); F.nll_loss(F.log_softmax(x, 1), i[:, 0])
F.binary_cross_entropy_with_logits(x, torch.sigmoid(y)); F.softplus(x); F.sigmoid(x)
x.clone().add_(y); x.clone().mul_(2).sub_(1); x.clone().zero_(); x.clone().fill_(3)
x.clone().copy_(u); x.clone().clamp_(0, 1); x.clone().sin_(); x.clone().masked_fill_(x > 0, 0.0)
x.clone().div_(p); x.clone().pow_(2); x.clone().unsqueeze_(0); x.clone().relu_()
p.clone().sqrt_(); x.clone().t_(); inplace_index(x); inplace_row(x); inplace_view(x)
inplace_column(x); x.clone().index_fill_(0, torch.tensor([1]), 2.0)
x.clone().index_add_(0, torch.tensor([0, 0]), y)
torch.zeros(2, 3, dtype=torch.float64).scatter_(1, j, x); torch.cat([x, torch.zeros(1, 3)])
x.data * 2; x.detach() + y; x.movedim(0, -1); c.moveaxis((0, 1), (2, 0)); x.broadcast_to((2, 2, 3))
x.T.reshape(-1); x[:, ::2].flatten(); x.T.stride(); x[:, ::2].is_contiguous(); x.T.contiguous()
torch.tensor(3.0).index_select(0, torch.tensor([0])); inplace_wide(x); inplace_parts(x); torch.linalg.det(s)
torch.linalg.det(c @ d); torch.linalg.slogdet(s); torch.linalg.inv(s); s.inverse(); torch.linalg.solve(s, u)
torch.linalg.solve(s, x, left=False); torch.linalg.solve(c @ d, d[:, :2]); torch.linalg.solve(c @ d, m[:2].t())
torch.linalg.cholesky(spd(s)); torch.linalg.cholesky(spd(s), upper=True); torch.linalg.qr(s)[1].abs()
torch.linalg.svdvals(x); torch.linalg.svd(x)[1]; torch.linalg.svd(x, full_matrices=False).Vh.abs()
torch.linalg.eigvalsh(spd(s)); torch.linalg.eigh(spd(s), UPLO='U').eigenvalues
torch.linalg.eigh(spd(s))[1].abs(); torch.linalg.eigvals(spd(s)).real.sort()[0]; torch.linalg.norm(x)
torch.linalg.norm(u, 3); torch.linalg.norm(x, 'fro'); torch.linalg.norm(x, 'nuc'); torch.linalg.norm(x, 2)
torch.linalg.norm(x, 1, dim=1); torch.linalg.norm(c, dim=(1, 2), keepdim=True)
torch.linalg.norm(x, float('inf')); torch.linalg.vector_norm(x, 1); torch.linalg.vector_norm(x, dim=0)
torch.linalg.vector_norm(x, float('inf'), dim=1, keepdim=True); torch.linalg.vector_norm(x, 2.5)
torch.linalg.vector_norm(x * 0); torch.linalg.matrix_norm(x); torch.linalg.matrix_norm(c, 1)
torch.linalg.matrix_norm(c, 'nuc', dim=(0, 2), keepdim=True); torch.linalg.pinv(x); torch.linalg.matrix_rank(x)
torch.linalg.matrix_power(s, 3); torch.linalg.matrix_power(s, -2); torch.linalg.multi_dot([u, s, w])
torch.linalg.vecdot(x, y, dim=0); torch.linalg.cross(x, y); torch.linalg.diagonal(c)
torch.linalg.diagonal(s, offset=1); torch.det(s); s.det(); s.slogdet(); torch.logdet(spd(s)); torch.inverse(s)
torch.pinverse(x); s.matrix_power(2); torch.cholesky(spd(s)); torch.kron(x, m)
torch.view_as_real(torch.fft.fft(x)); torch.view_as_real(torch.fft.rfft(x, n=4, dim=0))
torch.view_as_real(torch.fft.fft2(c, norm='ortho')); torch.view_as_real(torch.fft.fftn(c, dim=(0, 2)))
torch.view_as_real(torch.fft.fftn(c, s=(2, 4))); torch.fft.irfft(torch.fft.rfft(x), n=3)
torch.fft.ifft(torch.fft.fft(x)).real; torch.fft.irfft2(torch.fft.rfft2(c), s=(2, 3)); torch.fft.fftshift(x)
torch.fft.irfftn(torch.fft.rfftn(c), s=(2, 2, 3)); torch.fft.hfft(x)
torch.view_as_real(torch.fft.ihfft(x).resolve_conj()); torch.fft.ifftshift(x, dim=1); torch.fft.fftfreq(5, 0.5)
torch.fft.rfftfreq(4); torch.view_as_real(torch.fft.fft(torch.arange(3))); torch.erf(x); x.erfc()
torch.lgamma(p); p.digamma().detach(); torch.erf(i); torch.special.gammaln(p); torch.special.expit(x)
torch.special.erf(x); torch.special.logsumexp(x, 1); torch.special.softmax(x, 0); torch.logit(x.sigmoid())
torch.logit(p * 0.4, 0.2); torch.special.logit(x.sigmoid()); torch.heaviside(x.detach(), y.detach())
torch.quantile(x, 0.3); torch.quantile(x, 0.5, dim=1)
x.quantile(torch.tensor([0.2, 0.9], dtype=torch.float64), dim=0)
torch.quantile(x, 0.4, dim=1, keepdim=True, interpolation='lower'); torch.nanquantile(x, 0.7, dim=1)
torch.cummax(x, 1); x.cummin(0); torch.cummax(i, dim=1); i.cummin(1); torch.nanmean(x, 1); torch.diff(x)
x.diff(dim=0); torch.view_as_real(torch.complex(x, y)); torch.view_as_real(torch.polar(p, x))
torch.complex(x, y).angle(); torch.view_as_complex(c[..., :2].contiguous()).abs()
torch.complex(x, y).conj().imag; torch.real(torch.complex(x, y) ** 2)
torch.view_as_real(torch.complex(x, y).resolve_conj()); x.angle()
(torch.complex(x, y) * torch.complex(y, x)).real; torch.func.grad(lambda t: (t ** 3 * y).sum())(x)
torch.func.grad(lambda a, t: (a * t * t).sum(), argnums=(0, 1))(x, y)
torch.func.grad_and_value(lambda t: (t ** 3).sum())(x)
torch.func.grad(lambda t: ((t ** 2).sum(), t), has_aux=True)(u)[0]; torch.func.vmap(lambda r: r @ s)(x)
torch.vmap(lambda r, v: (r * v).sum(), in_dims=(0, None))(x, u)
torch.vmap(lambda r: r.sin(), in_dims=1, out_dims=1)(x)
torch.vmap(torch.func.grad(lambda r: (r ** 3).sum()))(x); torch.func.jacrev(lambda t: t ** 2 @ u)(x)
torch.func.jacfwd(lambda t: (s @ t).exp())(u); torch.func.jacrev(lambda a, t: a * t.sum(), argnums=(0, 1))(u, w)
torch.func.hessian(lambda t: (t ** 3).sum() + t.prod())(u); torch.func.jvp(lambda t: t.sin() * w, (u,), (w,))
torch.func.vjp(lambda t: t ** 2, u)[1](w); torch.func.vjp(lambda t: t ** 2, u)[0]
torch.func.linearize(lambda t: t ** 2, u.detach())[1](w)
torch.autograd.functional.jacobian(lambda t: t ** 2 @ s, u)
torch.autograd.functional.hessian(lambda t: (t ** 3).sum(), u)
torch.autograd.functional.jacobian(lambda a, t: a * t.sum(), (u, w))
torch.autograd.functional.jacobian(lambda t: (t * 2, t.sum()), u)
torch.autograd.functional.jacobian(lambda t: (t ** 3).sum(), x, create_graph=True)
torch.autograd.functional.hessian(lambda t: (t ** 3).sum(), u, create_graph=True)
torch.autograd.functional.hessian(lambda a, t: (a * t * t).sum(), (u, w))[1][0]
torch.autograd.functional.vjp(lambda t: t ** 2, u, w)
torch.autograd.functional.vjp(lambda a, t: (a * t).sum(), (u, w))[1]
torch.autograd.functional.jvp(lambda t: t ** 2, u, w)
torch.autograd.functional.hvp(lambda t: (t ** 3).sum(), u, w)
torch.autograd.functional.vhp(lambda t: (t ** 3).prod(), u, w)
torch.autograd.functional.jvp(lambda a, t: a * t, (u, w), (w, u), create_graph=True)[1]
torch.utils.checkpoint.checkpoint(lambda a, t: (a * t).sin().exp(), x, y, use_reentrant=False); F.pad(x, (1, 2))
F.pad(x, (1, -1, 0, 1), value=9.0); F.pad(c, (1, 1), mode='reflect'); F.pad(c, (2, 1), mode='replicate')
F.pad(c, (2, 1), mode='circular'); F.pad(i, (1, 0)); F.layer_norm(x, (3,)); F.layer_norm(c, (2, 3), y, x, 0.1)
F.batch_norm(x, None, None, training=True); F.batch_norm(c, u[:2].detach(), w[:2].detach(), m[0], m[1], eps=0.3)
F.huber_loss(x, y); F.huber_loss(x, y, reduction='sum', delta=0.5); F.smooth_l1_loss(x, y); F.kl_div(x, p)
F.smooth_l1_loss(x, y, reduction='none', beta=0.4); F.kl_div(x, y, reduction='batchmean', log_target=True)
F.kl_div(x, (p * (p > 1)).detach(), reduction='sum'); F.cosine_similarity(x, y)
F.cosine_similarity(x, u, dim=-1); F.scaled_dot_product_attention(c, c * 2, c + 1)
F.scaled_dot_product_attention(s, s, s, is_causal=True)
F.scaled_dot_product_attention(s, s, s, attn_mask=s > 0.1)
F.scaled_dot_product_attention(s, s, s, attn_mask=s, scale=0.3); F.logsigmoid(x); F.mish(x); F.softsign(x)
F.hardtanh(x); F.relu6(x * 4); F.selu(x); F.softmin(x, dim=1); F.gelu(x); torch.nn.Identity()(x)
torch.nn.GELU()(x); torch.nn.GELU(approximate='tanh')(x); torch.nn.LeakyReLU(0.2)(x); torch.nn.ELU(0.7)(x)
torch.nn.SiLU()(x); torch.nn.Softplus(2)(x); torch.nn.LayerNorm(3).double()(x)
torch.nn.LayerNorm((2, 3), eps=0.01, elementwise_affine=False)(c); torch.nn.BatchNorm1d(3).double()(x)
torch.nn.BatchNorm1d(2, momentum=None, affine=False).double()(c); batch_statistics(torch, c)
repr(torch.nn.BatchNorm2d(4)); torch.nn.BatchNorm1d(3).double().eval()(x); repr(torch.nn.LayerNorm(3))
repr(torch.nn.GELU()); repr(torch.nn.LeakyReLU()); torch.nn.SmoothL1Loss(beta=0.5)(x, y)
torch.nn.HuberLoss('sum', 0.3)(x, y); torch.nn.BCELoss()(x.sigmoid(), y.sigmoid())
torch.nn.KLDivLoss(reduction='batchmean')(x, p); torch.nn.Mish()(x); torch.nn.LogSigmoid()(x)
torch.nn.ReLU6()(x); torch.meshgrid(u, w, m[0], indexing='xy'); torch.broadcast_tensors(x, u)
"""
"""Statements are separated by semicolons and line ends."""


def inplace_index(x):
    z = x.clone()
    z[0].add_(1)
    z[:, 1] += 2
    return z * z


def inplace_row(x):
    z = x * 1
    z[1] = z[0] * 3
    z[1][2].mul_(2)
    return z


def inplace_view(x):
    z = x.clone()
    z.view(-1)[2:4].mul_(5)
    z.t()[0].zero_()
    return z


def inplace_column(x):
    z = x.clone()
    z.narrow(1, 0, 2).pow_(2)
    z.select(0, 1).copy_(x[0])
    return z


def inplace_wide(x):
    z = x.clone()
    z[0].expand(2, 3)[1, 1:].mul_(5)
    z.movedim(0, 1)[2].neg_()
    z.unsqueeze_(1).transpose_(0, 2)
    z[1] *= 3
    return z


def inplace_parts(x):
    z = (x * 1j + x * x).clone()
    z.imag.mul_(3)
    z.real = z.imag * 2
    return z.abs()


def spd(s):
    return s @ s.mT + 0.5 * (s * 0 + 1).diag().diag()


def batch_statistics(torch, c):
    layer = torch.nn.BatchNorm1d(2).double()
    layer(c)
    layer(c * 2)
    return layer.running_mean, layer.running_var, layer.num_batches_tracked, layer.eval()(c)


def calls():
    """Every call, in order."""
    return [c.strip() for line in CALLS.strip().splitlines() for c in line.split(";")]


def scope(torch, functional):
    """The names that the calls use."""
    names = {n: torch.tensor(v, dtype=torch.float64, requires_grad=True) for n, v in INPUTS.items()}
    names |= {"i": torch.tensor([[0, 2, 1], [1, 1, 0]]), "b": torch.tensor([True, False, True])}
    names["j"] = torch.tensor([[0, 2, 1], [1, 2, 0]])
    own = (inplace_index, inplace_row, inplace_view, inplace_column, inplace_wide, inplace_parts)
    names |= {f.__name__: f for f in (*own, spd, batch_statistics)}
    return names | {"torch": torch, "F": functional}


def outcome(torch, functional, call):
    """What a call returns and, of its floating results, the gradients of a fixed weighting."""
    names = scope(torch, functional)
    result = eval(call, names)  # noqa: S307 - our own table
    parts = [result]
    if isinstance(result, (tuple, list)) and result and isinstance(result[0], torch.Tensor):
        parts = list(result)
    total = None
    for part in parts:
        if isinstance(part, torch.Tensor) and part.requires_grad:
            weights = torch.cos(torch.arange(part.numel(), dtype=part.dtype) + 1).view(part.shape)
            term = (part * weights).sum()
            total = term if total is None else total + term
    grads = {}
    if total is not None:
        total.backward()
        grads = {n: names[n].grad.tolist() for n in INPUTS if names[n].grad is not None}
    return {"parts": [_described(torch, part) for part in parts], "grads": grads}


def _described(torch, part):
    if isinstance(part, torch.Tensor):
        return {
            "values": part.tolist(),
            "shape": list(part.shape),
            "dtype": str(part.dtype).split(".")[-1],
        }
    return {"value": list(part) if isinstance(part, tuple) else part}
