// Interfaces, through which a pass can query an operation without knowing which one it is.
#ifndef GAN_INTERFACES_TD
#define GAN_INTERFACES_TD
include "mlir/IR/OpBase.td"

def Gan_DifferentiableOp : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::gan";
  let description = [{
    The vector-Jacobian product of the operation, as operations of this dialect, so that it can be differentiated again.
  }];
  let methods = [InterfaceMethod<
    "For each operand, the gradient with respect to it given that of the result; null for none and where `needed` is false.",
    "llvm::SmallVector<mlir::Value>", "buildGradients",
    (ins "mlir::OpBuilder &":$builder, "mlir::Value":$resultGradient, "llvm::ArrayRef<bool>":$needed)>];
}
#endif
