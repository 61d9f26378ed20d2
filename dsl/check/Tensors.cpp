// Adds the tensors of each kind of layer. Where PyTorch's shapes or names are surprising, the tensors follow PyTorch.
#include "dsl/check/Tensors.h"

namespace gan::dsl {
namespace {

/// Adds the tensors of one layer.
class LayerTensors {
public:
  LayerTensors(Layer &layer, const std::vector<ast::InitRule> &ofBlock, Inits &inits)
      : layer(layer), ofBlock(ofBlock), inits(inits) {}

  void addAll();

private:
  bool isOn(std::string_view flag) const { return layer.literal(flag) != 0; }
  void add(const std::string &name, ParamRole role, const Shape &shape, Init fallback, int64_t in, int64_t out);
  void addBuffer(const std::string &name, ParamRole role, const Shape &shape, Init init, int64_t size);
  void weight(const Shape &shape, Init fallback, int64_t in, int64_t out, size_t rows);
  void affine(const Shape &shape);
  void dense();
  void convolution();
  void scaleAndShift(const Shape &shape);
  void batchNorm();
  void attention();
  void codebook();
  void learned(double start);

  Layer &layer;
  const std::vector<ast::InitRule> &ofBlock;
  Inits &inits;
};

constexpr Init torch{InitKind::TorchUniform, 0, 0};
constexpr Init zero{InitKind::Constant, 0, 0}, one{InitKind::Constant, 1, 0};

void LayerTensors::addAll() {
  switch (layer.kind) {
  case LayerKind::Linear:
  case LayerKind::Maxout:
    return dense();
  case LayerKind::Conv:
  case LayerKind::ConvTranspose:
    return convolution();
  case LayerKind::BatchNorm:
    return batchNorm();
  case LayerKind::InstanceNorm:
  case LayerKind::GroupNorm:
    return scaleAndShift({layer.in[0]});
  case LayerKind::LayerNorm:
    return scaleAndShift(layer.in);
  case LayerKind::Attention:
    return attention();
  case LayerKind::Positions:
    return add("weight", ParamRole::Weight, layer.in, {InitKind::Normal, 0, 0.02}, layer.in[0], layer.in[0]);
  case LayerKind::Codebook:
    return codebook();
  case LayerKind::Gain:
    return learned(layer.literal("start"));
  case LayerKind::Prelu:
    return learned(0.25);
  case LayerKind::Embedding:
    return weight({layer.in[0], layer.out[0]}, {InitKind::Normal, 0, 1}, layer.in[0], layer.out[0], 0);
  default:
    return;
  }
}

void LayerTensors::add(const std::string &name, ParamRole role, const Shape &shape, Init fallback, int64_t in,
                       int64_t out) {
  layer.params.push_back({name, role, false, shape, inits.of(role, fallback, ofBlock), in, out});
}

void LayerTensors::addBuffer(const std::string &name, ParamRole role, const Shape &shape, Init init, int64_t size) {
  layer.params.push_back({name, role, true, shape, init, size, size});
}

/// A weight; if it is divided by its spectral norm, with the vectors that estimate this norm. `rows` is the dimension
/// of the weight that the rows of its matrix count.
void LayerTensors::weight(const Shape &shape, Init fallback, int64_t in, int64_t out, size_t rows) {
  bool spectral = isOn("spectral");
  add(spectral ? "parametrizations.weight.original" : "weight", ParamRole::Weight, shape, fallback, in, out);
  if (!spectral)
    return;
  const Init direction{InitKind::UnitVector, 0, 0};
  int64_t columns = elements(shape) / shape[rows];
  addBuffer("parametrizations.weight.0._u", ParamRole::Weight, {shape[rows]}, direction, shape[rows]);
  addBuffer("parametrizations.weight.0._v", ParamRole::Weight, {columns}, direction, columns);
}

/// A scale and a shift.
void LayerTensors::affine(const Shape &shape) {
  add("weight", ParamRole::Scale, shape, one, shape[0], shape[0]);
  add("bias", ParamRole::Shift, shape, zero, shape[0], shape[0]);
}

void LayerTensors::dense() {
  int64_t in = layer.in[0], out = int64_t(layer.literal("n"));
  if (layer.kind == LayerKind::Maxout)
    out *= int64_t(layer.literal("pieces"));
  weight({out, in}, torch, in, out, 0);
  if (isOn("bias"))
    add("bias", ParamRole::Bias, {out}, torch, in, out);
}

void LayerTensors::convolution() {
  auto size = [&](std::string_view name, size_t i) { return int64_t(*layer.argument(name).values[i].literal()); };
  bool transposed = layer.kind == LayerKind::ConvTranspose;
  int64_t kh = size("kernel", 0), kw = size("kernel", 1), in = layer.in[0], out = layer.out[0], area = kh * kw;
  // PyTorch takes the fan-in from the weight's second dimension, which is the output's channels for a transposed
  // convolution.
  Shape shape{transposed ? in : out, (transposed ? out : in) / size("groups", 0), kh, kw};
  weight(shape, torch, shape[1] * area, shape[0] * area, transposed ? 1 : 0);
  if (isOn("bias"))
    add("bias", ParamRole::Bias, {out}, torch, shape[1] * area, shape[0] * area);
}

/// A number for all or for each channel, as PyTorch's PReLU has it. Rules for other layers' weights do not touch it.
void LayerTensors::learned(double start) {
  int64_t n = isOn("channels") ? layer.in[0] : 1;
  layer.params.push_back({"weight", ParamRole::Scale, false, {n}, Init{InitKind::Constant, start, 0}, n, n});
}

/// The scale and shift of a norm: of this shape or, `by` a value, a table for that value and the channels.
void LayerTensors::scaleAndShift(const Shape &shape) {
  int64_t n = layer.in[0];
  const std::vector<Ref> &by = layer.argument("by").refs;
  if (!by.empty() && by[0].oneHot) {
    affine({by[0].shape[0], n});
  } else if (!by.empty()) { // scale 1 + W w, shift W' w: as W and W' start at zero, it starts as a plain norm
    for (const char *name : {"weight", "bias"})
      add(name, ParamRole::Weight, {by[0].shape[0], n}, zero, by[0].shape[0], n);
  } else if (isOn("affine")) {
    affine(shape);
  }
}

/// As torch.nn.MultiheadAttention: the weights of Q, K and V lie in one tensor.
void LayerTensors::attention() {
  int64_t in = layer.in[0], values = int64_t(layer.literal("values"));
  int64_t all = 2 * int64_t(layer.literal("keys")) + values;
  add("in_proj_weight", ParamRole::Weight, {all, in}, {InitKind::GlorotUniform, 0, 0}, in, all);
  if (isOn("bias"))
    add("in_proj_bias", ParamRole::Bias, {all}, zero, in, all);
  add("out_proj.weight", ParamRole::Weight, {in, values}, torch, values, in);
  if (isOn("bias"))
    add("out_proj.bias", ParamRole::Bias, {in}, zero, values, in);
}

/// A row for each vector. They start closer to one another than what they will quantise, as in the authors' code.
void LayerTensors::codebook() {
  auto n = int64_t(layer.literal("n"));
  Init rule{InitKind::Uniform, -1 / double(n), 1 / double(n)};
  bool moving = layer.arg("ema").literal() != 0.0;
  layer.params.push_back({"weight", ParamRole::Weight, moving, {n, layer.in[0]}, rule, layer.in[0], n});
  if (moving) // of how many numbers each vector is the average
    addBuffer("cluster_size", ParamRole::Scale, {n}, one, n);
}

void LayerTensors::batchNorm() {
  int64_t n = layer.in[0];
  scaleAndShift({n});
  addBuffer("running_mean", ParamRole::Shift, {n}, zero, n);
  addBuffer("running_var", ParamRole::Scale, {n}, one, n);
  addBuffer("num_batches_tracked", ParamRole::Scale, {}, zero, n);
}

} // namespace

void addTensors(Layer &layer, const std::vector<ast::InitRule> &ofBlock, Inits &inits) {
  LayerTensors(layer, ofBlock, inits).addAll();
}

} // namespace gan::dsl
