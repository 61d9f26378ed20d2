// Makes the sentences for commands that do not apply to a model, and notes about values that cannot be shown as
// pictures.
#include "dsl/Checker.h"
#include "dsl/Reach.h"
#include "dsl/Uses.h"

#include <algorithm>

namespace gan::dsl {
namespace {

/// "G", "F and G".
std::string namesOf(const Model &model, BlockKind kind) {
  std::vector<std::string> names;
  for (const Block &b : model.blocks)
    if (b.kind == kind)
      names.push_back(b.name);
  std::string out;
  for (size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

/// "G makes", "F and G make".
std::string makers(const Model &model) {
  std::string names = namesOf(model, BlockKind::Decoder);
  return names + (names.find(" and ") == std::string::npos ? " makes" : " make");
}

bool has(const Model &model, BlockKind kind) {
  return std::any_of(model.blocks.begin(), model.blocks.end(), [&](const Block &b) { return b.kind == kind; });
}

bool readsData(const Reach &reach) {
  return std::any_of(reach.expressions().begin(), reach.expressions().end(),
                     [&](const ExprPtr &e) { return e->kind == ExprKind::Data; });
}

/// A clause that tells what the user can do instead.
std::string instead(const Uses &uses, bool data) {
  if (!uses.reconstructions.empty())
    return "`reconstruct` shows what the model makes of data";
  if (!uses.samples.empty())
    return "`sample` shows what the model makes of latents";
  if (!uses.codes.empty())
    return "`encode` writes what the model makes of data";
  return data ? "`evaluate` measures it on data" : "`info` tells what the model has";
}

std::string noSamples(const Model &model, const Uses &uses) {
  std::string names = namesOf(model, BlockKind::Decoder);
  if (names.empty())
    return "the model has no decoder, which is what makes samples";
  if (uses.reconstructions.empty())
    return "no expression of the model applies " + names + " to latents";
  return "what " + makers(model) + " starts from data, not from latents alone" +
         (uses.decoded.empty() ? "" : ", and the codes have no prior that could be drawn from");
}

std::string noReconstructions(const Model &model) {
  if (!has(model, BlockKind::Decoder))
    return "the model has no decoder, which is what makes pictures";
  return "data does not reach " + namesOf(model, BlockKind::Decoder);
}

std::string noCodes(const Model &model) {
  std::string names = namesOf(model, BlockKind::Encoder);
  if (names.empty())
    return "the model has no encoder";
  bool plain = std::all_of(model.blocks.begin(), model.blocks.end(), [](const Block &b) {
    return b.kind != BlockKind::Encoder ||
           std::all_of(b.layers.begin(), b.layers.end(), [](const Layer &l) { return l.params.empty(); });
  });
  return plain ? names + ": without parameters, what an encoder makes of data is no code of it"
               : "no expression of the model applies " + names + " to data";
}

/// Whether samples are made from numbers, which can be interpolated, and not only from classes.
bool fromNumbers(const Model &model, const Uses &uses) {
  bool found = false;
  for (const ShownValue &v : uses.samples)
    visitAll(model, *v.value, [&](const Expr &e) {
      bool latent = e.kind == ExprKind::Latent || e.kind == ExprKind::Fresh;
      found |= (latent && model.latents[size_t(e.index)].kind != LatentKind::Categorical) ||
               (e.kind == ExprKind::Call && e.function == Function::Sample);
    });
  return found;
}

} // namespace

std::vector<Refusal> refusalsOf(const Model &model, const Uses &uses) {
  Reach reach(model);
  std::vector<Refusal> out;
  bool data = readsData(reach), numbers = fromNumbers(model, uses);
  std::string other = "; " + instead(uses, data);
  if (uses.samples.empty())
    out.push_back({"sample", noSamples(model, uses) + other});
  if (uses.reconstructions.empty())
    out.push_back({"reconstruct", noReconstructions(model) + other});
  if (uses.samples.empty())
    out.push_back({"traverse", noSamples(model, uses) + other});
  if (uses.codes.empty())
    out.push_back({"encode", noCodes(model) + other});
  std::string draws = uses.samples.empty() ? noSamples(model, uses)
                      : numbers            ? ""
                                           : "the latents are classes, which have nothing between them",
              images = !uses.decoded.empty()          ? ""
                       : uses.reconstructions.empty() ? noReconstructions(model)
                                                      : "what " + makers(model) + " of data goes through no code";
  std::string classes = uses.samples.empty() ? other : "; `traverse` shows each of them";
  if (!draws.empty() && !images.empty())
    out.push_back({"interpolate", "there are neither latents nor codes to go between: " + draws +
                                      (uses.samples.empty() ? other : classes)});
  if (!draws.empty())
    out.push_back({"interpolate --between draws",
                   draws + (images.empty() ? "; `interpolate --between data` goes between codes" : classes)});
  if (!images.empty())
    out.push_back({"interpolate --between data",
                   images + (draws.empty() ? "; `interpolate --between draws` goes between latents" : other)});
  if (!data)
    out.push_back({"evaluate", "the model reads no data" + other});
  return out;
}

void noteUses(const Model &model, const Uses &uses, Diagnostics &diagnostics) {
  if (uses.samples.empty() && uses.reconstructions.empty() && !model.blocks.empty())
    diagnostics.add(DiagnosticId::NothingShown, model.blocks[0].span);
  auto isColumn = [&](const Output &o) { // which is written as a table
    return std::any_of(model.data.begin(), model.data.end(), [&](const Data &d) {
      return !d.columns.empty() && d.shape == o.shape && (o.name == d.name || o.name.empty());
    });
  };
  auto note = [&](const std::vector<ShownValue> &values) {
    for (const ShownValue &v : values)
      if (v.value->kind != ExprKind::Apply)
        continue;
      else if (const Output &o = v.output(model); !v.picture && !isColumn(o))
        diagnostics.add(DiagnosticId::NoPicture, o.span, {v.name, shapeText(o.shape)});
  };
  note(uses.samples);
  note(uses.reconstructions);
}

} // namespace gan::dsl
