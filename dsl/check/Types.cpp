// Checks types as they are written: their name, how many sizes they take, and that a value of this shape fits into a
// buffer.
#include "dsl/check/Types.h"

#include "dsl/Tables.h"
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
  bool single = type == "vector" || type == "categorical";
  return count == 1 || (!single && count == 3);
}

std::string sizesText(const std::string &type) {
  if (type == "image")
    return "three sizes: channels, height, width";
  if (type == "bernoulli")
    return "no size, one, or three: channels, height, width";
  return takesSizes(type, 3) ? "one size, or three: channels, height, width" : "one size";
}

/// The sizes of a type, and the arguments of a distribution.
class TypeReader {
public:
  TypeReader(const ast::Expr &e, Numbers &numbers, Report &report) : e(e), numbers(numbers), report(report) {}

  WrittenType read(const std::vector<std::string> &known, bool output) {
    const ast::Expr &head = e.kind == ast::ExprKind::Call ? *e.operands[0] : e;
    if (head.kind != ast::ExprKind::Name) {
      report.error(Id::WrongType, e.span, {"a type", "`" + report.text(e.span) + "`"});
      return result;
    }
    result.name = head.name.text;
    if (std::find(known.begin(), known.end(), result.name) == known.end()) {
      report.suggest(report.error(Id::UnknownName, head.span, {"type", result.name}), result.name, known, head.span,
                     "type");
      return result;
    }
    for (size_t i = 0; output && i < distributionRows().size(); ++i)
      if (distributionRows()[i].spelling == result.name)
        result.kind = OutputKind(i + 1);
    std::vector<const ast::Argument *> sizes;
    size_t before = report.mistakes();
    for (const ast::Argument &a : e.arguments)
      if (a.name.text.empty())
        sizes.push_back(&a);
      else if (result.kind == OutputKind::Value || !ofDistribution(a))
        unknown(a);
    result.ok = report.mistakes() == before && together() && shape(sizes);
    return result;
  }

private:
  void unknown(const ast::Argument &a) {
    std::vector<std::string> known;
    if (result.kind != OutputKind::Value)
      for (std::string_view name : {rowOf(result.kind).given, rowOf(result.kind).kept})
        if (!name.empty())
          known.emplace_back(name);
    report.suggest(report.error(Id::UnknownName, a.name.span, {"argument of " + result.name, a.name.text}), a.name.text,
                   known, a.name.span, "argument");
  }

  /// Reads an argument of a distribution that is not a size; false if there is no such argument.
  bool ofDistribution(const ast::Argument &a) {
    const DistributionRow &row = rowOf(result.kind);
    const std::string &name = a.name.text;
    if (name == row.given && a.value)
      result.given = positive(*a.value, name);
    else if (name == row.kept)
      result.kept = interval(a);
    else if (name == "pixels" && result.kind == OutputKind::Logistic)
      result.pixels = interval(a);
    else if (name == "freedom" && result.kind == OutputKind::StudentT && a.value)
      result.freedom = positive(*a.value, name).literal().value_or(1);
    else
      return false;
    return true;
  }

  /// `log_variance in [lo, hi]`. Nothing if it has a mistake, which is reported.
  std::optional<Range> interval(const ast::Argument &a) {
    if (!a.value || a.value->kind != ast::ExprKind::Tuple || a.value->operands.size() != 2) {
      report.error(Id::MissingArgument, a.span, {a.name.text, "a range: `" + a.name.text + " in [-10, 10]`"});
      return std::nullopt;
    }
    std::optional<double> lo = numbers.literal(*a.value->operands[0], "the smallest value"),
                          hi = numbers.literal(*a.value->operands[1], "the largest value");
    if (lo && hi && *lo < *hi)
      return Range{*lo, *hi};
    if (lo && hi)
      report.error(Id::OutOfRange, a.value->span,
                   {"range", "from a smaller to a larger number", "the other way round"});
    return std::nullopt;
  }

  Number positive(const ast::Expr &value, const std::string &name) {
    Number n = numbers.number(value);
    if (std::optional<double> v = n.literal(); v && *v <= 0)
      report.error(Id::OutOfRange, value.span, {name, "larger than 0", report.text(value.span)});
    if (name == "freedom" && !n.literal())
      report.error(Id::ArgumentType, value.span, {name, "a fixed number", "one that can change"});
    return n;
  }

  /// Checks what the arguments say together.
  bool together() {
    if (result.kind == OutputKind::Value)
      return true;
    const DistributionRow &row = rowOf(result.kind);
    if (result.given && result.kept) {
      report.error(Id::ExtraArgument, e.span,
                   {result.name, "a " + std::string(row.given) + " or an interval of its logarithm", "both"});
      return false;
    }
    if (result.kind == OutputKind::StudentT && result.freedom <= 0) {
      report.error(Id::MissingArgument, e.span, {"student_t", "its degrees of freedom: `student_t(8, freedom 4)`"});
      return false;
    }
    return true;
  }

  bool shape(const std::vector<const ast::Argument *> &sizes) {
    if (!takesSizes(result.name, sizes.size())) {
      Diagnostic &d = report.error(Id::MissingArgument, e.span, {result.name, sizesText(result.name)});
      if (result.name == "image" && sizes.size() == 2 && sizes[0]->value && sizes[1]->value)
        d.fix = Fix{e.span, result.name + "(1, " + report.text({sizes[0]->span.begin, sizes[1]->span.end}) + ")"};
      return false;
    }
    for (const ast::Argument *a : sizes) {
      std::optional<int64_t> size = a->value ? numbers.whole(*a->value, "size", 1, 1e8) : std::nullopt;
      if (!size)
        return false;
      result.shape.push_back(*size);
    }
    return fits("`" + result.name + "`", result.shape, e.span, report);
  }

  const ast::Expr &e;
  Numbers &numbers;
  Report &report;
  WrittenType result;
};

} // namespace

WrittenType checkType(const ast::Expr &e, std::initializer_list<std::string_view> allowed, Numbers &numbers,
                      Report &report) {
  return TypeReader(e, numbers, report).read({allowed.begin(), allowed.end()}, false);
}

WrittenType checkOutputType(const ast::Expr &e, Numbers &numbers, Report &report) {
  std::vector<std::string> known{"image", "vector"};
  for (const DistributionRow &row : distributionRows())
    known.emplace_back(row.spelling);
  return TypeReader(e, numbers, report).read(known, true);
}

} // namespace gan::dsl
