// Models with several steps: blocks of any layers, objectives of any functions, every qualifier. What `check` refuses
// is drawn again.
#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "runtime/Random.h"
#include "tests/oracles/Neighbours.h"
#include "tests/oracles/RandomModel.h"

#include <map>
#include <stdexcept>

namespace gan::test {
namespace {

/// Each function in an expression of one number a sample; `@` stands for two numbers that a block makes.
const std::map<std::string_view, std::vector<std::string>> &functionTexts() {
  static const std::map<std::string_view, std::vector<std::string>> texts = {
      {"log", {"log(1.5 + sum(square(@)))"}},
      {"exp", {"exp(-0.1 * sum(square(@)))"}},
      {"sqrt", {"sqrt(sum(square(@)) + 0.1)"}},
      {"abs", {"sum(abs(@ - 0.3))"}},
      {"square", {"sum(square(@ - 0.3))", "square(sum(@) - 1)"}},
      {"sigmoid", {"sum(sigmoid(@))"}},
      {"tanh", {"sum(tanh(@))"}},
      {"softplus", {"softplus(-sum(@))"}},
      {"norm", {"norm(@ + 0.2)"}},
      {"clamp", {"sum(clamp(@, -0.4, 0.6))"}},
      {"min", {"min(sum(@), 0.7)"}},
      {"max", {"max(1 - sum(@), 0)"}},
      {"sum", {"sum(@ * w)"}},
      {"mean", {"mean(@)", "mean(square(@))"}},
      {"batch_mean", {"square(batch_mean(sum(@)) - 0.2)", "norm(batch_mean(@) - 0.1)"}},
      {"kl_each", {"sum(max(kl_each(E(x), standard_normal), 0.05))"}},
      {"log_mean_exp", {"log_mean_exp(3, 0.3 * sum(@ * w))", "log_mean_exp(2, 0.2 * sum(@ * fresh(w)))"}},
      {"stop", {"sum(@ * stop(@))"}},
      {"log_prob", {"-0.05 * log_prob(P(sample(E(x))), x)", "-log_prob(C(x), y)"}},
      {"kl", {"kl(E(x), standard_normal)"}},
      {"sample", {"sum(square(sample(E(x))))"}},
      {"entropy", {"entropy(E(x))", "entropy(C(x))"}},
      {"correct", {"sum(@) * correct(C(x), y)"}},
      {"expectation", {"sum(square(expectation(E(x))))"}},
      {"grad", {"square(norm(grad(sum(tanh(F(x))), x)) - 1)"}},
  };
  return texts;
}

/// Blocks, and what reaches each of them so that a step may update it.
struct Part {
  std::string blocks, objective;
};
const std::vector<Part> parts = {{"A", "sum(square(A(x, y) - 0.2))"},
                                 {"B", "0.5 * sum(square(B(x, y) + 0.3))"},
                                 {"E, P", "0.1 * kl(E(x), standard_normal) - 0.05 * log_prob(P(sample(E(x))), x)"},
                                 {"C", "-log_prob(C(x), y)"},
                                 {"F", "square(norm(grad(sum(tanh(F(x))), x)) - 1) + square(sum(F(x)))"}};

class Training {
public:
  explicit Training(uint64_t seed) : stream(ganrt::stream(seed, "random training")), seed(seed) {}

  std::string run() {
    for (int attempt = 0; attempt < 200; ++attempt)
      if (std::string text = drawn(); accepted(text))
        return text;
    throw std::logic_error("no training of seed " + std::to_string(seed) + " is accepted");
  }

private:
  uint64_t draw(uint64_t n) { return ganrt::indexAt(stream, counter++, n); }
  bool coin(uint64_t n = 2) { return draw(n) == 0; }
  std::string pick(const std::vector<std::string> &list) { return list[draw(list.size())]; }

  static bool accepted(const std::string &text) {
    dsl::Source source("m.gan", text);
    dsl::Diagnostics diagnostics;
    return dsl::checkSource(source, diagnostics).has_value();
  }

  /// Layers from an image to two numbers; each row of the table is as likely to be tried.
  std::string chain() {
    bool image = coin();
    std::string text = image ? "take x ; l: conv 4, kernel 1" : "take x ; flatten ; l: linear 8", label = "l",
                end = image ? "flatten ; linear" : "linear";
    for (int placed = 0, tries = 0; placed < 3 && tries < 30; ++tries) {
      std::string_view row = dsl::layerRows()[draw(dsl::layerRows().size())].spelling;
      std::string next = "l" + std::to_string(placed), layer = withLabel(pick(layerTexts().at(row)), label);
      if (layer == "take x") // what stands before it would not be read
        layer = "take x ; " + pick({"concat ", "add "}) + label;
      for (const char *last : {"flatten ; linear", "linear"}) {
        std::string longer = text + "\n    " + next + ": " + layer;
        if (!accepted(modelOfBlocks({longer + "\n    " + last})))
          continue;
        text = longer, end = last, label = next;
        ++placed;
        break;
      }
    }
    return text + "\n    " + end;
  }

  std::string drawn() {
    bool streams = coin(3);
    std::string text = "# drawn from seed " + std::to_string(seed) + "\nmodel m" + std::to_string(seed) +
                       "\n\ndata x: image(4, 4, 4) in [0, 1]\n";
    text += streams ? "latent y: categorical(3)\n" : "data y: categorical(3)\n"; // labels are known in one stream only
    text += "latent w: " + pick({"normal(2)", "uniform(2) in [-1, 1]"}) + "\n";
    for (const char *name : {"A", "B"})
      text += "\nencoder " + std::string(name) + "(x, y) -> vector(2) {\n    " + chain() + "\n}\n";
    text += "\nencoder E(x) -> gaussian(3) {\n    flatten ; linear 5 ; tanh ; linear\n}\n"
            "\ndecoder P(vector(3)) -> bernoulli(4, 4, 4) {\n    linear 5 ; elu ; linear\n}\n"
            "\nencoder C(x) -> categorical(3) {\n    flatten ; linear\n}\n"
            "\nencoder F(x) -> vector(1) {\n    flatten ; linear 5 ; softplus ; linear\n}\n";
    text += "\ntrain {\n    batch 4\n    epochs 4 of 8\n    const lambda = " + number("0.5") + "\n";
    if (streams)
      text += "    choose seen(8, seed 3) with 0.5 else rest\n";
    if (coin())
      text += "    average " + pick({"A", "E"}) + " by " + pick({"0.9", "ramp(0, 0.99, over 8 steps)"}) + "\n";
    if (coin())
      text += "    let shared = stop(" + pick({"A(x, y)", "B(x, y)"}) + ")\n";
    text += "    metric size = " + expression() + "\n";
    size_t count = 2 + draw(2);
    std::vector<std::string> blocks(count), objectives(count);
    for (size_t i = 0; i < parts.size(); ++i) {
      size_t step = i < count ? i : draw(count);
      blocks[step] += (blocks[step].empty() ? "" : ", ") + parts[i].blocks;
      objectives[step] += (objectives[step].empty() ? "" : " + ") + parts[i].objective;
    }
    for (size_t i = 0; i < count; ++i)
      text += step(blocks[i], objectives[i], streams, text.find("let shared") != std::string::npos);
    return text + "}\n";
  }

  /// A number as it is, or one that changes with time.
  std::string number(const std::string &n) {
    return pick({n, n, "ramp(0.1, " + n + ", over 12 steps)", "ramp(0.1, " + n + ", over 2 epochs)",
                 "decay(" + n + ", by 0.9 per step)", "decay(" + n + ", by 0.9 per epoch)"});
  }

  std::string expression() {
    std::string_view row = dsl::functionRows()[draw(dsl::functionRows().size())].spelling;
    std::string text = pick(functionTexts().at(row)), of = pick({"A(x, y)", "B(x, y)"});
    for (size_t at; (at = text.find('@')) != std::string::npos;)
      text.replace(at, 1, of);
    return text;
  }

  std::string step(const std::string &blocks, const std::string &objective, bool streams, bool shared) {
    std::string rate = number("0.01"),
                text = "    step " + blocks + " with " +
                       pick({"sgd(lr " + rate + ")", "adam(lr 1e-3)", "sgd(lr 0.05, momentum 0.9)",
                             "adagrad(lr " + rate + ")", "adamw(lr 1e-3, weight_decay 0.05)"});
    text += pick({"", "", ", clip_grad 0.5", ", clip_weight 0.3"}) + pick({"", "", " every 2", " times 2", " times 3"});
    text += pick({"", "", " when batch_mean(sum(x)) > 31"}) + (streams && coin(4) ? " from rest" : "") + " {\n";
    text += "        minimize " + objective + " + lambda * " + expression() + " + 0.3 * " + expression();
    if (shared && coin())
      text += " + sum(shared * A(x, y))";
    text += "\n";
    if (streams && coin() && text.find(" from ") == std::string::npos)
      text += "        minimize 0.5 * " + expression() + " from " + pick({"seen", "rest"}) + "\n";
    return text + "    }\n";
  }

  ganrt::Stream stream;
  uint64_t seed, counter = 0;
};

} // namespace

std::string randomTraining(uint64_t seed) { return Training(seed).run(); }

} // namespace gan::test
