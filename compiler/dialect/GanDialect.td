// The gan dialect: tensor programs of generative models. Shapes are static. Element types are f32 (values), f64
// (scalars of the host and of optimizers), ui8 (masks) and ui32 (random keys). Images are (N, H, W, C).
#ifndef GAN_DIALECT_TD
#define GAN_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "compiler/dialect/GanInterfaces.td"

def Gan_Dialect : Dialect {
  let name = "gan";
  let cppNamespace = "::gan";
  let summary = "training programs of generative models";
  let useDefaultAttributePrinterParser = 1;
}

class Gan_Op<string mnemonic, list<Trait> traits = []> : Op<Gan_Dialect, mnemonic, traits>;

def Gan_Tensor : RankedTensorOf<[F32, F64, UI8, UI32]>;
def Gan_Float : RankedTensorOf<[F32, F64]>;

// These traits are what fusion needs to know of an operation. Every operation in a kernel's body but draws has exactly
// one of the four.
class Gan_Trait<string name> : NativeOpTrait<name> { let cppNamespace = "::gan"; }
def Gan_Elementwise : Gan_Trait<"ElementwiseTrait">;   // result(i) depends on operands at i only; all of one shape
def Gan_Indexing : Gan_Trait<"IndexingTrait">;         // result(i) = an operand at a computed index, or a constant
def Gan_Reduction : Gan_Trait<"ReductionTrait">;       // sums, maxima, argmax over dimensions
def Gan_Contraction : Gan_Trait<"ContractionTrait">;   // matrix products, convolutions

class Gan_PureOp<string mnemonic, list<Trait> traits = []> : Gan_Op<mnemonic, !listconcat([Pure], traits)>;
class Gan_DiffOp<string mnemonic, list<Trait> traits = []>
    : Gan_PureOp<mnemonic, !listconcat([DeclareOpInterfaceMethods<Gan_DifferentiableOp>], traits)>;

#endif
