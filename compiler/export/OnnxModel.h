// An ONNX model while it is written: nodes, constants, inputs and outputs, and the bytes of its file, which is a
// protocol buffer.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace gan {

/// An attribute of a node.
struct OnnxAttribute {
  std::string name;
  std::variant<int64_t, double, std::string, std::vector<int64_t>> value;
};

class OnnxModel {
public:
  using Shape = std::vector<int64_t>;

  /// The version of the operators' definitions that nodes are written for.
  static constexpr int64_t opset = 17;

  /// Declares an input or an output of samples of this shape; the number of samples is free.
  void input(const std::string &name, const Shape &sample);
  void output(const std::string &name, const Shape &sample);
  /// Adds a node with one output and returns the output's name, which is `called` or made up.
  std::string node(const std::string &op, const std::vector<std::string> &inputs,
                   const std::vector<OnnxAttribute> &attributes = {}, const std::string &called = "");
  /// Adds constants and returns their names.
  std::string floats(const Shape &shape, const std::vector<float> &values);
  std::string whole(const std::vector<int64_t> &values);
  std::string scalar(double value) { return floats({}, {float(value)}); }

  /// The file's bytes, written by this version of ganc. Throws ExportError if it would be larger than protocol buffers
  /// can be (2 GiB).
  std::string encoded(const std::string &name, const std::string &about, const std::string &version) const;

private:
  std::string body; ///< fields of the graph, in the order in which they were added
  size_t names = 0;
};

} // namespace gan
