#include "tests/ops/Cases.h"
#include "runtime/program/Random.h"

#include <cmath>

namespace gan::test {

const std::vector<OpCase> &opCases() {
  using S = std::vector<int64_t>;
  static const S m{5, 7}, image{2, 5, 7, 3};
  static const std::vector<OpCase> cases = {
      {"add", "", {m, m}, m, -2, 2, true, true},
      {"sub", "", {m, m}, m, -2, 2, true, true},
      {"mul", "", {m, m}, m},
      {"div", "", {m, m}, m, 0.5, 2},
      {"max", "", {m, m}, m, -2, 2, true, true},
      {"min", "", {m, m}, m, -2, 2, true, true},
      {"pow", "", {m, m}, m, 0.5, 2},
      {"gt", "", {m, m}, m, -2, 2, false},
      {"eq", "", {m, m}, m, -2, 2, false},
      {"leaky_relu", "", {m, m}, m},
      {"select", "", {m, m, m}, m, -2, 2, true, true},
      {"clamp", "", {m, m, m}, m, -2, 2, true, true},
      {"neg", "", {m}, m, -2, 2, true, true},
      {"exp", "", {m}, m},
      {"expm1", "", {m}, m},
      {"log", "", {m}, m, 0.25, 3},
      {"sqrt", "", {m}, m, 0.25, 3},
      {"abs", "", {m}, m, -2, 2, true, true},
      {"square", "", {m}, m},
      {"relu", "", {m}, m, -2, 2, true, true},
      {"sigmoid", "", {m}, m, -6, 6},
      {"tanh", "", {m}, m, -4, 4},
      {"softplus", "", {m}, m, -8, 8},
      {"erf", "", {m}, m},
      {"matmul", "", {{13, 7}, {7, 5}}, {13, 5}},
      {"matmul", "{transpose_lhs}", {{7, 13}, {7, 5}}, {13, 5}},
      {"matmul", "{transpose_rhs}", {{13, 7}, {5, 7}}, {13, 5}},
      {"matmul", "", {{1, 33}, {33, 70}}, {1, 70}},
      {"matmul", "{transpose_rhs}", {{37, 41}, {67, 41}}, {37, 67}},
      {"matmul", "{transpose_lhs}", {{29, 35}, {29, 1}}, {35, 1}},
      {"conv", "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}", {image, {4, 3, 3, 5}}, {2, 2, 5, 5}},
      {"conv", "{stride = array<i64: 1, 1>, pad = array<i64: 0, 0>}", {image, {1, 1, 3, 4}}, {2, 5, 7, 4}},
      {"conv", "{stride = array<i64: 1, 1>, pad = array<i64: 2, 1>}", {image, {5, 3, 3, 17}}, {2, 5, 7, 17}},
      {"conv",
       "{stride = array<i64: 1, 2>, pad = array<i64: 2, 3>, dilation = array<i64: 2, 3>}",
       {image, {3, 2, 3, 1}},
       {2, 5, 5, 1}},
      {"conv",
       "{stride = array<i64: 2, 2>, pad = array<i64: 1, 1>, groups = 3 : i64}",
       {image, {3, 3, 1, 6}},
       {2, 3, 4, 6}},
      {"conv", "{stride = array<i64: 3, 2>, pad = array<i64: 0, 0>}", {image, {2, 2, 3, 2}}, {2, 1, 3, 2}},
      {"conv_input_grad", "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}", {{2, 2, 5, 5}, {4, 3, 3, 5}}, image},
      {"conv_input_grad",
       "{stride = array<i64: 2, 2>, pad = array<i64: 1, 1>}",
       {{2, 3, 2, 3}, {4, 4, 2, 3}},
       {2, 6, 4, 2}},
      {"conv_input_grad",
       "{stride = array<i64: 2, 2>, pad = array<i64: 2, 2>}",
       {{3, 3, 4, 2}, {5, 5, 19, 2}},
       {3, 6, 8, 19}},
      {"conv_input_grad",
       "{stride = array<i64: 3, 2>, pad = array<i64: 2, 1>, dilation = array<i64: 2, 2>}",
       {{2, 2, 3, 4}, {3, 2, 5, 4}},
       {2, 6, 6, 5}},
      {"conv_input_grad",
       "{stride = array<i64: 1, 2>, pad = array<i64: 1, 0>, dilation = array<i64: 1, 4>, groups = 2 : i64}",
       {{2, 4, 3, 6}, {3, 2, 2, 6}},
       {2, 4, 10, 4}},
      {"conv_weight_grad", "{stride = array<i64: 2, 1>, pad = array<i64: 1, 0>}", {image, {2, 2, 5, 5}}, {4, 3, 3, 5}},
      {"conv_weight_grad",
       "{stride = array<i64: 1, 1>, pad = array<i64: 2, 1>}",
       {{2, 5, 7, 18}, {2, 5, 7, 1}},
       {5, 3, 18, 1}},
      {"conv_weight_grad",
       "{stride = array<i64: 2, 2>, pad = array<i64: 1, 1>, dilation = array<i64: 2, 1>, groups = 3 : i64}",
       {{4, 7, 6, 6}, {4, 3, 3, 9}},
       {3, 3, 2, 9}},
      {"reduce_sum", "{dims = array<i64: 0>}", {m}, {7}, -2, 2, true, true},
      {"reduce_sum", "{dims = array<i64: 1>}", {m}, {5}, -2, 2, true, true},
      {"reduce_sum", "{dims = array<i64: 0, 1, 2>}", {image}, {3}, -2, 2, true, true},
      {"reduce_sum", "{dims = array<i64: 0, 1, 2, 3>}", {image}, {}, -2, 2, true, true},
      {"reduce_sum", "{dims = array<i64: 1>}", {{3, 301}}, {3}, -2, 2, true, true},
      {"reduce_sum", "{dims = array<i64: 0>}", {{1037, 3}}, {3}, -2, 2, true, true},
      {"reduce_max", "{dims = array<i64: 1>}", {m}, {5}, -2, 2, true, true},
      {"reduce_max", "{dims = array<i64: 2>}", {{3, 5, 4}}, {3, 5}, -2, 2, true, true},
      {"reduce_max", "{dims = array<i64: 1, 2>}", {image}, {2, 3}, -2, 2, true, true},
      {"reduce_max", "{dims = array<i64: 0, 2>}", {{3, 5, 4}}, {5}, -2, 2, true, true},
      {"argmax", "{dims = array<i64: 1>}", {m}, {5}, -2, 2, false},
      {"argmax", "{dims = array<i64: 1, 3>}", {image}, {2, 7}, -2, 2, false},
      {"constant", "{value = 2.5 : f64}", {}, m, 0, 0, false},
      {"broadcast", "{dims = array<i64: 1>}", {{7}}, m, -2, 2, true, true},
      {"broadcast", "{dims = array<i64: 0>}", {{5}}, m, -2, 2, true, true},
      {"broadcast", "{dims = array<i64>}", {{}}, m, -2, 2, true, true},
      {"reshape", "", {m}, {35}, -2, 2, true, true},
      {"reshape", "", {{6, 5}}, {2, 3, 5}, -2, 2, true, true},
      {"transpose", "{perm = array<i64: 1, 0>}", {m}, {7, 5}, -2, 2, true, true},
      {"transpose", "{perm = array<i64: 0, 3, 1, 2>}", {image}, {2, 3, 5, 7}, -2, 2, true, true},
      {"slice", "{offsets = array<i64: 1, 2>}", {m}, {3, 4}, -2, 2, true, true},
      {"pad", "{offsets = array<i64: 1, 2>}", {m}, {8, 11}, -2, 2, true, true},
      {"concat", "{dim = 1 : i64}", {m, {5, 2}, {5, 4}}, {5, 13}, -2, 2, true, true},
      {"one_hot", "{dims = array<i64: 1>}", {{5}}, {5, 3}, 0, 0, false},
      {"one_hot", "{dims = array<i64: 0, 2>}", {{5}}, {2, 5, 3}, 0, 0, false},
      {"take",
       "{dim = 1 : i64, indices = array<i64: -1, 0, 1, 1, 2, 3, 3, 4, -1>}",
       {image},
       {2, 9, 7, 3},
       -2,
       2,
       true,
       true},
      {"take", "{dim = 0 : i64, indices = array<i64: 4, 0, 2>, fill = 3.0 : f64}", {m}, {3, 7}, -2, 2, true, true},
      {"take", "{dim = 1 : i64, indices = array<i64: 6, -1, 6, 5>, fill = 0.5 : f64}", {m}, {5, 4}, -2, 2, true, true},
      {"table", "{values = array<f64: 0.5, -1.0, 3.0>}", {}, {3}, 0, 0, false},
      {"reshape", "", {{3, 6, 5}}, {3, 2, 3, 5}, -2, 2, true, true},
      {"reshape", "", {{4, 3, 5}}, {2, 6, 5}, -2, 2, true, true},
      {"reshape", "", {{4, 1, 15}}, {1, 4, 3, 1, 5}, -2, 2, true, true},
      {"cast", "", {m}, m, -2, 2, true, true},
      {"variable", "", {m}, m, -2, 2, true, true},
      {"own", "", {m}, m, -2, 2, true, true},
      {"stop", "", {m}, m, -2, 2, false},
  };
  return cases;
}

std::string shapeText(const std::vector<int64_t> &shape, const char *element) {
  std::string text = "tensor<";
  for (int64_t d : shape)
    text += std::to_string(d) + "x";
  return text + element + ">";
}

std::string opText(const OpCase &c) {
  std::string operands, types;
  for (size_t i = 0; i < c.operands.size(); ++i) {
    operands += (i ? ", " : "") + std::string("%a") + std::to_string(i);
    types += (i ? ", " : "") + shapeText(c.operands[i]);
  }
  return "%r = \"gan." + c.op + "\"(" + operands + ") " + c.attributes + " : (" + types + ") -> " +
         shapeText(c.result) + "\n";
}

std::vector<Array> operandValues(const OpCase &c, unsigned seed) {
  std::vector<Array> all;
  for (const std::vector<int64_t> &shape : c.operands) {
    Array a = Array::zeros(shape);
    ganrt::DrawKey s = ganrt::drawKey(seed, c.op + c.attributes, unsigned(all.size()));
    for (size_t i = 0; i < a.data.size(); ++i)
      a.data[i] = std::round((c.lo + (c.hi - c.lo) * ganrt::uniformAt(s, i)) * 4096) / 4096;
    if (c.op == "select" && all.empty())
      for (double &v : a.data)
        v = v > 0;
    if (c.op == "clamp" && !all.empty()) // the bounds lie around the range of the values
      for (double &v : a.data)
        v = (all.size() == 1 ? -1 : 1) + v / 8;
    all.push_back(a);
  }
  return all;
}

} // namespace gan::test
