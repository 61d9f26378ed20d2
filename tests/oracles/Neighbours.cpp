#include "tests/oracles/Neighbours.h"
#include "dsl/Checker.h"
#include "dsl/Tables.h"

namespace gan::test {

using Variants = std::vector<std::string>;

const std::map<std::string_view, Variants> &layerTexts() {
  static const std::map<std::string_view, Variants> texts = {
      {"linear", {"linear 5", "linear 4, spectral on", "linear 3, bias off"}},
      {"maxout", {"maxout 4, pieces 2", "maxout 3, pieces 3, spectral on"}},
      {"conv",
       {"conv 4, kernel 3, pad 1", "conv 4, kernel 2, spectral on", "conv 2, kernel (1, 2), stride 2, bias off"}},
      {"conv_transpose", {"conv_transpose 4, kernel 3, stride 2, pad 1", "conv_transpose 2, kernel 2, spectral on"}},
      {"batch_norm", {"batch_norm", "batch_norm by y", "batch_norm affine off"}},
      {"instance_norm", {"instance_norm", "instance_norm affine on", "instance_norm by y"}},
      {"layer_norm", {"layer_norm", "layer_norm affine off", "layer_norm by y"}},
      {"group_norm", {"group_norm 1", "group_norm 2", "group_norm 2, by y"}},
      {"dropout", {"dropout 0.5"}},
      {"channel_dropout", {"channel_dropout 0.25"}},
      {"max_pool", {"max_pool 2", "max_pool 2, stride 1, pad 1"}},
      {"avg_pool", {"avg_pool 2", "avg_pool (2, 1), stride 1, pad (1, 0)"}},
      {"global_max_pool", {"global_max_pool"}},
      {"global_avg_pool", {"global_avg_pool"}},
      {"upsample", {"upsample 2", "upsample (1, 2), mode bilinear"}},
      {"pad", {"pad 1", "pad 1, mode reflect", "pad (0, 1), mode replicate"}},
      {"crop", {"crop (1, 0, 0, 0)", "crop (0, 0, 1, 0)"}},
      {"pixel_shuffle", {"pixel_shuffle 2"}},
      {"embedding", {"take y ; embedding 5", "take y ; embedding 4, spectral on"}},
      {"attention", {"attention", "attention heads 2", "attention heads 2, keys 2, values 6, bias off"}},
      {"positions", {"positions"}},
      {"codebook", {"codebook 3", "codebook 5", "codebook 4, ema 0.9"}},
      {"gain", {"gain", "gain start 0.5, channels on"}},
      {"minibatch_stddev", {"minibatch_stddev", "minibatch_stddev 2"}},
      {"take", {"take P", "take x"}},
      {"add", {"add P"}},
      {"multiply", {"multiply P"}},
      {"concat", {"concat P", "concat P, y"}},
      {"slice", {"slice 2", "slice 2, from 1"}},
      {"flatten", {"flatten"}},
      {"reshape", {"reshape (4, 2, 2)", "reshape (4, 4, 4)"}},
      {"relu", {"relu"}},
      {"leaky_relu", {"leaky_relu 0.2"}},
      {"prelu", {"prelu", "prelu channels on"}},
      {"elu", {"elu"}},
      {"selu", {"selu"}},
      {"gelu", {"gelu"}},
      {"silu", {"silu"}},
      {"mish", {"mish"}},
      {"softplus", {"softplus", "softplus beta 2"}},
      {"tanh", {"tanh"}},
      {"sigmoid", {"sigmoid"}},
      {"hard_tanh", {"hard_tanh"}},
      {"hard_sigmoid", {"hard_sigmoid"}},
      {"softmax", {"softmax"}},
  };
  return texts;
}

std::string withLabel(std::string text, const std::string &label) {
  if (size_t at = text.find(" P"); at != std::string::npos)
    text.replace(at + 1, 1, label);
  return text;
}

namespace {

bool accepted(const std::string &block) {
  dsl::Source source("m.gan", modelOfBlocks({block}));
  dsl::Diagnostics diagnostics;
  return dsl::checkSource(source, diagnostics).has_value();
}

/// A chain of the two layers that starts as an image or as a vector and ends in two numbers; "" if none is accepted.
std::string chain(const std::string &first, const std::string &second) {
  for (const char *start : {"conv 4, kernel 1", "flatten ; linear 16"})
    for (const char *end : {"linear 2", "flatten ; linear 2"}) {
      std::string text = std::string("take x ; s: ") + start + "\n    " + withLabel(first, "s") + "\n    p: tanh ; " +
                         withLabel(second, "p") + "\n    " + end;
      // A layer between the two would change how they meet; only layers that refer to a value need its name.
      if (second.find(" P") == std::string::npos)
        text.replace(text.find("p: tanh ; "), 10, "");
      if (accepted(text))
        return text;
    }
  return "";
}

} // namespace

std::vector<std::string> neighbours() {
  std::vector<std::string> found;
  size_t turn = 0;
  for (const dsl::LayerRow &first : dsl::layerRows())
    for (const dsl::LayerRow &second : dsl::layerRows()) {
      const Variants &a = layerTexts().at(first.spelling), &b = layerTexts().at(second.spelling);
      std::string text;
      for (size_t i = 0; i < a.size() * b.size() && text.empty(); ++i) // a form that fits, and a new one for each pair
        text = chain(a[(turn + i) % a.size()], b[(turn + i / a.size()) % b.size()]);
      ++turn;
      if (!text.empty())
        found.push_back(text);
    }
  return found;
}

std::string modelOfBlocks(const std::vector<std::string> &blocks) {
  std::string text = "model neighbours\n\ndata x: image(4, 4, 4) in [-1, 1]\ndata y: categorical(3)\n", names, sum;
  for (size_t i = 0; i < blocks.size(); ++i) {
    std::string name = "B" + std::to_string(i);
    text += "\nencoder " + name + "(x, y) -> vector(2) {\n    " + blocks[i] + "\n}\n";
    names += (i ? ", " : "") + name;
    sum += (i ? " + " : "") + std::string("sum(square(") + name + "(x, y) - 0.3))";
  }
  return text + "\ntrain {\n    batch 4\n    step " + names + " with sgd(lr 0.01) {\n        minimize " + sum +
         "\n    }\n}\n";
}

} // namespace gan::test
