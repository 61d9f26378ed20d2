// Factors of dimensions: splitting, joining and regrouping them.
#include "compiler/passes/Spread.h"

namespace gan {

Factors factor(int64_t size, Along along) { return size == 1 ? Factors() : Factors{{size, along}}; }

bool hasSamples(const Factors &factors) {
  return llvm::any_of(factors, [](const Factor &f) { return f.along == Along::Samples; });
}

bool Spread::hasSamples() const {
  return llvm::any_of(dims, [](const Factors &f) { return gan::hasSamples(f); });
}

static int64_t sizeOf(const Factors &factors) {
  int64_t size = 1;
  for (const Factor &f : factors)
    size *= f.size;
  return size;
}

/// Neighbours along which the same kind of thing changes are one factor.
static Factors merged(const Factors &factors) {
  Factors out;
  for (const Factor &f : factors)
    if (!out.empty() && out.back().along == f.along && f.along != Along::Samples)
      out.back().size *= f.size;
    else
      out.push_back(f);
  return out;
}

/// Splits off the slowest `size` of the first factor if it can be split so.
static bool split(Factors &factors, int64_t size) {
  Factor &first = factors.front();
  if (first.size == size)
    return true;
  if (first.along == Along::Samples || first.size % size)
    return false;
  Factor rest{first.size / size, first.along};
  first.size = size;
  factors.insert(factors.begin() + 1, rest);
  return true;
}

static std::optional<Along> joined(Along a, Along b) {
  if (a == Along::Same || a == b)
    return b;
  return b == Along::Same ? std::optional(a) : std::nullopt;
}

/// Both as one factor: for dimensions that do not have common factors.
static std::optional<Factors> joinedAsOne(const Factors &a, const Factors &b) {
  if (hasSamples(a) || hasSamples(b))
    return std::nullopt;
  auto same = [](const Factor &f) { return f.along == Along::Same; };
  return factor(sizeOf(a), llvm::all_of(a, same) && llvm::all_of(b, same) ? Along::Same : Along::Other);
}

std::optional<Factors> joined(Factors a, Factors b) {
  Factors out;
  const Factors wholeA = a, wholeB = b;
  while (!a.empty() && !b.empty()) {
    int64_t size = std::min(a.front().size, b.front().size);
    if (!split(a, size) || !split(b, size))
      return joinedAsOne(wholeA, wholeB);
    std::optional<Along> along = joined(a.front().along, b.front().along);
    if (!along)
      return std::nullopt;
    out.push_back({size, *along});
    a.erase(a.begin());
    b.erase(b.begin());
  }
  return merged(out);
}

std::optional<llvm::SmallVector<Factors>> reshaped(llvm::ArrayRef<Factors> dims, llvm::ArrayRef<int64_t> shape) {
  Factors rest;
  for (const Factors &d : dims)
    rest.append(d.begin(), d.end());
  rest = merged(rest);
  const bool samples = hasSamples(rest);
  llvm::SmallVector<Factors> out;
  for (int64_t size : shape) {
    Factors own;
    for (int64_t missing = size; missing > 1;) {
      int64_t part = rest.front().size <= missing ? rest.front().size : missing;
      if (missing % part || !split(rest, part)) {
        if (samples)
          return std::nullopt;
        out.clear(); // without samples it does not matter what changes where
        for (int64_t s : shape)
          out.push_back(factor(s, Along::Other));
        return out;
      }
      own.push_back(rest.front());
      rest.erase(rest.begin());
      missing /= part;
    }
    out.push_back(merged(own));
  }
  return out;
}

} // namespace gan
