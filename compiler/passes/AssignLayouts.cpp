// Layouts. Activations are NHWC inside while `flatten` counts in (C, H, W) order, so the importer transposes before a
// linear layer. A transposition of what a weight multiplies is a permutation of the weight: the state is stored
// permuted (its field says how) and the activation is used as it lies. Only reading and writing files permutes.
#include "compiler/Bug.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/States.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace gan {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "compiler/passes/Passes.h.inc"

namespace {

/// A weight's field of a packed state.
using Field = std::pair<StringRef, int64_t>;

/// x (N, ...) -> transpose -> reshape (N, F) -> product with a weight (out, F).
struct FlattenedUse {
  MatMulOp product;
  TransposeOp transpose;
};

/// The flattening in front of the product's left operand, where the batch stays first.
TransposeOp flattening(MatMulOp product) {
  auto reshape = product.getLhs().getDefiningOp<ReshapeOp>();
  auto transpose = reshape ? reshape.getX().getDefiningOp<TransposeOp>() : TransposeOp();
  bool fits = transpose && transpose.getPerm()[0] == 0 && !product.getTransposeLhs() && product.getTransposeRhs() &&
              tensorOf(reshape).getRank() == 2 && tensorOf(reshape).getDimSize(0) == tensorOf(transpose).getDimSize(0);
  return fits ? transpose : TransposeOp();
}

/// The field's dictionary with its last outside dimension viewed as the transposed dimensions and stored in x's order.
DictionaryAttr permuted(DictionaryAttr field, TransposeOp transpose) {
  ArrayRef<int64_t> perm = transpose.getPerm();
  SmallVector<int64_t> inverse(perm.size());
  for (auto [i, d] : llvm::enumerate(perm))
    inverse[d] = i;
  SmallVector<int64_t> view{cast<DenseI64ArrayAttr>(field.get("shape"))[0]}, order{0};
  for (size_t i = 1; i < perm.size(); ++i) {
    view.push_back(tensorOf(transpose).getDimSize(i));
    order.push_back(inverse[i]);
  }
  NamedAttrList attributes(field);
  attributes.set("view", DenseI64ArrayAttr::get(field.getContext(), view));
  attributes.set("order", DenseI64ArrayAttr::get(field.getContext(), order));
  return attributes.getDictionary(field.getContext());
}

bool stored(DictionaryAttr field) {
  return llvm::is_sorted(cast<DenseI64ArrayAttr>(field.get("order")).asArrayRef()) &&
         cast<DenseI64ArrayAttr>(field.get("shape")).size() == 2;
}

/// The field is `tensor`, or something kept beside it: "grad.D.<tensor>", "optim.D.<tensor>.exp_avg".
bool concerns(DictionaryAttr field, StringRef tensor) {
  StringRef name = cast<StringAttr>(field.get("name")).getValue();
  size_t at = name.find(tensor);
  if (at == StringRef::npos || !stored(field) || cast<DenseI64ArrayAttr>(field.get("shape")).size() != 2)
    return false;
  StringRef rest = name.drop_front(at + tensor.size());
  return (at == 0 || name[at - 1] == '.') && (rest.empty() || rest[0] == '.');
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

  /// Permutes the field and everything kept element for element beside it: optimizer states, observed gradients.
  bool rewriteField(Field field, TransposeOp transpose) {
    std::optional<StringRef> tensor;
    getOperation().walk([&](StateOp state) {
      if (state.getName() != field.first)
        return;
      for (auto dictionary : state.getFields().getAsRange<DictionaryAttr>())
        if (cast<IntegerAttr>(dictionary.get("offset")).getInt() == field.second && stored(dictionary))
          tensor = cast<StringAttr>(dictionary.get("name")).getValue();
    });
    if (!tensor)
      return false;
    auto rewrite = [&](ArrayAttr fields) {
      SmallVector<Attribute> result(fields.getValue());
      for (Attribute &attribute : result)
        if (concerns(cast<DictionaryAttr>(attribute), *tensor))
          attribute = permuted(cast<DictionaryAttr>(attribute), transpose);
      return ArrayAttr::get(&getContext(), result);
    };
    getOperation().walk([&](StateOp state) { state.setFieldsAttr(rewrite(state.getFields())); });
    getOperation().walk([&](ObserveOp observe) {
      NamedAttrList info(observe.getInfo());
      if (auto fields = info.get("fields"))
        info.set("fields", rewrite(cast<ArrayAttr>(fields)));
      observe.setInfoAttr(info.getDictionary(&getContext()));
    });
    return true;
  }
};

} // namespace
} // namespace gan
