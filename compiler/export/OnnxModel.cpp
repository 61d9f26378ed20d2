// Encodes ONNX (onnx/onnx.proto3) with protozero. The numbers of fields are those of that file.
#include "compiler/export/OnnxModel.h"
#include "compiler/export/ExportError.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

#include <limits>
#include <protozero/pbf_writer.hpp>

namespace gan {
namespace {

using Writer = protozero::pbf_writer;

enum : unsigned { ModelIrVersion = 1, ModelProducer = 2, ModelProducerVersion = 3, ModelGraph = 7, ModelOpset = 8 };
enum : unsigned { OpsetVersion = 2 };
enum : unsigned { GraphNode = 1, GraphName = 2, GraphConstant = 5, GraphAbout = 10, GraphInput = 11, GraphOutput = 12 };
enum : unsigned { NodeInput = 1, NodeOutput = 2, NodeName = 3, NodeOp = 4, NodeAttribute = 5 };
enum : unsigned {
  AttributeName = 1,
  AttributeFloat = 2,
  AttributeInt = 3,
  AttributeText = 4,
  AttributeInts = 8,
  AttributeType = 20
};
enum : unsigned { TensorDims = 1, TensorType = 2, TensorName = 8, TensorBytes = 9 };
enum : unsigned {
  InfoName = 1,
  InfoType = 2,
  TypeTensor = 1,
  TypeElement = 1,
  TypeShape = 2,
  ShapeDim = 1,
  DimValue = 1,
  DimName = 2
};
enum : int32_t { FloatTensor = 1, WholeTensor = 7 };                          // TensorProto.DataType
enum : int32_t { OneFloat = 1, OneWhole = 2, OneText = 3, SeveralWhole = 7 }; // AttributeProto.AttributeType

/// Adds a message that `fill` writes.
template <class Fill> void add(Writer &to, unsigned field, Fill fill) {
  Writer inner(to, field);
  fill(inner);
}

void addTensor(std::string &body, const std::string &name, const OnnxModel::Shape &shape, int32_t type,
               const std::string &bytes) {
  Writer graph(body);
  add(graph, GraphConstant, [&](Writer &tensor) {
    for (int64_t size : shape)
      tensor.add_int64(TensorDims, size);
    tensor.add_int32(TensorType, type);
    tensor.add_string(TensorName, name);
    tensor.add_bytes(TensorBytes, bytes);
  });
}

void addAttribute(Writer &node, const OnnxAttribute &a) {
  add(node, NodeAttribute, [&](Writer &out) {
    out.add_string(AttributeName, a.name);
    if (const auto *one = std::get_if<int64_t>(&a.value)) {
      out.add_int64(AttributeInt, *one);
      out.add_int32(AttributeType, OneWhole);
    } else if (const auto *real = std::get_if<double>(&a.value)) {
      out.add_float(AttributeFloat, float(*real));
      out.add_int32(AttributeType, OneFloat);
    } else if (const auto *word = std::get_if<std::string>(&a.value)) {
      out.add_string(AttributeText, *word);
      out.add_int32(AttributeType, OneText);
    } else {
      for (int64_t i : std::get<std::vector<int64_t>>(a.value))
        out.add_int64(AttributeInts, i);
      out.add_int32(AttributeType, SeveralWhole);
    }
  });
}

/// Adds the name and type of an input or output.
void addInfo(std::string &body, unsigned field, const std::string &name, const OnnxModel::Shape &sample) {
  Writer graph(body);
  add(graph, field, [&](Writer &info) {
    info.add_string(InfoName, name);
    add(info, InfoType, [&](Writer &type) {
      add(type, TypeTensor, [&](Writer &tensor) {
        tensor.add_int32(TypeElement, FloatTensor);
        add(tensor, TypeShape, [&](Writer &shape) {
          add(shape, ShapeDim, [](Writer &batch) { batch.add_string(DimName, "N"); });
          for (int64_t size : sample)
            add(shape, ShapeDim, [&](Writer &dim) { dim.add_int64(DimValue, size); });
        });
      });
    });
  });
}

} // namespace

void OnnxModel::input(const std::string &name, const Shape &sample) { addInfo(body, GraphInput, name, sample); }
void OnnxModel::output(const std::string &name, const Shape &sample) { addInfo(body, GraphOutput, name, sample); }

std::string OnnxModel::node(const std::string &op, const std::vector<std::string> &inputs,
                            const std::vector<OnnxAttribute> &attributes, const std::string &called) {
  std::string output = called.empty() ? "v" + std::to_string(names++) : called;
  Writer graph(body);
  add(graph, GraphNode, [&](Writer &node) {
    for (const std::string &input : inputs)
      node.add_string(NodeInput, input);
    node.add_string(NodeOutput, output);
    node.add_string(NodeName, op + "_" + output);
    node.add_string(NodeOp, op);
    for (const OnnxAttribute &a : attributes)
      addAttribute(node, a);
  });
  return output;
}

std::string OnnxModel::floats(const Shape &shape, const std::vector<float> &values) {
  std::string name = "c" + std::to_string(names++), bytes(values.size() * 4, '\0');
  for (size_t i = 0; i < values.size(); ++i)
    llvm::support::endian::write32le(bytes.data() + i * 4, llvm::bit_cast<uint32_t>(values[i]));
  addTensor(body, name, shape, FloatTensor, bytes);
  return name;
}

std::string OnnxModel::whole(const std::vector<int64_t> &values) {
  std::string name = "c" + std::to_string(names++), bytes(values.size() * 8, '\0');
  for (size_t i = 0; i < values.size(); ++i)
    llvm::support::endian::write64le(bytes.data() + i * 8, uint64_t(values[i]));
  addTensor(body, name, {int64_t(values.size())}, WholeTensor, bytes);
  return name;
}

std::string OnnxModel::encoded(const std::string &name, const std::string &about, const std::string &version) const {
  constexpr int64_t irVersion = 8; // of ONNX 1.10 to 1.12, which have this opset
  if (body.size() > size_t(std::numeric_limits<int32_t>::max()) - 4096)
    throw ExportError(name + ": an ONNX file holds at most 2 GiB, and this would be larger; --torch has no such limit");
  std::string graph = body, bytes;
  Writer fields(graph);
  fields.add_string(GraphName, name);
  fields.add_string(GraphAbout, about);
  Writer model(bytes);
  model.add_int64(ModelIrVersion, irVersion);
  model.add_string(ModelProducer, "ganc");
  model.add_string(ModelProducerVersion, version);
  model.add_message(ModelGraph, graph);
  add(model, ModelOpset, [](Writer &opset) { opset.add_int64(OpsetVersion, OnnxModel::opset); });
  return bytes;
}

} // namespace gan
