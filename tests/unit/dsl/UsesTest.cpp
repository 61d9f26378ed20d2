// Tests that the uses of a model follow from what reaches what in it, whatever the order of its declarations is.
#include "dsl/Uses.h"
#include "dsl/Checker.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace gan::dsl {
namespace {

Model modelIn(const Source &source) {
  Diagnostics diagnostics;
  std::optional<Model> model = checkSource(source, diagnostics);
  EXPECT_TRUE(model) << render(source, diagnostics);
  return model ? std::move(*model) : Model();
}

/// A model of these blocks; `train` ends with the objective with which it is trained.
Model modelOf(const std::string &declarations, const std::string &train) {
  return modelIn(Source("m.gan", "model m\n" + declarations + "\ntrain {\n batch 8\n" + train + "\n}\n"));
}

/// "P+1+0 k[]": names of the values that are shown, "[]" if they are no pictures, and the numbers of pictures above and
/// below.
std::string text(const std::vector<ShownValue> &values) {
  std::string out;
  for (const ShownValue &v : values) {
    out += (out.empty() ? "" : " ") + v.name + (v.picture ? "" : "[]");
    if (!v.given.empty() || !v.wanted.empty())
      out += "+" + std::to_string(v.given.size()) + "+" + std::to_string(v.wanted.size());
  }
  return out;
}

std::string why(const Uses &uses, const std::string &command) {
  for (const Refusal &r : uses.refusals)
    if (r.command == command)
      return r.why;
  return "";
}

const std::string image = "data x: image(1, 8, 8) in [0, 1]\n";
const std::string encoder = "encoder E(x) -> gaussian(3) { flatten ; linear }\n";

TEST(Uses, AVariationalAutoencoder) {
  Model model =
      modelOf(image + "latent z: normal(3)\ndecoder P(z) -> bernoulli(1, 8, 8) { linear }\n" + encoder,
              "step E, P with sgd(lr 1) { maximize log_prob(P(sample(E(x))), x) - kl(E(x), standard_normal) }");
  Uses uses = usesOf(model);
  EXPECT_EQ(text(uses.samples), "P");
  EXPECT_EQ(text(uses.reconstructions), "P+1+0");
  EXPECT_EQ(text(uses.codes), "E[]");
  EXPECT_EQ(text(uses.decoded), "P+1+0");
  EXPECT_EQ(uses.reconstructions[0].given[0].value->kind, ExprKind::Data);
  EXPECT_TRUE(uses.refusals.empty());
}

/// If the header has no latent, codes are drawn from the prior with which they are compared.
TEST(Uses, CodesAreDrawnFromTheirPrior) {
  Model model = modelOf(image + "decoder P(vector(3)) -> bernoulli(1, 8, 8) { linear }\n" + encoder,
                        "let h = sample(E(x))\nstep E, P with sgd(lr 1) { maximize log_prob(P(h), x) + "
                        "log_prob(standard_normal, h) - log_prob(E(x), h) }");
  EXPECT_EQ(text(usesOf(model).samples), "P");
  model = modelOf(image + "decoder P(vector(3)) -> bernoulli(1, 8, 8) { linear }\n" + encoder,
                  "step E, P with sgd(lr 1) { maximize log_prob(P(mean(E(x))), x) }");
  Uses uses = usesOf(model);
  EXPECT_EQ(text(uses.samples), "");
  EXPECT_EQ(why(uses, "sample"), "what P makes starts from data, not from latents alone, and the codes have no prior "
                                 "that could be drawn from; `reconstruct` shows what the model makes of data");
  EXPECT_EQ(text(uses.decoded), "P+1+0");
  EXPECT_EQ(why(uses, "interpolate"), "");
  EXPECT_NE(why(uses, "interpolate --between draws"), "");
}

/// The upper decoder is the prior of the lower one; either may be declared first.
TEST(Uses, TwoLevelsInAnyOrder) {
  std::string upper = "decoder U(z) -> gaussian(3) { linear }\n",
              lower = "decoder L(vector(3)) -> bernoulli(1, 8, 8) { linear }\n",
              others = encoder + "encoder F(vector(3)) -> gaussian(2) { linear }\n";
  for (const std::string &decoders : {upper + lower, lower + upper}) {
    Model model =
        modelOf(image + "latent z: normal(2)\n" + decoders + others,
                "let h = sample(E(x))\nlet q = F(h)\nstep E, F, U, L with sgd(lr 1) { maximize "
                "log_prob(L(h), x) + log_prob(U(sample(q)), h) - log_prob(E(x), h) - kl(q, standard_normal) }");
    Uses uses = usesOf(model);
    EXPECT_EQ(text(uses.samples), "L");
    const Expr &drawn = *uses.samples[0].value->args[0];
    ASSERT_TRUE(drawn.kind == ExprKind::Call && drawn.function == Function::Sample);
    EXPECT_EQ(model.blocks[size_t(drawn.args[0]->index)].name, "U");
    EXPECT_EQ(drawn.args[0]->args[0]->kind, ExprKind::Latent);
    EXPECT_EQ(text(uses.reconstructions), "L+1+0");
    EXPECT_EQ(text(uses.codes), "E[] F[]");
    EXPECT_TRUE(uses.refusals.empty());
  }
}

TEST(Uses, ATranslatorShowsWhatItIsGiven) {
  Model model =
      modelOf("data x: image(3, 8, 8) in [-1, 1]\nlatent c: categorical(3)\n"
              "decoder G(image(3, 8, 8), categorical(3)) -> image(3, 8, 8) { conv 3, kernel 3, pad 1 ; tanh }",
              "step G with sgd(lr 1) { minimize mean(abs(G(G(x, c), c) - x)) }");
  Uses uses = usesOf(model);
  EXPECT_EQ(text(uses.reconstructions), "G+1+1");
  EXPECT_EQ(uses.reconstructions[0].value->args[0]->kind, ExprKind::Data) << "not what it makes of its own result";
  EXPECT_EQ(why(uses, "sample"),
            "what G makes starts from data, not from latents alone; `reconstruct` shows what the model makes of data");
  EXPECT_NE(why(uses, "traverse"), "");
  EXPECT_NE(why(uses, "interpolate"), "");
  EXPECT_EQ(why(uses, "encode"), "the model has no encoder; `reconstruct` shows what the model makes of data");
  EXPECT_EQ(why(uses, "evaluate"), "");
}

/// Blocks without parameters give halves of the data: there are no codes, and the target is shown below.
TEST(Uses, PartsOfTheData) {
  Model model = modelOf("data ab: image(1, 4, 8) in [-1, 1]\n"
                        "encoder A(ab) -> image(1, 4, 4) { crop (0, 0, 0, 4) }\n"
                        "encoder B(ab) -> image(1, 4, 4) { crop (0, 0, 4, 0) }\n"
                        "decoder G(image(1, 4, 4)) -> image(1, 4, 4) { conv 1, kernel 3, pad 1 ; tanh }",
                        "step A, B, G with sgd(lr 1) { minimize mean(abs(G(A(ab)) - B(ab))) }");
  Uses uses = usesOf(model);
  EXPECT_EQ(text(uses.reconstructions), "G+1+1");
  EXPECT_EQ(text(uses.codes) + text(uses.decoded), "");
  EXPECT_EQ(why(uses, "encode"), "A and B: without parameters, what an encoder makes of data is no code of it; "
                                 "`reconstruct` shows what the model makes of data");
}

TEST(Uses, WhatIsNoPicture) {
  Model model =
      modelOf("data x: vector(8) in [-5, 5]\nlatent z: normal(3)\n"
              "encoder N(x) -> vector(3) { reshape (1, 1, 8) ; crop (0, 0, 0, 5) ; flatten }\n"
              "encoder K(x) -> vector(5) { reshape (1, 1, 8) ; crop (0, 0, 3, 0) ; flatten }\n"
              "encoder E(x) -> gaussian(3) { linear }\n"
              "decoder P(z) -> n: gaussian(3), k: categorical(5) { linear }",
              "step E, P, N, K with sgd(lr 1) { let made = P(sample(E(x)))\n maximize log_prob(made.n, N(x)) + "
              "log_prob(made.k, K(x)) - kl(E(x), standard_normal) }");
  Uses uses = usesOf(model);
  EXPECT_EQ(text(uses.samples), "P.n[] P.k[]");
  EXPECT_EQ(text(uses.reconstructions), "P.n[] P.k[]");
  EXPECT_EQ(text(uses.codes), "E[]");
  EXPECT_TRUE(uses.refusals.empty());
  // A picture comes first, whatever else the block outputs.
  model = modelOf(image + "latent z: normal(3)\ndecoder P(z) -> k: categorical(5), p: bernoulli(1, 8, 8) { linear }\n"
                          "discriminator D(image(1, 8, 8), vector(5)) -> bernoulli { flatten ; linear }",
                  "step D with sgd(lr 1) { maximize log(D(x, mean(P(z).k))) }\nstep P with sgd(lr 1) { let m = P(z)\n "
                  "maximize log(D(mean(m.p), mean(m.k))) }");
  EXPECT_EQ(text(usesOf(model).samples), "P.p P.k[]");
}

TEST(Uses, ClassesAndModelsWithoutDecoders) {
  Model model = modelOf(image + "data y: categorical(4)\ndecoder P(y) -> gaussian(1, 8, 8, variance 1) { linear }",
                        "step P with sgd(lr 1) { maximize log_prob(P(y), x) }");
  Uses uses = usesOf(model);
  EXPECT_EQ(text(uses.samples), "P");
  EXPECT_EQ(why(uses, "interpolate"),
            "there are neither latents nor codes to go between: the latents are classes, which "
            "have nothing between them; `traverse` shows each of them");
  EXPECT_EQ(why(uses, "reconstruct"), "data does not reach P; `sample` shows what the model makes of latents");
  model = modelOf(image + "data y: categorical(4)\ndiscriminator D(x) -> vector(1) { t: flatten ; linear }\n"
                          "qhead C(D.t) -> categorical(4) { linear }",
                  "step D, C with sgd(lr 1) { maximize log_prob(C(x), y) - sum(square(D(x))) }");
  uses = usesOf(model);
  for (const char *command : {"sample", "reconstruct", "interpolate", "traverse", "encode"})
    EXPECT_TRUE(why(uses, command).ends_with("; `evaluate` measures it on data")) << why(uses, command);
}

/// An encoder is applied to the data itself and not to data with noise. An encoder of codes or latents is not applied
/// to the data only because the sizes agree.
TEST(Uses, WhatEncodersAreGiven) {
  std::string decoder = "decoder P(vector(3)) -> bernoulli(1, 8, 8) { linear }\n";
  Model model = modelOf(image + "latent e: normal(1, 8, 8)\n" + decoder + encoder,
                        "step E, P with sgd(lr 1) { maximize log_prob(P(mean(E(x + 0.1 * e))), x) }");
  Uses uses = usesOf(model);
  ASSERT_EQ(text(uses.codes), "E[]");
  EXPECT_EQ(uses.codes[0].value->args[0]->kind, ExprKind::Data);
  model =
      modelOf("data x: vector(3)\nlatent z: normal(3)\nencoder M(vector(3)) -> vector(3) { linear }\n"
              "decoder G(vector(3)) -> vector(3) { linear }\ndiscriminator D(x) -> bernoulli { linear }",
              "step D with sgd(lr 1) { maximize log(D(x)) }\nstep M, G with sgd(lr 1) { maximize log(D(G(M(z)))) }");
  EXPECT_EQ(text(usesOf(model).codes), "");
  EXPECT_EQ(text(usesOf(model).samples), "G[]");
}

/// Two long ways from the data to a decoder through lets: the stack must not grow with their length.
TEST(Uses, ManyLets) {
  std::string lets;
  for (const char *name : {"a", "b"}) {
    lets += "let " + std::string(name) + "0 = sample(E(x))\n";
    for (int i = 0; i < 15000; ++i)
      lets += "let " + std::string(name) + std::to_string(i + 1) + " = " + name + std::to_string(i) + "+1\n";
  }
  Model model =
      modelOf(image + "decoder P(vector(3)) -> bernoulli(1, 8, 8) { linear }\n" + encoder,
              lets + "step E, P with sgd(lr 1) { maximize log_prob(P(a15000), x) + sum(P(a15000) - P(b15000)) "
                     "- kl(E(x), standard_normal) }");
  EXPECT_EQ(text(usesOf(model).reconstructions), "P+1+0");
  EXPECT_EQ(text(usesOf(model).codes), "E[]");
}

/// The expected values are samples; reconstructions; codes; commands that are not available.
TEST(Uses, OfTheModelsOfThisRepository) {
  for (auto [file, expected] : {
           std::pair("models/ae", "; P+1+0; E[]; sample traverse interpolate --between draws"),
           {"models/dcgan", "G; ; ; reconstruct encode interpolate --between data"},
           {"models/infogan", "G; ; ; reconstruct encode interpolate --between data"},
           {"models/vaegan", "P; P+1+0; E[];"},
           {"tests/models/aae", "P; P+1+0; E[];"},
           {"tests/models/bigan", "G; ; E[]; reconstruct interpolate --between data"},
           {"tests/models/cvae", "P.out P.w[]; P.out+1+0 P.w[]; E[];"},
           {"tests/models/iwae", "P[]; P[]; E.a[] E.b[];"},
           {"tests/models/norms", "G; ; E[]; reconstruct interpolate --between data"},
           {"tests/models/semi",
            "; ; E[]; sample reconstruct traverse interpolate interpolate --between draws interpolate --between data"},
           {"tests/models/unet_vae", "P; P+1+0; E[];"},
           {"tests/models/wgan_gp", "G[]; ; ; reconstruct encode interpolate --between data"},
       }) {
    std::ifstream in(SOURCE_FOLDER "/" + std::string(file) + ".gan");
    std::stringstream content;
    content << in.rdbuf();
    Uses uses = usesOf(modelIn(Source(file, content.str())));
    std::string all = text(uses.samples) + "; " + text(uses.reconstructions) + "; " + text(uses.codes) + ";";
    for (const Refusal &r : uses.refusals)
      all += " " + r.command;
    EXPECT_EQ(all, expected) << file;
  }
}

/// A vector of attributes beside a latent is drawn, as a label is; a vector that is decoded is not.
TEST(Uses, AttributesAreDrawn) {
  const std::string data = image + "data a: vector(4) in [-1, 1]\nlatent z: normal(3)\n";
  Model named = modelOf(data + "decoder P(z, a) -> bernoulli(1, 8, 8) { linear }\n" + encoder,
                        "step E, P with sgd(lr 1) { maximize log_prob(P(sample(E(x)), a), x) }");
  EXPECT_EQ(text(usesOf(named).samples), "P");
  Model unnamed = modelOf(data + "decoder P(vector(3), vector(4)) -> bernoulli(1, 8, 8) { linear }\n" + encoder,
                          "step E, P with sgd(lr 1) { let q = E(x)\n maximize log_prob(P(sample(q), a), x) - "
                          "kl(q, standard_normal) }");
  EXPECT_EQ(text(usesOf(unnamed).samples), "P");
  Model alone = modelOf(data + "decoder P(a) -> bernoulli(1, 8, 8) { linear }\n",
                        "step P with sgd(lr 1) { maximize log_prob(P(a), x) }");
  EXPECT_EQ(text(usesOf(alone).samples), "");
}

/// What a translator makes is followed by what another one makes of it again.
TEST(Uses, CyclesAreShown) {
  Model model = modelOf("data a: image(1, 8, 8) in [0, 1]\ndata b: image(1, 8, 8) in [0, 1]\n"
                        "decoder G(a) -> image(1, 8, 8) { conv 1, kernel 1 }\n"
                        "decoder F(b) -> image(1, 8, 8) { conv 1, kernel 1 }\n",
                        "step G, F with sgd(lr 1) { let fake = G(a)\n minimize mean(square(F(fake) - a)) + "
                        "mean(square(G(F(b)) - b)) }");
  EXPECT_EQ(text(usesOf(model).reconstructions), "G+1+1 F+1+1");
}

/// Each block is applied to what its header names, and to what the host gives it.
TEST(Uses, EveryBlockCanBeApplied) {
  Model model = modelOf(image + "latent z: normal(3)\ndecoder P(z) -> bernoulli(1, 8, 8) { linear }\n"
                                "frozen discriminator D(image(1, 8, 8), vector(2)) -> bernoulli { flatten ; linear }\n",
                        "step P with sgd(lr 1) { maximize log_prob(P(z), x) }");
  Uses uses = usesOf(model);
  ASSERT_EQ(uses.applied.size(), 2u);
  EXPECT_EQ(text(uses.applied[0]) + " " + text(uses.applied[1]), "P D[]");
  EXPECT_EQ(uses.applied[0][0].value->args[0]->kind, ExprKind::Latent);
  EXPECT_EQ(uses.applied[1][0].value->args[1]->kind, ExprKind::Given);
  EXPECT_EQ(givenName(model.blocks[1], 0) + " " + givenName(model.blocks[1], 1), "input input2");
}

} // namespace
} // namespace gan::dsl
