// Generates output with trained graphs: values of blocks for many samples, from latents, data or codes, and pictures of
// them. The rule is the same for every model: a value is the expectation of a block's output or, with `draw`, a draw
// from it.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/generate/ArrayFile.h"
#include "runtime/generate/Picture.h"
#include "runtime/program/Graph.h"

#include <map>

namespace ganrt {

/// The values of one block, or pictures that are shown with them.
struct Shown {
  Array array;           ///< the values in PyTorch's order, of shape (count, ..)
  double lo = 0, hi = 1; ///< the values that pictures show as black and as white
  bool picture = false;  ///< whether it is shown as a picture; otherwise it is kept as an array
  gan_observe_kind kind = GAN_OBSERVE_VALUE;
};

/// Runs a graph and collects the values that it shows.
class Generator {
public:
  Generator(const Session &session, const gan_graph &table, bool draw);
  const gan_program &program() const { return session.program; }
  uint64_t seed() const { return session.seed; }

  Graph &graph() { return runner; }
  /// The number of samples of one run.
  int64_t batch() const { return session.program.batch; }
  /// Runs the graph with the random numbers of iteration `number` and adds the first `count` samples to `shown`.
  void run(uint64_t number, int64_t count);
  /// Runs the graph so for 0 to `runs` - 1, by turns on all ranks if there are some. `prepare` gives a run what it
  /// reads and returns how many samples count. Every rank has, or passes on, the samples of all.
  void runAll(uint64_t runs, const std::function<int64_t(uint64_t)> &prepare, Ranks *ranks);
  /// Shows an input of the graph too, behind its values: a draw, or the data that it was given.
  void alsoShow(uint32_t input);
  /// From now on passes the values of each run to `take` instead of collecting them in `shown`.
  void giveTo(std::function<void(const std::vector<Shown> &)> take) { taker = std::move(take); }
  /// One entry for each value of the graph and for each picture that is shown with one, in the graph's order.
  std::vector<Shown> shown;

private:
  std::string taken(uint64_t number, int64_t count);
  void give(const std::string &bytes);
  void passOn();
  void keep(const gan_observation &value, const std::vector<double> &means, const std::vector<double> *logVariance);
  void keepInput(uint32_t input, const void *memory);

  Session session;
  Graph runner;
  std::map<const gan_observation *, size_t> places; ///< index in `shown` of each observation
  std::function<void(const std::vector<Shown> &)> taker;
  uint64_t number = 0;
  bool draw;
  int64_t wanted = 0;                ///< how many samples of the run are kept
  std::map<uint32_t, size_t> inputs; ///< index in `shown` of each input that is shown too
};

/// A value of a latent or label that the user has chosen, for one element or for all (-1).
struct Chosen {
  uint32_t input;
  int64_t element;
  std::vector<double> values; ///< one value, or one for each element; for a class its number
};

/// The names of classes, by number, of each label of the data that has names.
using ClassNames = std::map<std::string, std::vector<std::string>>;

/// Removes from name=value settings those that name a latent (c=3, t=0.5,-1, t.1=0.5) or label (y=3, or y=cat if
/// classes have names) of the graph, and returns them. The others remain for the model's numbers. Throws UserError for
/// a value that does not fit.
std::vector<Chosen> takeChosen(const gan_graph &table, std::vector<std::string> &settings,
                               const ClassNames &classes = {});

/// Puts a chosen value into a batch of values of its input, in PyTorch's order.
void choose(const Chosen &chosen, const gan_input &input, std::vector<double> &values);

/// How latents are drawn.
struct Drawing {
  std::vector<Chosen> chosen;
  double truncate = 0; ///< normal: numbers beyond this limit are drawn again (Brock et al. 2019); uniform: the share of
                       ///< the range; 0: off
};

/// The values of each latent and label of a sample graph by input, of shape (batch, ..) in PyTorch's order.
using Latents = std::map<uint32_t, std::vector<double>>;

/// The latents that the graph draws in iteration `number`, changed as `drawing` says.
Latents drawnLatents(Generator &generator, uint64_t number, const Drawing &drawing);
/// Makes the next runs of the graph use these latents.
void giveLatents(Graph &graph, const Latents &latents);

/// Runs the sample graph for `count` samples of each of its blocks. A larger `count` begins with the same samples, and
/// so do several ranks that do it together.
void runSamples(Generator &generator, int64_t count, const Drawing &drawing, Ranks *ranks = nullptr);
/// Runs a reconstruct or encode graph on these images. `drawing` applies to the latents that the graph has beside data.
void runImages(Generator &generator, const Dataset &data, const std::vector<int64_t> &indices,
               const Drawing &drawing = {}, Ranks *ranks = nullptr);

/// Returns `count` samples of every block of the sample graph.
std::vector<Shown> samples(const Session &session, int64_t count, const Drawing &drawing, bool draw,
                           Ranks *ranks = nullptr);

/// The values of a reconstruct or encode graph on these images.
std::vector<Shown> onImages(const Session &session, const gan_graph &table, const Dataset &data,
                            const std::vector<int64_t> &indices, bool draw);

/// The samples of a value that is a picture, each (C, H, W).
Grid pictures(const Shown &shown);
/// One grid of all values that are pictures, below one another: each row of the grid holds `columns` samples of one of
/// them. Every cell has the size of the largest picture; smaller ones stand in its corner.
Grid sheet(const std::vector<Shown> &shown, int64_t columns);

bool isLatent(const gan_input &input);
/// The number of elements of one sample.
size_t sizeOf(const gan_input &input);

} // namespace ganrt
