// What each number of a code does: its value changes along a row of pictures, everything else is drawn once for the row
// (figure 2 of Chen et al. 2016).
#pragma once

#include "runtime/generate/Generate.h"

namespace ganrt {

/// A class, or one number of a latent.
struct Code {
  uint32_t input;
  int64_t element; ///< -1: the latent is a class
  std::string name;
};

/// The codes that `wanted` names ("t" or "t.1"). For "" these are the codes of latents of at most 16 numbers; where
/// there are none of those and `all` is set, the codes of every latent. Throws UserError for a name that is none.
std::vector<Code> codesOf(const gan_graph &sample, const std::string &wanted, bool all);

/// A grid's rows and columns, and the ends of a number's way; not given: those of a uniform latent, of a normal -2
/// and 2.
struct Ways {
  int64_t rows = 10, columns = 10; ///< a class has a column for each
  std::optional<double> from, to;
  bool captions = false; ///< values above the pictures
};

/// Of its picture.
int64_t columnsOf(const gan_graph &sample, const Code &code, const Ways &ways);

/// What the values of a code make, row by row.
struct Traversal {
  std::vector<Shown> shown;
  int64_t columns = 0;
  std::vector<std::string> captions; ///< one for each, where asked for
};
/// Rows are the draws that `sample` of the same seed makes.
Traversal traversal(Generator &generator, const Drawing &drawing, const Code &code, const Ways &ways);

} // namespace ganrt
