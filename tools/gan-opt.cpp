// Runs single passes on .mlir files, for tests and for looking closely.
#include "compiler/passes/Passes.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<gan::GanDialect>();
  gan::registerGanPasses();
  mlir::registerCSEPass();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "runs passes of the gan dialect\n", registry));
}
