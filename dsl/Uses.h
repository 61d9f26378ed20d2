// What a trained model can be used for. Which blocks make samples, which reconstruct data and which make codes follows
// from what reaches what in the model's expressions; the order of declarations does not matter.
#pragma once

#include "dsl/Diagnostics.h"
#include "dsl/Model.h"

namespace gan::dsl {

/// A picture that a value is shown with.
struct ShownPicture {
  ExprPtr value;
  Range range; ///< from black to white
};

/// One output of an application, as commands show it.
struct ShownValue {
  std::string name; ///< "P", or "P.n" where the block has several outputs
  ExprPtr value;    ///< the application, with the output chosen
  Range range;
  bool picture = false;             ///< else it is an array
  std::vector<ShownPicture> given;  ///< what it is made from or held against; stands above it
  std::vector<ShownPicture> wanted; ///< what it should be; stands below it

  const Output &output(const Model &model) const {
    return model.blocks[size_t(value->index)].outputs[size_t(value->output)];
  }
};

/// A command that can do nothing with the model.
struct Refusal {
  std::string command; ///< "sample", "interpolate --between data"
  std::string why;     ///< a sentence, which names the command that can do something
};

struct Uses {
  std::vector<ShownValue> samples;         ///< made from latents, and labels, alone; first what a grid shows
  std::vector<ShownValue> reconstructions; ///< made from data
  std::vector<ShownValue> codes;           ///< what encoders make of data
  std::vector<ShownValue> decoded;         ///< those reconstructions that are made from codes
  std::vector<Refusal> refusals;
};

Uses usesOf(const Model &model);
/// What a model that is used so cannot be used for; `uses` need not hold it yet.
std::vector<Refusal> refusalsOf(const Model &model, const Uses &uses);

/// Whether a value of the shape can be drawn: grey, RGB, and each with alpha.
bool isPicture(const Shape &shape);

/// Notes of what is no picture, and of models that show nothing.
void noteUses(const Model &model, const Uses &uses, Diagnostics &diagnostics);

} // namespace gan::dsl
