// What trained graphs make: values of blocks for many samples, from latents, data or codes, and pictures of them. One
// rule for every model: the expectation of a block's output, or with `draw` a draw from it.
#pragma once

#include "runtime/data/Dataset.h"
#include "runtime/generate/ArrayFile.h"
#include "runtime/generate/Picture.h"
#include "runtime/program/Graph.h"

#include <map>

namespace ganrt {

/// Values of one block, or pictures that are shown with them.
struct Shown {
  Array array;           ///< (count, ..) in PyTorch's order
  double lo = 0, hi = 1; ///< what pictures show from black to white
  bool picture = false;  ///< else it is kept as an array
  gan_observe_kind kind = GAN_OBSERVE_VALUE;
};

/// Runs graphs and collects what they show.
class Generator {
public:
  Generator(const Session &session, const gan_graph &table, bool draw);
  const gan_program &program() const { return session.program; }
  uint64_t seed() const { return session.seed; }

  Graph &graph() { return runner; }
  /// Samples of a run.
  int64_t batch() const { return session.program.batch; }
  /// Runs the graph, with the randomness of iteration `number`; adds the first `count` samples to `shown`.
  void run(uint64_t number, int64_t count);
  /// Has `take` see what is shown after each run; nothing stays here then.
  void giveTo(std::function<void(const std::vector<Shown> &)> take) { taker = std::move(take); }
  /// One for each value of the graph, and each picture that is shown with one, in the graph's order.
  std::vector<Shown> shown;

private:
  void keep(const gan_observation &value, const std::vector<double> &means, const std::vector<double> *logVariance);

  Session session;
  Graph runner;
  std::map<const gan_observation *, size_t> places; ///< in `shown`
  std::function<void(const std::vector<Shown> &)> taker;
  uint64_t number = 0;
  bool draw;
  int64_t wanted = 0; ///< samples of the run
};

/// A value of a latent or label that the user has chosen: of one element, or of all (-1).
struct Chosen {
  uint32_t input;
  int64_t element;
  std::vector<double> values; ///< one, or one for each element; for a class its number
};

/// What users call the classes of the data.
struct ClassNames {
  std::string label;                ///< the label of the model whose classes they are
  std::vector<std::string> names{}; ///< by number; none where the data has none
};

/// Takes out of name=value settings those that name a latent (c=3, t=0.5,-1, t.1=0.5) or label (y=3, or y=cat where
/// classes have names) of the graph; the others remain for the model's numbers. Throws UserError for a value that does
/// not fit.
std::vector<Chosen> takeChosen(const gan_graph &table, std::vector<std::string> &settings,
                               const ClassNames &classes = {});

/// How latents are drawn.
struct Drawing {
  std::vector<Chosen> chosen;
  double truncate =
      0; ///< normal: draws beyond are drawn again (Brock et al. 2019); uniform: the share of the range; 0: no
};

/// Draws of each latent and label of a sample graph: by input, (batch, ..) in PyTorch's order.
using Latents = std::map<uint32_t, std::vector<double>>;

/// What the graph draws in iteration `number`, then as `drawing` says.
Latents drawnLatents(Generator &generator, uint64_t number, const Drawing &drawing);
/// Has the graph's next runs use these.
void giveLatents(Graph &graph, const Latents &latents);

/// Runs the sample graph for `count` samples of each of its blocks. The first of more are the same.
void runSamples(Generator &generator, int64_t count, const Drawing &drawing);
/// Runs a reconstruct or encode graph on these images. `drawing`: the latents that the graph has beside data.
void runImages(Generator &generator, const Dataset &data, const std::vector<int64_t> &indices,
               const Drawing &drawing = {});

/// `count` samples of every block of the sample graph.
std::vector<Shown> samples(const Session &session, int64_t count, const Drawing &drawing, bool draw);

/// What the reconstruct or encode graph makes of these images.
std::vector<Shown> onImages(const Session &session, const gan_graph &table, const Dataset &data,
                            const std::vector<int64_t> &indices, bool draw);

/// Each sample of what is a picture, (C, H, W).
Grid pictures(const Shown &shown);
/// All that are pictures, below one another: in each row of the grid `columns` samples of one of them. Smaller ones
/// stand in the corner of a place of the largest one's size.
Grid sheet(const std::vector<Shown> &shown, int64_t columns);

bool isLatent(const gan_input &input);
/// Elements of one sample.
size_t sizeOf(const gan_input &input);

} // namespace ganrt
