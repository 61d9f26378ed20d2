// Operations that bind values to the outside or hold others: sources, states, steps, observations, kernels. Their
// verifiers and syntax are in Structure.cpp.
#ifndef GAN_STRUCTURE_OPS_TD
#define GAN_STRUCTURE_OPS_TD
include "compiler/dialect/GanAttributes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"

// ---- Sources: what the host provides (Structure.cpp) ----

def Gan_InputOp : Gan_PureOp<"input"> {
  let summary = "this iteration's batch of the data declared as @name";
  let description = [{
    `repeated` names the step whose repetitions have batches of their own, `called` is what `trace` calls the input then. `place` is there when
    the graph is planned, as in the other sources.

    ```mlir
    %x = gan.input @x : tensor<128x28x28x1xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$name, OptionalAttr<StrAttr>:$repeated, OptionalAttr<StrAttr>:$called, OptionalAttr<Gan_PlaceAttr>:$place);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}
def Gan_ScalarOp : Gan_PureOp<"scalar"> {
  let summary = "a number of the host, in reverse Polish text: `$lambda 0.5 mul`, `0 1 10 ramp_epochs`; `step` counts its updates (-1: the iteration)";
  let description = [{
    A literal pushes itself, `$name` a named number, any other word is an operation of `GAN_NUMBER_OPS` in
    runtime/program.h. `count` names the state that counts the updates where not every run of the step is one.

    ```mlir
    %beta = gan.scalar "0 1 10 ramp_epochs" step -1 : tensor<f64>
    ```
  }];
  let arguments = (ins StrAttr:$number, I64Attr:$step, OptionalAttr<StrAttr>:$count, OptionalAttr<Gan_PlaceAttr>:$place);
  let results = (outs TensorOf<[F64]>:$result);
  let assemblyFormat = "$number `step` $step attr-dict `:` type($result)";
}
def Gan_RngOp : Gan_PureOp<"rng"> {
  let summary = "key and counter (8 words) of the given use of a purpose";
  let description = [{
    The host writes the words before each run; runtime/program/Random.h says how.

    ```mlir
    %k = gan.rng "z", 0 step -1 : tensor<8xui32>
    ```
  }];
  let arguments = (ins StrAttr:$purpose, I64Attr:$application, I64Attr:$step, OptionalAttr<Gan_PlaceAttr>:$place);
  let results = (outs TensorOf<[UI32]>:$result);
  let assemblyFormat = "$purpose `,` $application `step` $step attr-dict `:` type($result)";
}
def Gan_DrawOp : Gan_PureOp<"draw"> {
  let summary = "random numbers: `uniform` in [lo, hi), `normal`, `categorical` (one-hot over the last dimension), `mask` (ui8, 1 with probability `keep`)";
  let description = [{
    `name` is what `trace` calls the draw, which is loaded there instead. `shared`: these are the numbers of this rank's
    part of a batch that ranks share, and begin behind those of the ranks before it.

    ```mlir
    %k = gan.rng "z", 0 step -1 : tensor<8xui32>
    %z = gan.draw uniform "z" from %k {lo = -1.0 : f64} : (tensor<8xui32>) -> tensor<128x62xf32>
    ```
  }];
  let arguments = (ins TensorOf<[UI32]>:$rng, Optional<TensorOf<[F64]>>:$keep, Gan_DrawKind:$kind, StrAttr:$name,
                   DefaultValuedAttr<F64Attr, "0.0">:$lo, DefaultValuedAttr<F64Attr, "1.0">:$hi, UnitAttr:$shared);
  let results = (outs Gan_Tensor:$result);
  let assemblyFormat = "$kind $name `from` $rng (`keep` $keep^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

// ---- State and steps (Structure.cpp) ----

def Gan_NetworkOp : Gan_Op<"network", [Symbol, NoTerminator, NoRegionArguments, SingleBlock]> {
  let summary = "a block of the model: the states that belong to it";
  let description = [{
    ```mlir
    gan.network "decoder" @G {
    } {layers = "0 relu"}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$kind, StrAttr:$layers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind $sym_name $body attr-dict";
}
def Gan_StateOp : Gan_Op<"state"> {
  let summary = "memory that lives from one iteration to the next: the tensors of `fields`, one after the other without gaps";
  let description = [{
    `network` is the block that it belongs to.

    ```mlir
    gan.state "optim.G.step" of "G" optimizer tensor<f64> [#gan.field<name = "optim.G.step", of = "", offset = 0, layout = <shape = [], view = [], order = []>, init = constant, a = 0.0 : f64, b = 0.0 : f64, fan_in = 0, fan_out = 0>]
    ```
  }];  let arguments = (ins StrAttr:$name, StrAttr:$network, Gan_Role:$role, TypeAttr:$type, Gan_FieldsAttr:$fields, OptionalAttr<Gan_PlaceAttr>:$place);
  let assemblyFormat = "$name `of` $network $role $type $fields attr-dict";
}
def Gan_DataOp : Gan_Op<"data", [Symbol]> {
  let summary = "data declared in the model: image, vector or label, in [lo, hi], or code, what an encoder would make; shape without the batch, (C, H, W)";
  let description = [{
    ```mlir
    gan.data image @x [1, 28, 28] in 0.0, 1.0
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Gan_DataKind:$kind, DenseI64ArrayAttr:$shape, F64Attr:$lo, F64Attr:$hi);
  let assemblyFormat = "$kind $sym_name $shape `in` $lo `,` $hi attr-dict";
}
def Gan_ConstantNumberOp : Gan_Op<"number", []> {
  let summary = "a named number that can be set at run time";
  let description = [{
    ```mlir
    gan.number "lambda" = "0.5"
    ```
  }];
  let arguments = (ins StrAttr:$name, StrAttr:$number);
  let assemblyFormat = "$name `=` $number attr-dict";
}
def Gan_GraphOp : Gan_Op<"graph", [NoTerminator, NoRegionArguments, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "one run of train, evaluate, sample, reconstruct, encode, decode, likelihood or apply, as a pure function from states, data and draws to new states";
  let description = [{
    `label` is the block that is applied; it also tells graphs of tests apart. The planner adds the bytes of the arena, of all temporaries if none
    shared memory, and of the batch data.

    ```mlir
    gan.graph evaluate {
      %x = gan.input @x : tensor<8x3xf32>
    }
    ```
  }];
  let arguments = (ins Gan_GraphKind:$kind, OptionalAttr<StrAttr>:$label, OptionalAttr<I64Attr>:$arena_bytes, OptionalAttr<I64Attr>:$sum_bytes,
                   OptionalAttr<I64Attr>:$input_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind ($label^)? $body attr-dict";
}
def Gan_ReadOp : Gan_PureOp<"read"> {
  let summary = "the state as it was before this run";
  let description = [{
    ```mlir
    %w = gan.read "G" : tensor<330040xf32>
    ```
  }];
  let arguments = (ins StrAttr:$state, OptionalAttr<Gan_PlaceAttr>:$place);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$state attr-dict `:` type($result)";
}
def Gan_WriteOp : Gan_Op<"write"> {
  let summary = "the state as it is after this run";
  let description = [{
    ```mlir
    %w = gan.read "G" : tensor<6xf32>
    %half = gan.constant 5.0e-01 : tensor<6xf32>
    %new = gan.mul %w, %half : tensor<6xf32>
    gan.write "G", %new : tensor<6xf32>
    ```
  }];
  let arguments = (ins StrAttr:$state, Gan_Float:$value);
  let assemblyFormat = "$state `,` $value attr-dict `:` type($value)";
}
def Gan_UnpackOp : Gan_PureOp<"unpack"> {
  let summary = "one field of a state: a view";
  let description = [{
    `offset` counts elements.

    ```mlir
    %w = gan.read "G" : tensor<330040xf32>
    %b = gan.unpack %w at 313600 : (tensor<330040xf32>) -> tensor<400xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$packed, I64Attr:$offset);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$packed `at` $offset attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_PackOp : Gan_PureOp<"pack"> {
  let summary = "the operands' elements one after the other: the planner places them so that nothing is copied";
  let description = [{
    ```mlir
    %a = gan.read "a" : tensor<3x2xf32>
    %b = gan.read "b" : tensor<4xf32>
    %p = gan.pack %a, %b : (tensor<3x2xf32>, tensor<4xf32>) -> tensor<10xf32>
    ```
  }];
  let arguments = (ins Variadic<Gan_Float>:$parts);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$parts attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}
def Gan_StepOp : Gan_Op<"step", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "one step of the training: run `times` times in iterations 0, every, 2 * every, .. that take `stream` (-1: any)";
  let description = [{
    `inits` are the states that it changes, as they were before it; its block's arguments are the same inside (and from one
    repetition to the next), its terminator yields the new ones, its results are what later steps see. Where it does not run, results equal inits.

    `users`: no step of the model, but what a `let` in front of the steps does to a state (running statistics): it runs when one of the steps
    of these indices does, those that name the `let`. Its own index is -1.

    ```mlir
    %w = gan.read "G" : tensor<6xf32>
    %new = gan.step "G" (%old = %w : tensor<6xf32>) -> tensor<6xf32> {
      %n = gan.neg %old : tensor<6xf32>
      gan.yield %n : tensor<6xf32>
    } attributes {index = 0 : i64, every = 1 : i64, times = 1 : i64, blocks = array<i64: 0>}
    ```
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$index, I64Attr:$every, I64Attr:$times, DefaultValuedAttr<I64Attr, "-1">:$stream, DenseI64ArrayAttr:$blocks,
                   OptionalAttr<DenseI64ArrayAttr>:$users, OptionalAttr<Gan_PlacesAttr>:$places, Variadic<Gan_Float>:$inits);
  let results = (outs Variadic<Gan_Float>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}
def Gan_YieldOp : Gan_PureOp<"yield", [Terminator]> {
  let summary = "ends a step or a kernel";
  let arguments = (ins Variadic<Gan_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}
def Gan_ObserveOp : Gan_Op<"observe"> {
  let summary = "a value that the host reads";
  let description = [{
    `value` is the expectation of a block's output, `log_variance` of the gaussian that the value before it is the mean of, `given` and `wanted`
    are pictures above and below the value of the same name, `code` is classes found in data. A gradient has `fields`, as its block's state has.
    `layout` where the value is shown in another shape than its own; `lo`, `hi`: its range.

    ```mlir
    %loss = gan.read "loss" : tensor<f32>
    gan.observe loss "loss.G" step 0, %loss {maximize} : tensor<f32>
    ```
  }];
  let arguments = (ins Gan_ObserveKind:$kind, StrAttr:$name, I64Attr:$step, Gan_Float:$value, OptionalAttr<Gan_FieldsAttr>:$fields,
                   OptionalAttr<Gan_LayoutAttr>:$layout, DefaultValuedAttr<F64Attr, "0.0">:$lo, DefaultValuedAttr<F64Attr, "0.0">:$hi,
                   DefaultValuedAttr<Gan_ValueKind, "ValueKind::Plain">:$distribution, UnitAttr:$picture, UnitAttr:$maximize);
  let assemblyFormat = "$kind $name `step` $step `,` $value attr-dict `:` type($value)";
}
def Gan_GradientOp : Gan_PureOp<"gradient"> {
  let summary = "gradients of the sum of `function` with respect to each of `wrt`, in their shapes; zero where it does not depend on it";
  let description = [{
    Gone after `gan-differentiate`. A gradient of a gradient is one operation behind another.

    ```mlir
    %x = gan.read "x" : tensor<3xf32>
    %y = gan.square %x : tensor<3xf32>
    %g = gan.gradient %y wrt %x : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$function, Variadic<Gan_Float>:$wrt);
  let results = (outs Variadic<Gan_Float>:$gradients);
  let assemblyFormat = "$function `wrt` $wrt attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

// ---- Ranks: processes that share a batch ----

def Gan_AllReduceOp : Gan_PureOp<"all_reduce", [SameOperandsAndResultType]> {
  let summary = "the mean over all ranks of what each rank has: the same on every rank";
  let description = [{
    Only in programs whose batches are shared by several processes (`gan-cross-ranks`). The planner makes it a view: the
    mean is written over the operand.

    ```mlir
    %x = gan.read "x" : tensor<8xf32>
    %y = gan.all_reduce %x : tensor<8xf32>
    ```
  }];
  let arguments = (ins Gan_Float:$x);
  let results = (outs Gan_Float:$result);
  let assemblyFormat = "$x attr-dict `:` type($result)";
}

// ---- Kernels (Structure.cpp) ----

def Gan_KernelOp : Gan_PureOp<"kernel", [IsolatedFromAbove, SingleBlock]> {
  let summary = "operations that become one machine-code function: at most one anchor, its prologue and its epilogue";
  let description = [{
    Operands are whole buffers, block arguments of the same types. `draws`: the kernel draws random numbers of this name. After planning `places` holds one address for each result.
    `inplace` (when planned): for each result the operand whose memory it overwrites element by element, -1 for none.

    ```mlir
    %x = gan.read "x" : tensor<8xf32>
    %y = gan.kernel "E.1 relu" (%a = %x : tensor<8xf32>) -> tensor<8xf32> {
      %r = gan.relu %a : tensor<8xf32>
      gan.yield %r : tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Gan_Tensor>:$operands_, StrAttr:$label, OptionalAttr<StrAttr>:$draws, OptionalAttr<Gan_PlacesAttr>:$places,
                   OptionalAttr<DenseI64ArrayAttr>:$inplace);
  let results = (outs Variadic<Gan_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

#endif
