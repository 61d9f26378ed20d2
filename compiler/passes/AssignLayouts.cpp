// Assigns layouts. Activations lie in memory as NHWC while `flatten` counts in (C, H, W) order, so the importer
// transposes before a linear layer. Instead of transposing what a weight multiplies, one can permute the weight: this
// pass stores the state permuted (its field says how) and uses the activation as it lies. From here on only reading and
// writing files permutes such weights.
#include "compiler/Bug.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/States.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "compiler/passes/Passes.h.inc"

namespace {

/// The place of a weight in a packed state: the state's name and the offset.
using Field = std::pair<StringRef, int64_t>;

/// x (N, ...) -> transpose -> reshape (N, F) -> product with a weight (out, F).
struct FlattenedUse {
  MatMulOp product;
  TransposeOp transpose;
};

/// The transposition of the flattening before the product's left operand, if the batch stays first; otherwise null.
TransposeOp flattening(MatMulOp product) {
  auto reshape = product.getLhs().getDefiningOp<ReshapeOp>();
  auto transpose = reshape ? reshape.getX().getDefiningOp<TransposeOp>() : TransposeOp();
  bool fits = transpose && transpose.getPerm()[0] == 0 && !product.getTransposeLhs() && product.getTransposeRhs() &&
              tensorOf(reshape).getRank() == 2 && tensorOf(reshape).getDimSize(0) == tensorOf(transpose).getDimSize(0);
  return fits ? transpose : TransposeOp();
}

/// The field with its last dimension, as users see it, viewed as the transposed dimensions and stored in x's order.
FieldAttr permuted(FieldAttr field, TransposeOp transpose) {
  ArrayRef<int64_t> perm = transpose.getPerm();
  SmallVector<int64_t> inverse(perm.size());
  for (auto [i, d] : llvm::enumerate(perm))
    inverse[d] = i;
  SmallVector<int64_t> view{field.getLayout().getShape()[0]}, order{0};
  for (size_t i = 1; i < perm.size(); ++i) {
    view.push_back(tensorOf(transpose).getDimSize(i));
    order.push_back(inverse[i]);
  }
  auto list = [&](ArrayRef<int64_t> values) { return DenseI64ArrayAttr::get(field.getContext(), values); };
  auto layout = LayoutAttr::get(field.getContext(), field.getLayout().getShape(), list(view), list(order));
  return FieldAttr::get(field.getContext(), field.getName(), field.getOf(), field.getOffset(), layout, field.getInit(),
                        field.getA(), field.getB(), field.getFanIn(), field.getFanOut());
}

/// Whether this is a matrix that nothing has permuted yet.
bool stored(FieldAttr field) {
  return llvm::is_sorted(field.getLayout().getOrder().asArrayRef()) && field.getLayout().getShape().size() == 2;
}

struct AssignLayouts : impl::AssignLayoutsBase<AssignLayouts> {
  void runOnOperation() override {
    llvm::MapVector<Field, SmallVector<FlattenedUse>> uses;
    llvm::DenseMap<Field, bool> blocked;
    getOperation().walk([&](UnpackOp unpack) {
      auto state = stateOf(unpack.getPacked());
      ensure(state.has_value(), "a view of a state");
      Field field{*state, (int64_t)unpack.getOffset()};
      for (OpOperand &use : unpack.getResult().getUses()) {
        auto product = dyn_cast<MatMulOp>(use.getOwner());
        TransposeOp transpose = product && use.getOperandNumber() == 1 ? flattening(product) : TransposeOp();
        if (transpose)
          uses[field].push_back({product, transpose});
        else if (!isa<GradientOp>(use.getOwner()))
          blocked[field] = true;
      }
    });
    for (auto &[field, list] : uses)
      if (!blocked.lookup(field))
        permute(field, list);
  }

  void permute(Field field, ArrayRef<FlattenedUse> uses) {
    TransposeOp first = uses[0].transpose;
    for (FlattenedUse use : uses)
      if (use.transpose.getPerm() != first.getPerm() ||
          tensorOf(use.transpose).getShape().drop_front() != tensorOf(first).getShape().drop_front())
        return;
    if (!rewriteField(field, first))
      return;
    for (FlattenedUse use : uses) {
      OpBuilder builder(use.product);
      Value x = use.transpose.getX();
      Value flat = ReshapeOp::create(builder, use.product.getLoc(), use.product.getLhs().getType(), x);
      use.product.getLhsMutable().assign(flat);
    }
  }

  /// Permutes the field and everything that is kept for it element by element: optimizer states, observed gradients.
  bool rewriteField(Field field, TransposeOp transpose) {
    StringAttr tensor; // the tensor for which all of these are kept
    getOperation().walk([&](StateOp state) {
      if (state.getName() != field.first)
        return;
      for (auto own : state.getFields().getAsRange<FieldAttr>())
        if (own.getOffset() == field.second && stored(own))
          tensor = own.getOf();
    });
    if (!tensor)
      return false;
    auto rewrite = [&](ArrayAttr fields) {
      SmallVector<Attribute> result(fields.getValue());
      for (Attribute &attribute : result)
        if (auto own = cast<FieldAttr>(attribute); own.getOf() == tensor && stored(own))
          attribute = permuted(own, transpose);
      return ArrayAttr::get(&getContext(), result);
    };
    getOperation().walk([&](StateOp state) { state.setFieldsAttr(rewrite(state.getFields())); });
    getOperation().walk([&](ObserveOp observe) {
      if (observe.getFields())
        observe.setFieldsAttr(rewrite(*observe.getFields()));
    });
    return true;
  }
};

} // namespace
} // namespace gan
