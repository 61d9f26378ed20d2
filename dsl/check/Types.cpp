// Checks types as they are written: their name, how many sizes they take, and that a value of this shape fits into a
// buffer.
#include "dsl/check/Types.h"

#include "dsl/check/Sizes.h"

#include <algorithm>

namespace gan::dsl {
namespace {

/// Whether the type takes this many sizes. Where a vector is allowed as well as an image, one size or three are.
bool takesSizes(const std::string &type, size_t count) {
  if (type == "image")
    return count == 3;
  if (type == "bernoulli")
    return count == 0 || count == 1 || count == 3;
  bool takesImage = type == "gaussian" || type == "normal" || type == "uniform";
  return count == 1 || (takesImage && count == 3);
}

std::string sizesText(const std::string &type) {
  if (type == "image")
    return "three sizes: channels, height, width";
  if (type == "bernoulli")
    return "no size, one, or three: channels, height, width";
  return takesSizes(type, 3) ? "one size, or three: channels, height, width" : "one size";
}

} // namespace

/// `log_variance in [lo, hi]`. Nothing if it has a mistake, which is reported.
static std::optional<Range> interval(const ast::Argument &a, Numbers &numbers, Report &report) {
  if (!a.value || a.value->kind != ast::ExprKind::Tuple || a.value->operands.size() != 2) {
    report.error(Id::MissingArgument, a.span, {"log_variance", "a range: `log_variance in [-10, 10]`"});
    return std::nullopt;
  }
  std::optional<double> lo = numbers.literal(*a.value->operands[0], "the smallest value"),
                        hi = numbers.literal(*a.value->operands[1], "the largest value");
  if (lo && hi && *lo < *hi)
    return Range{*lo, *hi};
  if (lo && hi)
    report.error(Id::OutOfRange, a.value->span, {"range", "from a smaller to a larger number", "the other way round"});
  return std::nullopt;
}

WrittenType checkType(const ast::Expr &e, std::initializer_list<std::string_view> allowed, Numbers &numbers,
                      Report &report) {
  WrittenType result;
  const ast::Expr &head = e.kind == ast::ExprKind::Call ? *e.operands[0] : e;
  if (head.kind != ast::ExprKind::Name) {
    report.error(Id::WrongType, e.span, {"a type", "`" + report.text(e.span) + "`"});
    return result;
  }
  result.name = head.name.text;
  std::vector<std::string> known(allowed.begin(), allowed.end());
  if (std::find(known.begin(), known.end(), result.name) == known.end()) {
    report.suggest(report.error(Id::UnknownName, head.span, {"type", result.name}), result.name, known, head.span,
                   "type");
    return result;
  }
  std::vector<const ast::Argument *> sizes;
  for (const ast::Argument &a : e.arguments)
    if (a.name.text == "variance" && result.name == "gaussian" && a.value)
      result.variance = numbers.number(*a.value);
    else if (a.name.text == "log_variance" && result.name == "gaussian")
      result.logVariance = interval(a, numbers, report);
    else
      sizes.push_back(&a);
  if (result.variance && result.logVariance)
    report.error(Id::ExtraArgument, e.span, {"gaussian", "a variance or an interval of its logarithm", "both"});
  if (!takesSizes(result.name, sizes.size())) {
    Diagnostic &d = report.error(Id::MissingArgument, e.span, {result.name, sizesText(result.name)});
    if (result.name == "image" && sizes.size() == 2 && sizes[0]->value && sizes[1]->value)
      d.fix = Fix{e.span, result.name + "(1, " + report.text({sizes[0]->span.begin, sizes[1]->span.end}) + ")"};
    return result;
  }
  for (const ast::Argument *a : sizes) {
    std::optional<int64_t> size = a->value ? numbers.whole(*a->value, "size", 1, 1e8) : std::nullopt;
    if (!size)
      return result;
    result.shape.push_back(*size);
  }
  result.ok = fits("`" + result.name + "`", result.shape, e.span, report);
  return result;
}

} // namespace gan::dsl
