// Blocks that are applied one after the other to what the host gives them: data, numbers that the user has set, draws,
// and what the block before made.
#pragma once

#include "runtime/generate/Generate.h"

namespace ganrt {

/// Where an input of a block gets its values from.
enum class InputFrom : uint8_t { Draw, Choice, Data, Before };

/// One block of a chain.
struct Link {
  const gan_graph *table;
  std::vector<Chosen> chosen;     ///< values that the user has set
  std::vector<InputFrom> from{};  ///< for each input of the graph
  const gan_observation *takes{}; ///< what is taken of the block before; null for the first block
};

/// The graph that applies the block of this name; null if the program has none.
const gan_graph *findApply(const gan_program &program, const std::string &block);

/// The graph with its data as if it were drawn, so that `takeChosen` finds it. `inputs` must live as long.
gan_graph asDrawn(const gan_graph &table, std::vector<gan_input> &inputs);

/// Decides where each input gets its values: what `named` lists from data; what the user has set; in each block but the
/// first, the first input that has the shape of a value of the block before, from that; other latents are drawn, and
/// the rest is read with the data. Throws UserError if a block cannot take what the one before it makes.
void connect(const gan_program &program, std::vector<Link> &links, const std::vector<std::string> &named);

/// What the chain reads as data. Latents are read as vectors of any numbers, or classes.
WantedData wantedData(const std::vector<Link> &links);

/// Runs connected blocks.
class Chain {
public:
  Chain(const Session &session, const std::vector<Link> &links, bool draw);
  int64_t batch() const { return generators[0]->batch(); }
  /// What runs the last block.
  Generator &last() { return *generators.back(); }
  /// Applies the blocks to these samples of the data, at most a batch, and returns what the last one makes. If nothing
  /// is read as data, `count` samples are made. Draws are those of iteration `number`.
  const std::vector<Shown> &run(const Dataset &data, const std::vector<int64_t> &indices, int64_t count,
                                uint64_t number);

private:
  void giveChosen(size_t link, uint64_t number);
  void giveBefore(size_t link, uint32_t input);
  void giveData(size_t link, uint32_t input, const Dataset &data, const std::vector<int64_t> &indices);
  void give(size_t link, uint32_t input, const std::vector<double> &values);

  std::vector<Link> links;
  std::vector<std::unique_ptr<Generator>> generators; ///< one for each block
  std::vector<Shown> made;                            ///< by the block that ran last
};

} // namespace ganrt
