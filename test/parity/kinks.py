"""Gradients of networks whose ReLUs and maxima have kinks.

At a kink two right answers differ: an activation that is 1e-7 here and -1e-7 there, by rounding alone, passes its gradient
on one side only, which is a percent of a small network's gradient. Among a million activations one or two are that near.
So the sides of those that are nearer to the kink than rounding reaches are free, and only theirs.
"""

from contextlib import contextmanager

import torch
from torch.nn import functional as F
from torch.nn.modules.utils import _pair

# Of the largest value that enters the ReLU or the maximum: float32's rounding (6e-8) through the sums of a few layers.
NEAR = 1e-5
# Of the largest value of a parameter's gradient: with less, no side was another.
ENOUGH = 1e-4
LARGE = 20_000


class Sided(torch.autograd.Function):
    """A ReLU some of whose inputs are taken to be on the other side of zero when the gradient passes."""

    @staticmethod
    def forward(ctx, x, others):
        open_ = x > 0
        open_.view(-1)[others] ^= True
        ctx.save_for_backward(open_)
        return x.clamp_min(0)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None


@contextmanager
def sides(flipped, near=None):
    """ReLUs and maxima, in the order in which they are computed, with the sides of `flipped` (call, place) changed; `near` takes those by a kink."""
    calls = iter(range(1_000_000))

    def others_of(call):
        return torch.tensor([place for at, place in flipped if at == call], dtype=torch.long)

    def relu(x, inplace=False):
        call = next(calls)
        x = x.contiguous()
        if near is not None:
            near.extend((call, int(i)) for i in (x.detach().abs().view(-1) < NEAR * x.detach().abs().max()).nonzero()[:, 0] if x.detach().view(-1)[i] != 0)
        return Sided.apply(x, others_of(call))

    def maximum(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        call = next(calls)
        assert _pair(dilation) == (1, 1) and not ceil_mode and not return_indices
        (kh, kw), (sh, sw), (ph, pw) = _pair(kernel_size), _pair(stride or kernel_size), _pair(padding)
        windows = F.pad(x, (pw, pw, ph, ph), value=-torch.inf).unfold(2, kh, sh).unfold(3, kw, sw).flatten(4)
        first, second = windows.detach().topk(2, dim=-1).indices.unbind(-1)
        values = windows.detach().gather(-1, torch.stack([first, second], -1))
        chosen = first.reshape(-1).clone()
        others = others_of(call)
        chosen[others] = second.reshape(-1)[others]
        if near is not None:
            close = (values[..., 0] - values[..., 1] < NEAR * x.detach()[x.isfinite()].abs().max()) & (values[..., 0] != 0)
            near.extend((call, int(i)) for i in close.view(-1).nonzero()[:, 0])
        return windows.gather(-1, chosen.view(first.shape).unsqueeze(-1)).squeeze(-1)

    kept = F.relu, F.max_pool2d
    F.relu, F.max_pool2d = relu, maximum
    try:
        yield
    finally:
        F.relu, F.max_pool2d = kept


def gradients(net, loss, mine):
    """The gradients of `loss(net)`, of the parameters that `mine` has, with the sides by a kink that lead to `mine`: (gradients, how many were by one, how many changed).

    What each side adds to the gradients adds up, nearly: each is tried alone, and of them the one taken that leaves least, until none does.
    """

    def of(flipped, near=None):
        net.zero_grad(set_to_none=True)
        statistics = {name: buffer.clone() for name, buffer in net.named_buffers()}
        with sides(flipped, near):
            loss(net).backward()
        with torch.no_grad():
            for name, buffer in net.named_buffers():
                buffer.copy_(statistics[name])
        return {name: p.grad for name, p in net.named_parameters() if p.grad is not None and name in mine}

    near = []
    plain = of([], near)
    scale = {name: g.abs().max() for name, g in plain.items()}
    # The others are 0 but for rounding, as a bias before a norm.
    felt = [name for name in plain if scale[name] > 1e-6 * max(scale.values())]
    if max(float((mine[name] - plain[name]).abs().max() / scale[name]) for name in felt) < ENOUGH:
        return plain, len(near), 0
    # The smaller parameters tell of every side before which they stand, and a hundred large ones would not fit into the memory.
    small = [name for name in felt if plain[name].numel() <= LARGE]
    of_small = lambda gradients: torch.cat([(gradients[name] / scale[name]).flatten() for name in small])
    before, left = of_small(plain), of_small(mine) - of_small(plain)
    adds = {place: of_small(of([place])) - before for place in near}
    flipped = []
    while rest := [place for place in near if place not in flipped]:
        best = min(rest, key=lambda place: (left - adds[place]).square().sum())
        if (left - adds[best]).square().sum() > 0.99 * left.square().sum():
            break
        flipped.append(best)
        left = left - adds[best]
    return of(flipped), len(near), len(flipped)
