// Looks for the parts of the weight in what the model reaches: a decoder's distribution over the data, the encoders
// that its arguments are drawn from, and what the model says of their priors.
#include "compiler/import/ImportanceWeight.h"
#include "dsl/Reach.h"

#include "llvm/ADT/STLExtras.h"

namespace gan {
namespace {

std::shared_ptr<dsl::Expr> call(dsl::Function function, std::vector<dsl::ExprPtr> args, dsl::Shape shape,
                                dsl::Span span) {
  auto out = std::make_shared<dsl::Expr>();
  out->kind = dsl::ExprKind::Call;
  out->function = function;
  out->args = std::move(args);
  out->type = {dsl::TypeKind::Sample, std::move(shape), dsl::OutputKind::Value, {}};
  out->span = span;
  return out;
}

/// Finds the weight of one application.
class WeightOf {
public:
  WeightOf(const dsl::Model &model, const dsl::Uses &uses, const dsl::Expr &application)
      : model(model), reach(model), uses(uses), application(application), decoder(model.blocks[application.index]) {}

  std::optional<ImportanceWeight> find() const {
    const dsl::Output &o = decoder.outputs[0];
    auto data = llvm::find_if(
        model.data, [&](const dsl::Data &d) { return d.kind != dsl::DataKind::Categorical && d.shape == o.shape; });
    if (decoder.outputs.size() != 1 || o.kind == dsl::OutputKind::Value || data == model.data.end())
      return std::nullopt;
    auto p = std::make_shared<dsl::Expr>(application);
    ImportanceWeight weight;
    for (auto [i, argument] : llvm::enumerate(p->args)) {
      const dsl::Expr *e = reach.origin(*argument).first;
      if (e->kind == dsl::ExprKind::Data && model.data[e->index].kind == dsl::DataKind::Categorical)
        continue;
      auto [encoder, output] = reach.drawnFrom(*e);
      dsl::ExprPtr q = encoder ? onData(encoder->index, output) : nullptr;
      std::optional<dsl::OutputKind> kind = q ? prior(i, encoder->index, output) : std::nullopt;
      if (!kind)
        return std::nullopt;
      auto standard = std::make_shared<dsl::Expr>();
      standard->kind = dsl::ExprKind::Standard;
      standard->type = q->type;
      standard->type.dist = *kind;
      auto z = call(dsl::Function::Sample, {q}, q->type.shape, e->span);
      argument = z;
      weight.latents.emplace_back(logProb(standard, z), logProb(q, z));
    }
    auto x = std::make_shared<dsl::Expr>();
    x->kind = dsl::ExprKind::Data;
    x->index = int(data - model.data.begin());
    x->type = {dsl::TypeKind::Sample, o.shape, dsl::OutputKind::Value, {}};
    weight.likelihood = logProb(p, x);
    return weight.latents.empty() ? std::nullopt : std::optional(weight);
  }

private:
  /// The code that the encoder computes from the data itself.
  dsl::ExprPtr onData(int encoder, int output) const {
    for (const dsl::ShownValue &code : uses.codes)
      if (code.value->index == encoder && code.value->output == output &&
          llvm::all_of(code.value->args,
                       [&](const dsl::ExprPtr &a) { return reach.origin(*a).first->kind == dsl::ExprKind::Data; }))
        return code.value;
    return nullptr;
  }
  /// The kind of the standard distribution that is the prior of a code; nothing if it is no such one.
  std::optional<dsl::OutputKind> prior(size_t input, int encoder, int output) const {
    int latent = input < decoder.inputs.size() ? decoder.inputs[input].latent : -1;
    std::optional<dsl::OutputKind> drawn = latent < 0 ? std::nullopt : standardOf(model.latents[latent].kind);
    dsl::ExprPtr prior = reach.prior(encoder, output);
    if (!prior)
      return drawn;
    const dsl::Expr &origin = *reach.origin(*prior).first;
    bool standard = origin.kind == dsl::ExprKind::Standard && (latent < 0 || drawn == origin.type.dist);
    return standard ? std::optional(origin.type.dist) : std::nullopt;
  }
  static std::optional<dsl::OutputKind> standardOf(dsl::LatentKind kind) {
    switch (kind) {
    case dsl::LatentKind::Normal:
      return dsl::OutputKind::Gaussian;
    case dsl::LatentKind::Laplace:
      return dsl::OutputKind::Laplace;
    case dsl::LatentKind::Logistic:
      return dsl::OutputKind::Logistic;
    default:
      return std::nullopt;
    }
  }
  dsl::ExprPtr logProb(dsl::ExprPtr q, dsl::ExprPtr v) const {
    return call(dsl::Function::LogProb, {std::move(q), std::move(v)}, {}, application.span);
  }

  const dsl::Model &model;
  dsl::Reach reach;
  const dsl::Uses &uses;
  const dsl::Expr &application;
  const dsl::Block &decoder;
};

} // namespace

std::optional<ImportanceWeight> importanceWeight(const dsl::Model &model, const dsl::Uses &uses,
                                                 const dsl::Expr &application) {
  return WeightOf(model, uses, application).find();
}

} // namespace gan
