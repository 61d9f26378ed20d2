// Finds out what a trained model can be used for. Which blocks make samples, reconstruct data or make codes follows
// from what reaches what in the model's expressions; the order of declarations does not matter.
#pragma once

#include "dsl/Diagnostics.h"
#include "dsl/Model.h"

namespace gan::dsl {

/// A picture that a value is shown with.
struct ShownPicture {
  ExprPtr value;
  Range range; ///< values shown as black and as white
};

/// One output of an application, as commands show it.
struct ShownValue {
  std::string name; ///< "P", or "P.n" for a named output
  ExprPtr value;    ///< the application, with the output chosen
  Range range;
  bool picture = false;             ///< whether it is a picture; otherwise it is an array
  std::vector<ShownPicture> given;  ///< what it is made from or compared with, which is shown above it
  std::vector<ShownPicture> wanted; ///< what it should be, which is shown below it

  /// Of an application; not of a refinement.
  const Output &output(const Model &model) const {
    return model.blocks[size_t(value->index)].outputs[size_t(value->output)];
  }
};

/// A command that does not apply to the model.
struct Refusal {
  std::string command; ///< "sample", "interpolate --between data"
  std::string why;     ///< a sentence that also names a command which does apply
};

struct Uses {
  std::vector<ShownValue> samples;              ///< made only from latents and labels; a grid shows the first
  std::vector<ShownValue> reconstructions;      ///< made from data
  std::vector<ShownValue> codes;                ///< outputs of encoders on data
  std::vector<ShownValue> decoded;              ///< the reconstructions that are made from codes
  std::vector<std::vector<ShownValue>> applied; ///< for each block its outputs on what the host gives it
  std::vector<Refusal> refusals;
};

Uses usesOf(const Model &model);
/// The commands that do not apply to a model with these uses; `uses.refusals` is not read.
std::vector<Refusal> refusalsOf(const Model &model, const Uses &uses);

/// Whether a value of the shape can be shown as a picture: grey, RGB, or either with alpha.
bool isPicture(const Shape &shape);

/// Adds notes about values that are not pictures, and about models that show nothing.
void noteUses(const Model &model, const Uses &uses, Diagnostics &diagnostics);

} // namespace gan::dsl
