// Python text for layers that torch.nn has no module for.
#pragma once

namespace gan {

/// Parts of the file that only some layers need, by the name that they define.
struct TorchHelper {
  const char *name, *text;
};
inline constexpr TorchHelper torchHelpers[] = {
    {"Weight", R"(class Weight(nn.Module):
    """A learned tensor by itself."""

    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))
)"},
    {"NormBy", R"(class NormBy(nn.Module):
    """A normalisation whose scale and shift a vector gives: those of a class are rows of two tables."""

    def __init__(self, norm, rows, channels, offset):
        super().__init__()
        self.norm, self.offset = norm, offset
        self.weight = nn.Parameter(torch.zeros(rows, channels))
        self.bias = nn.Parameter(torch.zeros(rows, channels))

    def forward(self, x, by):
        shape = (-1, self.weight.shape[1]) + (1,) * (x.dim() - 2)
        return self.norm(x) * (self.offset + by @ self.weight).view(shape) + (by @ self.bias).view(shape)
)"},
    {"Attention", R"(class Attention(nn.Module):
    """Self-attention over the pixels of an image."""

    def __init__(self, channels, heads, keys, values, bias):
        super().__init__()
        self.heads, self.sizes = heads, (keys, keys, values)
        self.in_proj_weight = nn.Parameter(torch.zeros(sum(self.sizes), channels))
        self.in_proj_bias = nn.Parameter(torch.zeros(sum(self.sizes))) if bias else None
        self.out_proj = nn.Linear(values, channels, bias)

    def forward(self, x):
        rows = functional.linear(x.flatten(2).transpose(1, 2), self.in_proj_weight, self.in_proj_bias)
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in rows.split(self.sizes, 2))
        y = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return self.out_proj(y).transpose(1, 2).reshape(x.shape)
)"},
    {"nearest", R"(def nearest(x, vectors):
    """For each pixel, or for a vector, the nearest of these vectors."""
    scores = 2 * x.movedim(1, -1) @ vectors.T - vectors.square().sum(1)
    return vectors[scores.argmax(-1)].movedim(-1, 1)
)"},
    {"minibatch_stddev", R"(def minibatch_stddev(x, group):
    """One more channel: the deviation over groups of samples, averaged over everything of a sample."""
    parts = x.reshape(group, len(x) // group, -1)
    deviation = (parts.var(0, unbiased=False) + 1e-8).sqrt().mean(1).repeat(group)
    plane = deviation.view(-1, *[1] * (x.dim() - 1)).expand(-1, 1, *x.shape[2:])
    return torch.cat([x, plane], 1)
)"},
    {"at_pixels", R"(def at_pixels(v, x):
    """A vector as planes of an image, so that it can be joined with it."""
    return v[:, :, None, None].expand(-1, -1, *x.shape[2:]) if x.dim() == 4 and v.dim() == 2 else v
)"},
};

} // namespace gan
