#include "tests/ops/KernelText.h"

namespace gan::test {

std::string kernelModule(const OpCase &c) {
  std::string reads, names, arguments, types;
  for (size_t i = 0; i < c.operands.size(); ++i) {
    std::string n = std::to_string(i), t = shapeText(c.operands[i]), comma = i ? ", " : "";
    reads += "%s" + n + " = gan.read \"a" + n + "\" : " + t + "\n";
    names += comma + "%s" + n;
    arguments += comma + "%a" + n + ": " + t;
    types += comma + t;
  }
  std::string t = shapeText(c.result);
  return "gan.graph evaluate {\n" + reads + "%k = \"gan.kernel\"(" + names + ") ({\n^bb0(" + arguments + "):\n" +
         opText(c) + "\"gan.yield\"(%r) : (" + t + ") -> ()\n}) {label = \"t\"} : (" + types + ") -> " + t + "\n}\n";
}

std::vector<Array> kernelOperands(const OpCase &c) {
  std::vector<Array> operands = operandValues(c, 5);
  if (c.op == "one_hot")
    for (size_t i = 0; i < operands[0].data.size(); ++i)
      operands[0].data[i] = double(i % 3);
  return operands;
}

std::string caseName(const testing::TestParamInfo<OpCase> &info) {
  return info.param.op + "_" + std::to_string(info.index);
}
} // namespace gan::test
