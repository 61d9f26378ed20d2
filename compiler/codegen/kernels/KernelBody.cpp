// Collapses dimensions of kernels, and computes their signatures and costs.
#include "compiler/codegen/kernels/KernelBody.h"

#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/program/EmitGraph.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;

namespace gan {
namespace {

/// Decides, for each value and each pair of neighbouring dimensions, whether they can become one dimension.
class Collapser {
public:
  explicit Collapser(KernelOp kernel) : kernel(kernel) {
    Block &body = kernel.getBody().front();
    for (Operation &op : body.without_terminator())
      constrain(&op);
  }

  OwningOpRef<ModuleOp> run() {
    OpBuilder builder(kernel.getContext());
    Location loc = builder.getUnknownLoc();
    Block &body = kernel.getBody().front();
    SmallVector<Type> results;
    for (Value v : body.getTerminator()->getOperands())
      results.push_back(collapsed(v));
    OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
    builder.setInsertionPointToStart(module->getBody());
    SmallVector<Value> operands; // buffers without an origin
    for (Value v : body.getArguments())
      operands.push_back(UnrealizedConversionCastOp::create(builder, loc, collapsed(v), ValueRange()).getResult(0));
    auto copy =
        KernelOp::create(builder, loc, results, operands, builder.getStringAttr(""), {}, {}, kernel.getInplaceAttr());
    Block &inside = copy.getBody().emplaceBlock();
    IRMapping map;
    for (Value v : body.getArguments())
      map.map(v, inside.addArgument(collapsed(v), loc));
    builder.setInsertionPointToEnd(&inside);
    for (Operation &op : body) {
      Operation *clone = builder.clone(op, map);
      clone->setLoc(loc);
      for (auto [result, original] : llvm::zip(clone->getResults(), op.getResults()))
        result.setType(collapsed(original));
      renumber(&op, clone);
    }
    return module;
  }

private:
  using Pair = std::pair<void *, int64_t>; ///< a value and the first of the two dimensions

  static Pair pair(Value v, int64_t d) { return {v.getAsOpaquePointer(), d}; }
  void forbid(Value v, int64_t d) { forbidden.insert(classes.getOrInsertLeaderValue(pair(v, d))); }
  void unite(Value a, int64_t d, Value b, int64_t e) {
    bool bad = isForbidden(a, d) || isForbidden(b, e);
    classes.unionSets(pair(a, d), pair(b, e));
    if (bad)
      forbid(a, d);
  }
  bool isForbidden(Value v, int64_t d) { return forbidden.count(classes.getOrInsertLeaderValue(pair(v, d))); }
  void forbidAll(Value v) {
    for (int64_t d = 0; d + 1 < tensorOf(v).getRank(); ++d)
      forbid(v, d);
  }

  /// Dimension i of `inner` is dimension dims[i] of `outer`; the other dimensions of `outer` are broadcast or reduced.
  void constrainSubset(Value inner, Value outer, ArrayRef<int64_t> dims) {
    for (int64_t d = 0; d + 1 < tensorOf(outer).getRank(); ++d) {
      const auto *a = llvm::find(dims, d), *b = llvm::find(dims, d + 1);
      if ((a == dims.end()) != (b == dims.end()))
        forbid(outer, d);
      else if (a != dims.end())
        unite(outer, d, inner, a - dims.begin());
    }
    for (size_t i = 0; i + 1 < dims.size(); ++i)
      if (dims[i + 1] != dims[i] + 1)
        forbid(inner, i);
  }

  void constrain(Operation *op) {
    Value result = op->getResult(0);
    if (isElementwise(op) || isa<CastOp>(op)) {
      for (Value v : op->getOperands())
        for (int64_t d = 0; d + 1 < tensorOf(result).getRank(); ++d)
          unite(v, d, result, d);
    } else if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      constrainSubset(broadcast.getX(), result, broadcast.getDims());
    } else if (isReduction(op)) {
      SmallVector<int64_t> kept;
      auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef();
      for (int64_t d = 0; d < tensorOf(op->getOperand(0)).getRank(); ++d)
        if (!llvm::is_contained(dims, d))
          kept.push_back(d);
      constrainSubset(result, op->getOperand(0), kept);
    } else if (!isa<ConstantOp, DrawOp>(op) ||
               (isa<DrawOp>(op) && cast<DrawOp>(op).getKind() == DrawKind::Categorical)) {
      forbidAll(result);
      for (Value v : op->getOperands())
        forbidAll(v);
    }
  }

  /// For each dimension of the collapsed value, the first of the dimensions that it merges.
  SmallVector<int64_t> firsts(Value v) {
    SmallVector<int64_t> result;
    for (int64_t d = 0; d < tensorOf(v).getRank(); ++d)
      if (d == 0 || isForbidden(v, d - 1))
        result.push_back(d);
    return result;
  }

  Tensor collapsed(Value v) {
    SmallVector<int64_t> first = firsts(v), shape;
    for (size_t i = 0; i < first.size(); ++i) {
      int64_t end = i + 1 < first.size() ? first[i + 1] : tensorOf(v).getRank(), size = 1;
      for (int64_t d = first[i]; d < end; ++d)
        size *= tensorOf(v).getDimSize(d);
      shape.push_back(size);
    }
    return withShape(tensorOf(v), shape);
  }

  /// Changes the dimension numbers in attributes to those of the collapsed value.
  void renumber(Operation *op, Operation *clone) {
    if (!isa<BroadcastOp>(op) && !isReduction(op))
      return;
    Value outer = isa<BroadcastOp>(op) ? op->getResult(0) : op->getOperand(0);
    SmallVector<int64_t> first = firsts(outer), dims;
    for (int64_t d : op->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef())
      if (const auto *at = llvm::find(first, d); at != first.end())
        dims.push_back(at - first.begin());
    clone->setAttr("dims", DenseI64ArrayAttr::get(op->getContext(), dims));
  }

  KernelOp kernel;
  llvm::EquivalenceClasses<Pair> classes;
  std::set<Pair> forbidden; ///< leaders of the classes of pairs that must not be merged
};

} // namespace

OwningOpRef<ModuleOp> canonicalKernel(KernelOp kernel) { return Collapser(kernel).run(); }

KernelOp onlyKernel(ModuleOp module) { return *module.getOps<KernelOp>().begin(); }

std::string kernelSignature(ModuleOp canonical) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  canonical->print(stream, OpPrintingFlags().useLocalScope());
  return text;
}

Operation *anchorOperation(KernelOp kernel) {
  for (Operation &op : kernel.getBody().front())
    if (isContraction(&op) || isReduction(&op) || isa<DrawOp>(op))
      return &op;
  return nullptr;
}

Anchor anchorOf(KernelOp kernel) {
  Operation *op = anchorOperation(kernel);
  return !op                 ? Anchor::Map
         : isa<MatMulOp>(op) ? Anchor::Contraction
         : isContraction(op) ? Anchor::Convolution
         : isReduction(op)   ? Anchor::Reduction
                             : Anchor::Draw;
}

ProductSizes productSizes(MatMulOp op) {
  Tensor lhs = tensorOf(op.getLhs()), out = tensorOf(op.getResult());
  return {out.getDimSize(0), out.getDimSize(1), lhs.getDimSize(op.getTransposeLhs() ? 0 : 1)};
}

/// Multiplications and additions of a contraction; those with padding are counted as well.
static double contractionFlops(Operation *op) {
  if (auto product = dyn_cast<MatMulOp>(op)) {
    ProductSizes s = productSizes(product);
    return 2.0 * s.m * s.n * s.k;
  }
  ConvGeometry g = convGeometry(op);
  return 2.0 * tensorOf(g.y).getNumElements() * g.kernel[0] * g.kernel[1] * g.groupIn();
}

KernelInfo describeKernel(KernelOp canonical) {
  static constexpr const char *names[] = {"map", "reduction", "contraction", "convolution", "draw"};
  KernelInfo info;
  llvm::SHA256 hash;
  hash.update(kernelSignature(canonical->getParentOfType<ModuleOp>()));
  info.symbol = "k_" + llvm::toHex(hash.final(), true).substr(0, 16);
  Operation *anchor = anchorOperation(canonical);
  info.anchor = anchor ? anchor->getName().stripDialect().str() : names[size_t(anchorOf(canonical))];
  auto add = [&](Value v, bool written) {
    Tensor type = tensorOf(v);
    KernelArg arg{dtypeName(type.getElementType()), {}, written};
    for (int64_t size : llvm::reverse(type.getShape()))
      arg.extents.push_back(size);
    info.bytes += byteSize(type);
    info.args.push_back(std::move(arg));
  };
  for (Value v : canonical.getBody().front().getArguments())
    add(v, false);
  for (Value v : canonical.getResults())
    add(v, true);
  for (Operation &op : canonical.getBody().front().without_terminator()) {
    if (isContraction(&op)) {
      info.flops += contractionFlops(&op);
    } else if (isReduction(&op)) {
      info.flops += tensorOf(op.getOperand(0)).getNumElements();
    } else if (isElementwise(&op)) {
      info.flops += tensorOf(op.getResult(0)).getNumElements();
    }
  }
  return info;
}

} // namespace gan
