// All passes are declared here; Pipeline.cpp orders them. Each has the file of its name in this folder (Simplify and
// PlanMemory have more beside it) and its test in tests/passes.
#ifndef GAN_PASSES_TD
#define GAN_PASSES_TD
include "mlir/Pass/PassBase.td"

class Gan_Pass<string name> : Pass<name, "::mlir::ModuleOp"> { let dependentDialects = ["::gan::GanDialect"]; }

def Simplify : Gan_Pass<"gan-simplify"> {
  let summary = "algebra, constants, stable logarithms, convolutions that are products, shapes of the contractions";
}
def AssignLayouts : Gan_Pass<"gan-assign-layouts"> {
  let summary = "turns transpositions of activations into a permutation of the states that they meet";
}
def Differentiate : Gan_Pass<"gan-differentiate"> {
  let summary = "replaces each gan.gradient by the operations of the reverse walk";
}
def ShareAcrossSteps : Gan_Pass<"gan-share-across-steps"> {
  let summary = "computes once, outside, what two steps that always run both compute from the same values";
}
def CrossRanks : Gan_Pass<"gan-cross-ranks"> {
  let summary = "for a batch that ranks share: puts a gan.all_reduce behind each sum over samples";
  let options = [
    Option<"batch", "batch", "int64_t", "1", "samples of a rank">
  ];
}
def FuseKernels : Gan_Pass<"gan-fuse-kernels"> {
  let summary = "groups operations into gan.kernel: one anchor each, with its prologue and epilogue";
}
def PlanMemory : Gan_Pass<"gan-plan-memory"> {
  let summary = "gives every buffer of a graph an offset in its arena, from liveness";
  let options = [
    Option<"share", "share", "bool", "true", "buffers that are never needed at the same time share memory">
  ];
}

#endif
