#include "tests/oracles/RandomModel.h"
#include "runtime/program/Random.h"

#include <vector>

namespace gan::test {
namespace {

class Generator {
public:
  explicit Generator(uint64_t seed) : key(ganrt::drawKey(seed, "random model")), seed(seed) {}

  std::string run() {
    out = "# drawn from seed " + std::to_string(seed) + "\nmodel m" + std::to_string(seed) + "\n\n";
    image = coin() ? "(1, 2, 3)" : "(2, 2, 2)";
    pixels = image == "(1, 2, 3)" ? 6 : 8;
    bool signedData = coin(3);
    out += "data x: image" + image + " in " + (signedData ? "[-1, 1]" : "[0, 1]") + "\n";
    if (coin(3))
      out += "\ninit weight " +
             pick({"normal(0, 0.3)", "uniform(-0.4, 0.4)", "orthogonal", "he_normal", "glorot_uniform"}) + ", bias " +
             pick({"constant(0.1)", "uniform(-0.1, 0.1)"}) + "\n";
    switch (draw(4)) {
    case 0:
      autoencoder(signedData);
      break;
    case 1:
      variational(signedData);
      break;
    case 2:
      adversarial(signedData);
      break;
    default:
      informed(signedData);
    }
    return out;
  }

private:
  uint64_t draw(uint64_t n) { return ganrt::indexAt(key, counter++, n); }
  bool coin(uint64_t n = 2) { return draw(n) == 0; }
  std::string pick(std::vector<std::string> list) { return list[draw(list.size())]; }
  std::string size() { return pick({"3", "5"}); }

  std::string activation() {
    return pick({"relu", "leaky_relu 0.2", "elu", "gelu", "silu", "softplus", "tanh", "sigmoid", "relu", "tanh"});
  }

  /// Up to two hidden layers over a vector.
  std::string hidden(bool dropout) {
    std::string text;
    for (uint64_t i = 0, n = draw(3); i < n; ++i) {
      if (coin(5)) {
        text += "    maxout " + size() + ", pieces 2\n";
        continue;
      }
      if (coin(6)) {
        std::string label = "s" + std::to_string(counter);
        text += "    " + label + ": linear 4 ; " + activation() + " ; linear " + pick({"4", "3"}) + " ; concat " +
                label + pick({"", " ; layer_norm", " ; group_norm 1", " ; minibatch_stddev 2"}) + "\n";
      }
      text += "    linear " + size() + (coin(4) ? ", bias off" : coin(4) ? ", spectral on" : "");
      if (coin(3))
        text += " ; batch_norm";
      text += " ; " + activation();
      if (dropout && coin(4))
        text += " ; dropout 0.5";
      text += "\n";
    }
    return text;
  }

  /// Up to two layers over an image, and layers that make a vector of it.
  std::string flattened() {
    std::string text;
    for (uint64_t i = 0, n = draw(3); i < n; ++i) {
      if (coin(3)) {
        text += "    " + rearranged() + "\n";
        continue;
      }
      text += "    " +
              pick({"conv 3, kernel 2, pad 1", "conv 2, kernel (2, 3), stride (1, 2), pad 1, bias off",
                    "conv 2, kernel 2, pad 1, dilation 2", "conv_transpose 2, kernel 3, stride 2, pad 1, output_pad 1",
                    "conv_transpose 3, kernel 2, bias off"}) +
              (coin() ? " ; batch_norm" : "") + " ; " + activation() + "\n";
    }
    return text + "    flatten\n";
  }

  /// Layers that turn any image of at least 2 x 2 into such an image.
  std::string rearranged() {
    std::string label = "a" + std::to_string(counter);
    return pick({"max_pool 2, stride 1, pad 1", "avg_pool (2, 1), stride 1, pad (1, 0)", "upsample 2",
                 "upsample (1, 2), mode bilinear ; avg_pool 2, stride 1, pad 1", "pad 1, mode replicate ; silu",
                 "pad (1, 0, 1, 1), mode reflect", "pad (1, 0)", "pad 2 ; crop (1, 2, 2, 1) ; elu", "layer_norm ; tanh",
                 "group_norm 1, eps 1e-2", "channel_dropout 0.25", "minibatch_stddev 2",
                 "conv 4, kernel 2, pad 1, spectral on ; pixel_shuffle 2",
                 label + ": conv 3, kernel 3, pad 1 ; tanh ; conv 3, kernel 3, pad 1 ; add " + label,
                 label + ": conv 2, kernel 1 ; concat " + label + " ; softplus ; take " + label});
  }

  std::string optimizer() {
    return pick({"adam(lr 1e-3)", "adam(lr 2e-3, beta1 0.5)", "adamw(lr 1e-3, weight_decay 0.05)",
                 "sgd(lr 0.05, momentum 0.9)", "sgd(lr 0.1, weight_decay 0.01)", "rmsprop(lr 1e-3)",
                 "rmsprop(lr 1e-3, momentum 0.5)", "adagrad(lr 0.01, lr_decay 0.1)"}) +
           (coin(4) ? ", clip_grad 0.5" : "");
  }

  /// Ends a decoder's block with an image in the data's range.
  std::string imageEnd(bool signedData) {
    return "    linear " + std::to_string(pixels) + " ; " + (signedData ? "tanh" : "sigmoid") + "\n    reshape " +
           image + "\n}\n";
  }

  void autoencoder(bool signedData) {
    out += "\nencoder E(x) -> vector(3) {\n" + flattened() + hidden(true) + "    linear" + (coin() ? " ; tanh" : "") +
           "\n}\n";
    std::string likelihood;
    switch (signedData ? 1 + draw(2) : draw(3)) {
    case 0:
      out += "\ndecoder P(vector(3)) -> bernoulli" + image + " {\n" + hidden(false) + "    linear\n}\n";
      likelihood = "log_prob(P(E(x)), x)";
      break;
    case 1:
      out += "\ndecoder P(vector(3)) -> image" + image + " {\n" + hidden(false) + imageEnd(signedData);
      likelihood = pick({"-sum(square(P(E(x)) - x))", "-mean(abs(P(E(x)) - x))", "-norm(P(E(x)) - x)",
                         "-sum(max(abs(P(E(x)) - x), 0.1))"});
      break;
    default:
      out += "\ndecoder P(vector(3)) -> gaussian" + image + " {\n" + hidden(false) + "    linear\n}\n";
      likelihood = "log_prob(P(E(x)), x)";
    }
    std::string regular = coin(3) ? " - lambda * sum(square(E(x)))" : "";
    out += "\ntrain {\n    batch 4\n";
    if (!regular.empty())
      out += "    const lambda = 0.1\n";
    out += "    let fit = " + likelihood + regular + "\n    metric fit_per_pixel = fit / " + std::to_string(pixels) +
           "\n    step E, P with " + optimizer() + " {\n        maximize fit\n    }\n}\n";
  }

  void variational(bool signedData) {
    out += "\nlatent z: normal(3)\n\nencoder E(x) -> gaussian(3) {\n" + flattened() + hidden(true) + "    linear\n}\n";
    bool gaussian = signedData || coin(3);
    out += "\ndecoder P(z) -> " +
           std::string(gaussian ? "gaussian" + image.substr(0, image.size() - 1) + ", variance 0.5)"
                                : "bernoulli" + image) +
           " {\n" + hidden(false) + "    linear\n}\n";
    std::string divergence = pick({"kl(E(x), standard_normal)", "sum(max(kl_each(E(x), standard_normal), 0.05))",
                                   "0.5 * kl(E(x), standard_normal)", "-entropy(E(x))"});
    if (coin(4)) {
      out += "\ntrain {\n    batch 4\n    step E, P with " + optimizer() +
             " {\n        let z1 = sample(E(x))\n        maximize log_mean_exp(3, log_prob(P(z1), x) + "
             "log_prob(standard_normal, z1) - log_prob(E(x), z1))\n    }\n}\n";
      return;
    }
    out += "\ntrain {\n    batch 4\n    let z1 = sample(E(x))\n    let bound = log_prob(P(z1), x) - " + divergence +
           "\n    metric elbo = bound\n    step E, P with " + optimizer() + " {\n        maximize bound\n    }\n}\n";
  }

  void adversarial(bool signedData) {
    bool critic = coin(3), labels = coin(4);
    auto G = [&](const std::string &z) { return "G(" + z + (labels ? ", y)" : ")"); };
    auto D = [&](const std::string &v) { return "D(" + v + (labels ? ", y)" : ")"); };
    if (labels)
      out += "data y: categorical(3)\n";
    out += "\nlatent z: " + pick({"normal(3)", "uniform(3) in [-1, 1]"}) + "\n\ndecoder " + G("z") + " -> image" +
           image + " {\n" + (labels && coin() ? "    take z\n    linear 5 ; batch_norm by y ; tanh\n" : "") +
           hidden(false) + imageEnd(signedData);
    out +=
        "\ndiscriminator " + D("image" + image) + " -> " + (critic ? "vector(1)" : "bernoulli") + " {\n" + flattened();
    out += critic ? "    linear 5 ; " + pick({"tanh", "softplus", "elu"}) + "\n    linear\n}\n"
                  : hidden(true) + "    linear\n}\n";
    bool shared = !critic && coin(), streams = !labels && coin(3);
    out += "\ntrain {\n    batch 4\n";
    if (coin(3))
      out += "    average G by 0.9\n";
    if (streams)
      out += "    choose first(8, seed 3) with 0.5 else second\n";
    std::string often = shared    ? ""
                        : coin(3) ? " times 2"
                        : coin(4) ? " every 2"
                                  : "",
                clip = coin(3) ? ", clip_weight 0.3" : "";
    std::string more = streams ? "        more: minimize 0.3 * square(D(0.5 * x)) from first\n" : "";
    if (shared)
      out += "    let fake = " + G("z") + "\n";
    std::string fresh = G("fresh(z)"), fake = shared ? "fake" : G("z"), again = shared && coin() ? "fake" : fresh;
    if (critic) {
      out += "    step D with " + optimizer() + clip + often + " {\n        let made = " + G("z") +
             "\n        let between = 0.25 * x + 0.75 * made\n        minimize sum(" + D("made") + ") - sum(" + D("x") +
             ") + 10 * square(norm(grad(sum(" + D("between") + "), between)) - 1)\n    }\n";
      out += "    step G with " + optimizer() + " {\n        minimize -sum(" + D(fresh) + ")\n    }\n}\n";
      return;
    }
    bool squares = coin(3);
    std::string gate = coin(3) ? " when batch_mean(" + D("x") + ") < " + pick({"0.4", "0.9"}) : "";
    out += "    step D with " + optimizer() + clip + often + gate + " {\n        " +
           (squares ? "minimize square(" + D("x") + " - 0.9) + square(" + D(fake) + ")"
                    : "maximize log(" + D("x") + ") + log(1 - " + D(fake) + ")") +
           "\n" + more + "    }\n";
    out += "    step G with " + optimizer() + " {\n        " +
           (squares ? "minimize square(" + D(again) + " - 1)"
                    : pick({"maximize log(" + D(again) + ")", "minimize log(1 - " + D(again) + ")"})) +
           "\n    }\n}\n";
  }

  void informed(bool signedData) {
    out += "\nlatent z: normal(3)\nlatent c: categorical(3)\n\ndecoder G(z, c) -> image" + image + " {\n" +
           hidden(false) + imageEnd(signedData);
    out += "\ndiscriminator D(image" + image + ") -> bernoulli {\n" + flattened() +
           "    trunk: {\n        linear 5 ; " + activation() + "\n    }\n" + hidden(true) + "    linear\n}\n";
    out +=
        "\nqhead Q(D.trunk) -> c: categorical(3), t: gaussian(2, variance 1) {\n" + hidden(false) + "    linear\n}\n";
    out += "\ntrain {\n    batch 4\n    const lambda = 0.7\n    step D, Q with " + optimizer() +
           " {\n        let fake = G(z, c)\n        maximize log(D(x)) + log(1 - D(fake)) + lambda * "
           "log_prob(Q(fake).c, c) + 0.1 * log_prob(Q(fake).t, 0.5)\n    }\n";
    out += "    step G with " + optimizer() +
           " {\n        let (z2, c2) = fresh(z, c)\n        let fake = G(z2, c2)\n        let heads = Q(fake)\n        "
           "metric mi = log(3) + log_prob(heads.c, c2)\n        maximize log(D(fake)) + lambda * log_prob(" +
           pick({"heads.c", "Q(fake).c"}) + ", c2) + 0.05 * log_prob(heads.t, 0.5) - 0.01 * " +
           "mean(square(D.trunk(fake)))\n    }\n}\n";
  }

  ganrt::DrawKey key;
  uint64_t seed, counter = 0;
  std::string out, image;
  int pixels = 0;
};

} // namespace

std::string randomModel(uint64_t seed) { return Generator(seed).run(); }

} // namespace gan::test
