// All operations of the dialect that are not element-wise, by family: contractions, reductions, indexing, sources,
// structure. Each family's .cpp has verifiers, which check the rules of shapes, and the gradients.
#ifndef GAN_OPS_TD
#define GAN_OPS_TD
include "compiler/dialect/GanAttributes.td"
include "compiler/dialect/GanElementwise.td"

// ---- Contractions (MatMul.cpp, Convolution.cpp) ----

def Gan_MatMulOp : Gan_DiffOp<"matmul", [Gan_Contraction]> {
  let summary = "(M, K) x (K, N) -> (M, N); a flag says that an operand is stored transposed";
  let description = [{
    Both operands are matrices in memory's order. A flag says that an operand is stored transposed, so that no
    gradient of a product needs a transposition.

    ```mlir
    %a = gan.read "a" : tensor<8x3xf32>
    %w = gan.read "w" : tensor<5x3xf32>
    %y = gan.matmul %a, %w {transpose_rhs} : (tensor<8x3xf32>, tensor<5x3xf32>) -> tensor<8x5xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$lhs, Gan_Float:$rhs, UnitAttr:$transpose_lhs, UnitAttr:$transpose_rhs);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

// Three operations, closed under differentiation. x: (N, H, W, Ci), w: (kh, kw, Ci / G, Co), y: (N, OH, OW, Co), with
// y(n, i, j, o) = sum_{a, b, c} x(n, i * stride + a * dilation - pad, .., first(o) + c) * w(a, b, c, o), where x is 0
// outside and first(o) is the first input channel of o's group. y may be smaller than the window would allow.
class Gan_ConvBase<string mnemonic> : Gan_DiffOp<mnemonic, [Gan_Contraction]> {
  let arguments = (ins Gan_Float:$lhs, Gan_Float:$rhs, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad,
                   DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$lhs `,` $rhs `stride` $stride `pad` $pad attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_ConvOp : Gan_ConvBase<"conv"> {
  let summary = "x, w -> y";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<2x8x8x3xf32>
    %w = gan.read "w" : tensor<4x4x3x16xf32>
    %y = gan.conv %x, %w stride [2, 2] pad [1, 1] : (tensor<2x8x8x3xf32>, tensor<4x4x3x16xf32>) -> tensor<2x4x4x16xf32>
    ```
  }];
}
def Gan_ConvInputGradOp : Gan_ConvBase<"conv_input_grad"> {
  let summary = "y, w -> x: the input gradient; also the transposed convolution";
  let description = [{
    ```mlir
    %y = gan.read "y" : tensor<2x4x4x16xf32>
    %w = gan.read "w" : tensor<4x4x3x16xf32>
    %x = gan.conv_input_grad %y, %w stride [2, 2] pad [1, 1] : (tensor<2x4x4x16xf32>, tensor<4x4x3x16xf32>) -> tensor<2x8x8x3xf32>
    ```
  }];
}
def Gan_ConvWeightGradOp : Gan_ConvBase<"conv_weight_grad"> {
  let summary = "x, y -> w: the weight gradient";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<2x8x8x3xf32>
    %y = gan.read "y" : tensor<2x4x4x16xf32>
    %w = gan.conv_weight_grad %x, %y stride [2, 2] pad [1, 1] : (tensor<2x8x8x3xf32>, tensor<2x4x4x16xf32>) -> tensor<4x4x3x16xf32>
    ```
  }];
}

// ---- Reductions (Reduction.cpp) ----

class Gan_ReduceBase<string mnemonic> : Gan_DiffOp<mnemonic, [Gan_Reduction]> {
  let arguments = (ins Gan_Float:$x, DenseI64ArrayAttr:$dims);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x `over` $dims attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_ReduceSumOp : Gan_ReduceBase<"reduce_sum"> {
  let summary = "sum over `dims` (sorted), which vanish";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<8x3xf32>
    %s = gan.reduce_sum %x over [0] : (tensor<8x3xf32>) -> tensor<3xf32>
    ```
  }];
}
def Gan_ReduceMaxOp : Gan_ReduceBase<"reduce_max"> {
  let summary = "maximum over `dims`; of equal ones the first takes the gradient";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<8x3xf32>
    %s = gan.reduce_max %x over [1] : (tensor<8x3xf32>) -> tensor<8xf32>
    ```
  }];
}
def Gan_ArgMaxOp : Gan_PureOp<"argmax", [Gan_Reduction]> {
  let summary = "index of the first maximum over `dims`, counted row by row, as a float";
  let description = [{
    There is no gradient: the maximum's goes through a one-hot of this index.

    ```mlir
    %x = gan.read "x" : tensor<8x3xf32>
    %i = gan.argmax %x over [1] : (tensor<8x3xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x, DenseI64ArrayAttr:$dims);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x `over` $dims attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

// ---- Indexing (Shape.cpp) ----

def Gan_ConstantOp : Gan_PureOp<"constant", [Gan_Indexing]> {
  let summary = "one number everywhere";
  let description = [{
    A tensor of one number costs no memory: whoever reads it sees the number.

    ```mlir
    %c = gan.constant 5.0e-01 : tensor<8x3xf32>
    ```
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
}
def Gan_BroadcastOp : Gan_DiffOp<"broadcast", [Gan_Indexing]> {
  let summary = "operand dimension i becomes result dimension dims[i] (sorted); the others repeat";
  let description = [{
    The gradient is a sum over the repeated dimensions.

    ```mlir
    %b = gan.read "b" : tensor<3xf32>
    %y = gan.broadcast %b to [1] : (tensor<3xf32>) -> tensor<8x3xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x, DenseI64ArrayAttr:$dims);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x `to` $dims attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_ReshapeOp : Gan_DiffOp<"reshape", [Gan_Indexing]> {
  let summary = "the same elements in row-major order, other dimensions";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<8x4x4x2xf32>
    %y = gan.reshape %x : (tensor<8x4x4x2xf32>) -> tensor<8x32xf32>
    ```
  }];
  let arguments = (ins Gan_Tensor:$x);
  let results = (outs Gan_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def Gan_TransposeOp : Gan_DiffOp<"transpose", [Gan_Indexing]> {
  let summary = "result dimension i is operand dimension perm[i]";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<8x4x4x2xf32>
    %y = gan.transpose %x by [0, 3, 1, 2] : (tensor<8x4x4x2xf32>) -> tensor<8x2x4x4xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x, DenseI64ArrayAttr:$perm);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x `by` $perm attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}
def Gan_SliceOp : Gan_DiffOp<"slice", [Gan_Indexing]> {
  let summary = "the window that starts at `offsets` and has the result's shape";
  let description = [{
    The gradient is a `gan.pad`.

    ```mlir
    %x = gan.read "x" : tensor<8x40xf32>
    %mean = gan.slice %x at [0, 20] : (tensor<8x40xf32>) -> tensor<8x20xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x, DenseI64ArrayAttr:$offsets);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x `at` $offsets attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_PadOp : Gan_DiffOp<"pad", [Gan_Indexing]> {
  let summary = "the operand at `offsets` in a result that is 0 elsewhere";
  let description = [{
    The gradient is a `gan.slice`.

    ```mlir
    %x = gan.read "x" : tensor<8x20xf32>
    %y = gan.pad %x at [0, 20] : (tensor<8x20xf32>) -> tensor<8x40xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x, DenseI64ArrayAttr:$offsets);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x `at` $offsets attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_ConcatOp : Gan_DiffOp<"concat", [Gan_Indexing]> {
  let summary = "operands one after the other along `dim`";
  let description = [{
    ```mlir
    %a = gan.read "a" : tensor<8x3xf32>
    %b = gan.read "b" : tensor<8x2xf32>
    %y = gan.concat %a, %b along 1 : (tensor<8x3xf32>, tensor<8x2xf32>) -> tensor<8x5xf32>
    ```
  }];
  let arguments = (ins Variadic<Gan_Float>:$parts, I64Attr:$dim);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$parts `along` $dim attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_OneHotOp : Gan_PureOp<"one_hot", [Gan_Indexing]> {
  let summary = "1 where the index over the new dimensions `dims` (sorted), counted row by row, equals the operand, else 0";
  let description = [{
    ```mlir
    %i = gan.read "i" : tensor<8xf32>
    %y = gan.one_hot %i along [1] : (tensor<8xf32>) -> tensor<8x10xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$index, DenseI64ArrayAttr:$dims);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$index `along` $dims attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_TakeOp : Gan_DiffOp<"take", [Gan_Indexing]> {
  let summary = "slice i along `dim` is the operand's slice indices[i], `fill` where that is -1: windows, reflections, interpolation";
  let description = [{
    The gradient adds up, for each slice of the operand, the slices that were taken from it.

    ```mlir
    %x = gan.read "x" : tensor<8x3xf32>
    %y = gan.take %x along 1 at [2, 1, -1, 0] : (tensor<8x3xf32>) -> tensor<8x4xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x, I64Attr:$dim, DenseI64ArrayAttr:$indices, DefaultValuedAttr<F64Attr, "0.0">:$fill);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x `along` $dim `at` $indices attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_TableOp : Gan_PureOp<"table", [Gan_Indexing]> {
  let summary = "a vector of given numbers";
  let description = [{
    ```mlir
    %t = gan.table [2.5e-01, 7.5e-01] : tensor<2xf32>
    ```
  }];
  let arguments = (ins DenseF64ArrayAttr:$values);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$values attr-dict `:` type($result)";
  let hasVerifier = 1;
}
def Gan_CastOp : Gan_DiffOp<"cast", [Gan_Indexing]> {
  let summary = "the same value in another element type: f64 to f32 and back, a byte mask to f32";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<f64>
    %y = gan.cast %x : (tensor<f64>) -> tensor<f32>
    ```
  }];
  let arguments = (ins Gan_Tensor:$x);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_StopOp : Gan_PureOp<"stop", [Gan_Indexing, SameOperandsAndResultType]> {
  let summary = "the same value without a gradient; gone after differentiation";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<8xf32>
    %y = gan.stop %x : tensor<8xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x attr-dict `:` type($result)";
}
def Gan_VariableOp : Gan_DiffOp<"variable", [Gan_Indexing, SameOperandsAndResultType]> {
  let summary = "the same value, kept apart as what a gradient is taken with respect to: nothing is simplified through it; gone after differentiation";
  let description = [{
    ```mlir
    %x = gan.read "x" : tensor<8xf32>
    %y = gan.variable %x : tensor<8xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x attr-dict `:` type($result)";
}

def Gan_OwnOp : Gan_DiffOp<"own", [Gan_Indexing, SameOperandsAndResultType]> {
  let summary = "the same value, of which each rank has its own: the samples of other ranks do not count, in its gradient neither";
  let description = [{
    Only in programs whose batches are shared by several processes. It ends in `gan-cross-ranks`, which then leaves
    what it reads, and all that is computed from it, to each rank, up to the gradients of parameters.

    ```mlir
    %x = gan.read "x" : tensor<8xf32>
    %y = gan.own %x : tensor<8xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x attr-dict `:` type($result)";
}

include "compiler/dialect/GanStructureOps.td"

#endif
