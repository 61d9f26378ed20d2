// Models with several steps: blocks of any layers, objectives with any functions, every qualifier. Models that `check`
// refuses are drawn again.
#include "dsl/Checker.h"
#include "dsl/Tables.h"
#include "runtime/program/Random.h"
#include "tests/oracles/Neighbours.h"
#include "tests/oracles/RandomModel.h"

#include <map>
#include <stdexcept>
#include <vector>

namespace gan::test {

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
      {"pairwise", {"0.1 * sum(square(pairwise(@, @)))", "mean(pairwise(@, stop(@)))"}},
      {"distances", {"mean(exp(-distances(@, w)))", "0.1 * sum(distances(@, @))"}},
      {"log_mixture", {"0.1 * log_mixture(E(x), sample(E(x)))"}},
      {"log_mixture_each", {"0.1 * sum(log_mixture_each(E(x), sample(E(x))))"}},
      {"shuffle", {"sum(square(@ - shuffle(@)))", "sum(@ * shuffle(w))"}},
      {"kl_each", {"sum(max(kl_each(E(x), standard_normal), 0.05))"}},
      {"log_mean_exp", {"log_mean_exp(3, 0.3 * sum(@ * w))", "log_mean_exp(2, 0.2 * sum(@ * fresh(w)))"}},
      {"stop", {"sum(@ * stop(@))"}},
      {"log_prob", {"-0.05 * log_prob(P(sample(E(x))), x)", "-log_prob(C(x), y)"}},
      {"kl", {"kl(E(x), standard_normal)"}},
      {"sample",
       {"sum(square(sample(E(x))))", "sum(w) * sum(square(sample(C(x), temperature 0.7) - 0.2))",
        "sum(square(sample(C(x), temperature lambda, hard on) - y))"}},
      {"entropy", {"entropy(E(x))", "entropy(C(x))"}},
      {"perplexity", {"0.1 * perplexity(C(x))"}},
      {"correct", {"sum(@) * correct(C(x), y)"}},
      {"expectation", {"sum(square(expectation(E(x))))"}},
      {"grad", {"square(norm(grad(sum(tanh(F(x))), x)) - 1)"}},
  };
  return texts;
}

const std::vector<RandomPart> &randomParts() {
  static const std::vector<RandomPart> parts = {
      {"E, P",
       "\nencoder E(x) -> gaussian(3) {\n    flatten ; linear 5 ; tanh ; linear\n}\n"
       "\ndecoder P(vector(3)) -> bernoulli(4, 4, 4) {\n    linear 5 ; elu ; linear\n}\n",
       "0.1 * kl(E(x), standard_normal) - 0.05 * log_prob(P(sample(E(x))), x)"},
      {"C", "\nencoder C(x) -> categorical(3) {\n    flatten ; linear\n}\n",
       "-(1 + correct(C(x), y)) * log_prob(C(x), y)"},
      {"F", "\nencoder F(x) -> vector(1) {\n    flatten ; linear 5 ; softplus ; linear\n}\n",
       "square(norm(grad(sum(tanh(F(x))), x)) - 1) + square(sum(F(x)))"},
      {"L, K",
       "\nencoder L(x) -> a: laplace(2), b: logistic(2, log_scale in [-3, 3]), c: "
       "student_t(2, freedom 3) {\n    flatten ; linear 5 ; tanh ; linear\n}\n"
       "\ndecoder K(vector(2)) -> a: poisson(4), b: negative_binomial(4), c: logistic(4, pixels "
       "in [0, 1]) {\n    linear\n}\n",
       "0.1 * kl(L(x).a, standard_laplace) - 0.05 * log_prob(standard_logistic, sample(L(x).b)) "
       "- 0.01 * (log_prob(K(sample(L(x).a)).a, 2) + log_prob(K(sample(L(x).c)).b, 3) + "
       "log_prob(K(sample(L(x).b)).c, 0.5)) - 0.1 * log_prob(L(x).c, 0.2)"}};
  return parts;
}

namespace {

const std::vector<RandomPart> &parts = randomParts();

/// Whether an expression can be used in a model that has this part.
bool fits(const std::string &text, const RandomPart &part) {
  for (const RandomPart &other : parts)
    if (text.find(other.blocks.substr(0, 1) + "(x)") != std::string::npos && other.blocks != part.blocks)
      return false;
  return true;
}

class Training {
public:
  explicit Training(uint64_t seed) : key(ganrt::drawKey(seed, "random training")), seed(seed) {}

  std::string run() {
    for (int attempt = 0; attempt < 200; ++attempt)
      if (std::string text = drawn(); accepted(text))
        return text;
    throw std::logic_error("no training of seed " + std::to_string(seed) + " is accepted");
  }

private:
  uint64_t draw(uint64_t n) { return ganrt::indexAt(key, counter++, n); }
  bool coin(uint64_t n = 2) { return draw(n) == 0; }
  std::string pick(const std::vector<std::string> &list) { return list[draw(list.size())]; }

  static bool accepted(const std::string &text) {
    dsl::Source source("m.gan", text);
    dsl::Diagnostics diagnostics;
    return dsl::checkSource(source, diagnostics).has_value();
  }

  /// Layers from an image to two numbers. The first layer is the next one of all, so that each has its turn.
  std::string chain(size_t turn) {
    const std::vector<dsl::LayerRow> &rows = dsl::layerRows();
    bool image = coin();
    for (size_t tries = 0;; ++tries) {
      std::string text = image ? "take x ; l: conv 4, kernel 1" : "take x ; flatten ; l: linear 8", label = "l", last;
      if (!place(rows[turn % rows.size()].spelling, text, label, last)) {
        image = !image; // the layer may only be possible over the other kind of value
        turn += tries % 2;
        continue;
      }
      for (int more = 0; more < 5 && label != "l2"; ++more)
        place(rows[draw(rows.size())].spelling, text, label, last);
      return text + "\n    " + last;
    }
  }

  /// Adds a layer of this kind if one of its forms is possible. `last` is then the text that makes the block's output
  /// of it.
  bool place(std::string_view row, std::string &text, std::string &label, std::string &last) {
    std::string layer = withLabel(pick(layerTexts().at(row)), label),
                next = "l" + std::to_string(label == "l" ? 0 : label.back() - '0' + 1);
    if (layer == "take x") // the layers before it would not be read
      layer = "take x ; " + pick({"concat ", "add "}) + label;
    for (const char *end : {"flatten ; linear", "linear"}) {
      std::string longer = text + "\n    " + next + ": " + layer;
      if (!accepted(modelOfBlocks({longer + "\n    " + end})))
        continue;
      text = longer, label = next, last = end;
      return true;
    }
    return false;
  }

  std::string drawn() {
    size_t turn = seed / 4;
    bool streams = coin(3), learned = coin(3);
    const dsl::FunctionRow &function = dsl::functionRows()[turn % dsl::functionRows().size()];
    std::string first = pick(functionTexts().at(function.spelling));
    do
      part = &parts[draw(parts.size())];
    while (!fits(first, *part));
    std::string text = "# drawn from seed " + std::to_string(seed) + "\nmodel m" + std::to_string(seed) +
                       "\n\ndata x: image(4, 4, 4) in [0, 1]\n";
    text += streams ? "latent y: categorical(3)\n" : "data y: categorical(3)\n"; // labels are known in one stream only
    text += "latent w: " + pick({"normal(2)", "uniform(2) in [-1, 1]", "laplace(2)", "logistic(2)"}) + "\n";
    if (learned)
      text += "global g = 0.3" + pick({"", " in [0.2, 2]"}) + "\n";
    text += "\nencoder A(x, y) -> vector(2) {\n    " + chain(2 * turn) + "\n}\n";
    text += "\nencoder B(x, y) -> vector(2) {\n    " + chain(2 * turn + 1) + "\n}\n" + part->text;
    text += "\ntrain {\n    batch 4\n    epochs 4 of 8\n    const lambda = " + number("0.5") + "\n";
    if (streams)
      text += "    choose seen(8, seed 3) with 0.5 else rest\n";
    if (coin())
      text += "    average A by " + pick({"0.9", "ramp(0, 0.99, over 8 steps)"}) + "\n";
    bool shared = coin();
    if (shared)
      text += "    let shared = stop(" + pick({"A(x, y)", "B(x, y)"}) + ")\n";
    text += "    metric size = " + of(first) + "\n";
    std::string a = "sum(square(A(x, y) - 0.2)) + " + of(first), b = "0.5 * sum(square(B(x, y) + 0.3))";
    if (learned)
      a += " + 0.1 * " + pick({"square(g - sum(A(x, y)))", "exp(g) * sum(square(A(x, y)))"});
    bool together = coin();
    text += step(std::string("A") + (learned ? ", g" : "") + (together ? ", " + part->blocks : ""),
                 a + (together ? " + " + part->objective : ""), streams, shared);
    text += step(coin(4) ? "B.l" : "B", b, streams, shared); // the first layer of a block has parameters
    if (!together)
      text += step(part->blocks, part->objective, streams, shared);
    return text + "}\n";
  }

  /// A number as it is, or one that changes over time.
  std::string number(const std::string &n) {
    return pick({n, n, "ramp(0.1, " + n + ", over 12 steps)", "ramp(0.1, " + n + ", over 2 epochs)",
                 "decay(" + n + ", by 0.9 per step)", "decay(" + n + ", by 0.9 per epoch)",
                 "cosine(0.1, " + n + ", over 12 steps)", "cosine(0.1, " + n + ", over 2 epochs)",
                 "cyclic(0.1, " + n + ", over 7 steps)", "cyclic(0.1, " + n + ", over 2 epochs)",
                 "steps(" + n + ", by 0.9, over 2 steps)", "steps(" + n + ", by 0.9, over 1 epochs)",
                 "warm_up(" + n + ", over 9 steps)", n + " * floor(1 + cos(0.3)) + mod(epoch, 2) * 0.01"});
  }

  std::string expression() {
    std::string text;
    do
      text = pick(functionTexts().at(dsl::functionRows()[draw(dsl::functionRows().size())].spelling));
    while (!fits(text, *part));
    return of(text);
  }

  std::string of(std::string text) {
    std::string value = pick({"A(x, y)", "B(x, y)"});
    for (size_t at; (at = text.find('@')) != std::string::npos;)
      text.replace(at, 1, value);
    return text;
  }

  std::string step(const std::string &blocks, const std::string &objective, bool streams, bool shared) {
    std::string rate = number("0.01"),
                text = "    step " + blocks + " with " +
                       pick({"sgd(lr " + rate + ")", "adam(lr 1e-3)", "sgd(lr 0.05, momentum 0.9)",
                             "adagrad(lr " + rate + ")", "adamw(lr 1e-3, weight_decay 0.05)"});
    text += pick({"", "", ", clip_grad 0.5", ", clip_weight 0.3"}) + pick({"", "", " every 2", " times 2", " times 3"});
    text += pick({"", "", " accumulate 2", " accumulate 3"});
    text += pick({"", "", " when batch_mean(sum(x)) > 31"}) + (streams && coin(4) ? " from rest" : "") + " {\n";
    text += "        minimize " + objective + " + lambda * " + expression();
    if (shared && coin())
      text += " + sum(shared * A(x, y))";
    text += "\n";
    if (streams && coin() && text.find(" from ") == std::string::npos)
      text += "        minimize 0.5 * " + expression() + " from " + pick({"seen", "rest"}) + "\n";
    return text + "    }\n";
  }

  ganrt::DrawKey key;
  uint64_t seed, counter = 0;
  const RandomPart *part = nullptr;
};

} // namespace

std::string randomTraining(uint64_t seed) { return Training(seed).run(); }

} // namespace gan::test
