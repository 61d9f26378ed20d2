// Shows what each number of a code does: its value changes along a row of pictures, while everything else is drawn once
// for the row (figure 2 of Chen et al. 2016).
#pragma once

#include "runtime/generate/Generate.h"

namespace ganrt {

/// What is varied: a class, or one number of a latent.
struct Code {
  uint32_t input;
  int64_t element; ///< -1: the latent is a class
  std::string name;
};

/// The codes that `wanted` names ("t" or "t.1"). For "" these are the codes of latents with at most 16 numbers or, if
/// there are none and `all` is set, the codes of every latent. Throws UserError if there is no code of that name.
std::vector<Code> codesOf(const gan_graph &sample, const std::string &wanted, bool all);

/// The rows and columns of a grid, and the range over which a number varies. By default this is the range of a uniform
/// latent, and -2 to 2 for a normal one.
struct Ways {
  int64_t rows = 10, columns = 10; ///< a class has one column for each of its values instead
  std::optional<double> from, to;
  bool captions = false; ///< whether the values are written above the pictures
};

/// The number of columns of the code's picture.
int64_t columnsOf(const gan_graph &sample, const Code &code, const Ways &ways);

/// The output for the values of a code, row by row.
struct Traversal {
  std::vector<Shown> shown;
  int64_t columns = 0;
  std::vector<std::string> captions; ///< one for each picture, if asked for
};
/// Varies a code. The rows start from the draws that `sample` makes with the same seed.
Traversal traversal(Generator &generator, const Drawing &drawing, const Code &code, const Ways &ways);

} // namespace ganrt
