// The naive reference: every operation of the dialect in plain loops and double precision. It is written from the
// definitions and shares no code with the compiler. It runs a graph of any stage, before or after fusion.
#pragma once

#include "compiler/dialect/Gan.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gan::test {

/// A dense row-major tensor.
struct Array {
  std::vector<int64_t> shape;
  std::vector<double> data;

  static Array zeros(llvm::ArrayRef<int64_t> shape);
  double &at(llvm::ArrayRef<int64_t> index);
  double at(llvm::ArrayRef<int64_t> index) const { return const_cast<Array *>(this)->at(index); }
};

/// Calls `visit` with every index of a shape; the last dimension changes fastest.
void forEachIndex(llvm::ArrayRef<int64_t> shape, llvm::function_ref<void(llvm::ArrayRef<int64_t>)> visit);

class Interpreter {
public:
  std::map<std::string, Array> states; ///< with the types that the module declares; gan.write updates them
  int64_t iteration = 0;               ///< decides which steps run
  std::map<std::string, Array> inputs; ///< data and draws by name
  /// Evaluates a number of the host after the given number of updates.
  std::function<double(const std::string &polish, double updates)> scalar;

  std::map<std::string, Array> observed; ///< by name; gradients by the names of their fields

  void run(GraphOp graph);
  /// Applies one operation to the given operands.
  static std::vector<Array> apply(mlir::Operation *op, llvm::ArrayRef<Array> operands);
  /// Computes a kernel's results.
  std::vector<Array> runKernel(KernelOp kernel, llvm::ArrayRef<Array> operands);

private:
  int64_t repetition = 0;
  void runBlock(mlir::Block &block);
  void runOperation(mlir::Operation *op);
  Array given(const std::string &name, mlir::Operation *op);
  double updatesDone(ScalarOp op) const;
  bool runs(StepOp step) const;
  void runStep(StepOp step, std::vector<Array> states);
  /// "|2" in the third run of a repeated step.
  std::string repetitionOf(mlir::Operation *op) const;
  void observe(ObserveOp op);

  std::map<std::string, Array> written;
  std::map<std::string, Array> current; ///< the states when the running step started
  llvm::DenseMap<mlir::Value, Array> values;
};

} // namespace gan::test
