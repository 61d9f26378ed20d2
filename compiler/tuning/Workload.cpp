#include "compiler/tuning/Workload.h"
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/KernelBody.h"

#include <algorithm>
#include <charconv>

using namespace mlir;

namespace gan {
namespace {

using Sizes = std::vector<std::pair<std::string, int64_t>>;

Sizes sizesOfProduct(MatMulOp op) {
  ProductSizes s = productSizes(op);
  return {{"m", s.m}, {"n", s.n}, {"k", s.k}, {"ta", op.getTransposeLhs()}, {"tb", op.getTransposeRhs()}};
}

Sizes sizesOfConvolution(Operation *op) {
  ConvGeometry g = convGeometry(op);
  return {{"n", g.n},       {"ci", g.ci},     {"co", g.co},          {"groups", g.groups},
          {"ih", g.in[0]},  {"iw", g.in[1]},  {"kh", g.kernel[0]},   {"kw", g.kernel[1]},
          {"oh", g.out[0]}, {"ow", g.out[1]}, {"sh", g.stride[0]},   {"sw", g.stride[1]},
          {"ph", g.pad[0]}, {"pw", g.pad[1]}, {"dh", g.dilation[0]}, {"dw", g.dilation[1]}};
}

Sizes sizesOfReduction(Operation *op) {
  auto domain = tensorOf(op->getOperand(0));
  auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef();
  int64_t reduced = 1, kept = tensorOf(op->getResult(0)).getNumElements();
  for (int64_t d : dims)
    reduced *= domain.getDimSize(d);
  bool along = !dims.empty() && dims.back() == domain.getRank() - 1;
  return {{"reduced", reduced}, {"kept", kept}, {"along", along}};
}

} // namespace

int64_t Workload::at(std::string_view name) const {
  for (const auto &[known, value] : sizes)
    if (known == name)
      return value;
  return 0;
}

Workload workloadOf(KernelOp canonical) {
  Operation *op = anchorOperation(canonical);
  Workload w;
  if (auto product = dyn_cast_or_null<MatMulOp>(op))
    w = {"product", sizesOfProduct(product)};
  else if (anchorOf(canonical) == Anchor::Convolution)
    w = {isa<ConvOp>(op)            ? "conv"
         : isa<ConvInputGradOp>(op) ? "conv_input_grad"
                                    : "conv_weight_grad",
         sizesOfConvolution(op)};
  else if (anchorOf(canonical) == Anchor::Reduction)
    w = {"reduction", sizesOfReduction(op)};
  else
    w = {anchorOf(canonical) == Anchor::Draw ? "draw" : "map",
         {{"count", tensorOf(canonical.getResult(0)).getNumElements()}}};
  KernelInfo info = describeKernel(canonical);
  w.sizes.emplace_back("flops", int64_t(info.flops));
  w.sizes.emplace_back("bytes", int64_t(info.bytes));
  return w;
}

std::string printWorkload(const Workload &workload) {
  std::string text = workload.kind;
  for (const auto &[name, value] : workload.sizes)
    text += " " + name + "=" + std::to_string(value);
  return text;
}

std::optional<Workload> parseWorkload(std::string_view text) {
  auto word = [&] {
    std::string_view next = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), next.size() + 1));
    return next;
  };
  Workload w{std::string(word())};
  while (!text.empty()) {
    std::string_view next = word();
    size_t equals = next.find('=');
    int64_t value = 0;
    if (equals == std::string_view::npos ||
        std::from_chars(next.begin() + equals + 1, next.end(), value).ptr != next.end())
      return std::nullopt;
    w.sizes.emplace_back(next.substr(0, equals), value);
  }
  return w;
}

} // namespace gan
