// Attributes: what operations say besides their operands. They are kinds, places in memory, and the tensors that users
// see in a state. The kinds that appear in a program's tables have the names and the order of runtime/program.h, which
// codegen/program/ checks.
#ifndef GAN_ATTRIBUTES_TD
#define GAN_ATTRIBUTES_TD
include "compiler/dialect/GanDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

// ---- Kinds: they are written as their names, `loss`, `image` ----

class Gan_Case<string symbol, int value, string text> : I32EnumAttrCase<symbol, value, text>;
class Gan_Kind<string name, string doc, list<I32EnumAttrCase> cases> : I32EnumAttr<name, doc, cases> {
  let cppNamespace = "::gan";
}

def Gan_DataKind : Gan_Kind<"DataKind", "data that the host gives; `code` is what an encoder would make", [
  Gan_Case<"Image", 0, "image">, Gan_Case<"Vector", 1, "vector">, Gan_Case<"Label", 2, "label">, Gan_Case<"Code", 3, "code">]>;
def Gan_DrawKind : Gan_Kind<"DrawKind", "distribution of random numbers", [
  Gan_Case<"Uniform", 0, "uniform">, Gan_Case<"Normal", 1, "normal">, Gan_Case<"Categorical", 2, "categorical">,
  Gan_Case<"Mask", 3, "mask">]>;
def Gan_ObserveKind : Gan_Kind<"ObserveKind", "what the host reads a value for", [
  Gan_Case<"Loss", 0, "loss">, Gan_Case<"Metric", 1, "metric">, Gan_Case<"Gradient", 2, "gradient">, Gan_Case<"Value", 3, "value">,
  Gan_Case<"LogVariance", 4, "log_variance">, Gan_Case<"Given", 5, "given">, Gan_Case<"Wanted", 6, "wanted">, Gan_Case<"Code", 7, "code">]>;
def Gan_ValueKind : Gan_Kind<"ValueKind", "distribution that an observed value is the expectation of", [
  Gan_Case<"Plain", 0, "plain">, Gan_Case<"Bernoulli", 1, "bernoulli">, Gan_Case<"Gaussian", 2, "gaussian">,
  Gan_Case<"Categorical", 3, "categorical">]>;
def Gan_GraphKind : Gan_Kind<"GraphKind", "what a graph is run for", [
  Gan_Case<"Train", 0, "train">, Gan_Case<"Evaluate", 1, "evaluate">, Gan_Case<"Sample", 2, "sample">,
  Gan_Case<"Reconstruct", 3, "reconstruct">, Gan_Case<"Encode", 4, "encode">, Gan_Case<"Decode", 5, "decode">,
  Gan_Case<"Likelihood", 6, "likelihood">, Gan_Case<"Apply", 7, "apply">]>;
def Gan_Role : Gan_Kind<"Role", "what a state is to the model", [
  Gan_Case<"Parameter", 0, "parameter">, Gan_Case<"Buffer", 1, "buffer">, Gan_Case<"Optimizer", 2, "optimizer">]>;
def Gan_InitKind : Gan_Kind<"InitKind", "rule for a tensor's first values", [
  Gan_Case<"Constant", 0, "constant">, Gan_Case<"Normal", 1, "normal">, Gan_Case<"Uniform", 2, "uniform">,
  Gan_Case<"GlorotUniform", 3, "glorot_uniform">, Gan_Case<"GlorotNormal", 4, "glorot_normal">, Gan_Case<"HeUniform", 5, "he_uniform">,
  Gan_Case<"HeNormal", 6, "he_normal">, Gan_Case<"Orthogonal", 7, "orthogonal">, Gan_Case<"TorchUniform", 8, "torch_uniform">,
  Gan_Case<"UnitVector", 9, "unit_vector">]>;
def Gan_Space : Gan_Kind<"Space", "memory of a graph or of the program", [
  Gan_Case<"Arena", 0, "arena">, Gan_Case<"State", 1, "state">, Gan_Case<"Input", 2, "input">, Gan_Case<"Scalar", 3, "scalar">,
  Gan_Case<"Rng", 4, "rng">]>;

// ---- Structures ----

class Gan_Attr<string name, string attrMnemonic> : AttrDef<Gan_Dialect, name> {
  let mnemonic = attrMnemonic;
  let assemblyFormat = "`<` struct(params) `>`";
}

def Gan_PlaceAttr : Gan_Attr<"Place", "place"> {
  let summary = "a byte offset in a space: where the planner has put a buffer, `#gan.place<arena, 4096>`";
  let parameters = (ins "::gan::Space":$space, "int64_t":$offset);
  let assemblyFormat = "`<` $space `,` $offset `>`";
}
def Gan_LayoutAttr : Gan_Attr<"Layout", "layout"> {
  let summary = "a tensor as users see it (PyTorch's shape), and how it lies in memory: gan_layout of runtime/program.h";
  let parameters = (ins "::mlir::DenseI64ArrayAttr":$shape, "::mlir::DenseI64ArrayAttr":$view, "::mlir::DenseI64ArrayAttr":$order);
}
def Gan_FieldAttr : Gan_Attr<"Field", "field"> {
  let summary = "one tensor of a state or of an observed gradient, at `offset` elements from its start";
  let description = [{
    `of` names the block's own tensor that this one is kept for, element by element: `D.0.weight` for that weight, its gradient, average
    and optimizer state; empty where there is none (a count of updates). `init` with `a` and `b` is the rule for its first values.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "::mlir::StringAttr":$of, "int64_t":$offset, "::gan::LayoutAttr":$layout,
                    "::gan::InitKind":$init, "::mlir::FloatAttr":$a, "::mlir::FloatAttr":$b, "int64_t":$fan_in, "int64_t":$fan_out);
}
def Gan_PlacesAttr : TypedArrayAttrBase<Gan_PlaceAttr, "a place for each result">;
def Gan_FieldsAttr : TypedArrayAttrBase<Gan_FieldAttr, "fields of a state">;

#endif
