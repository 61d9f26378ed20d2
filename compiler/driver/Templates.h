// The models that `ganc new` writes. Templates.cpp is made of models/*.gan when ganc is built.
#pragma once

#include <string>
#include <vector>

namespace gan {

struct Template {
  std::string name, text; ///< "vae", and the file
};

/// In the order of their names.
const std::vector<Template> &templates();

} // namespace gan
