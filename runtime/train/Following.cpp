#include "runtime/train/Following.h"
#include "runtime/base/Digest.h"
#include "runtime/base/Error.h"
#include "runtime/data/Feed.h"

#include <cstring>

namespace ganrt {

Word agree(Ranks &ranks, Word mine) {
  std::vector<char> words = ranks.gatherBytes(&mine, sizeof mine);
  Word out;
  memcpy(&out, words.data(), sizeof out);
  for (size_t at = 0; at < words.size(); at += sizeof(Word)) {
    Word word;
    memcpy(&word, &words[at], sizeof word);
    out.signal = out.signal ? out.signal : word.signal;
  }
  return out;
}

void checkSame(Ranks &ranks, const gan_program &program, const State &state, uint64_t iteration) {
  std::string mine = digestOf(state.memory().read(0, program.state_bytes), program.state_bytes);
  std::vector<std::string> all = ranks.gather(mine);
  for (int r = 1; r < ranks.size(); ++r)
    if (all[size_t(r)] != all[0]) {
      if (!ranks.leads())
        throw EndsQuietly();
      throw UserError("at iteration " + std::to_string(iteration) + " the parameters of " + ranks.name(r) +
                      " are not those of " + ranks.name(0) +
                      ": the machines compute differently, or one has a fault. --resume goes on from the last "
                      "checkpoint");
    }
}

void beginTogether(Ranks &ranks, Device &device, const std::string &identity, bool tells) {
  std::string name = device.name();
  ranks.begin(identity + "--device: " + name.substr(0, name.find(':')) + "\n");
  std::string note = device.join(ranks);
  if (tells && ranks.leads() && !note.empty())
    fprintf(stderr, "%s\n", note.c_str());
}

void shareState(Ranks &ranks, State &state) {
  DeviceMemory &memory = state.memory();
  if (memory.onHost())
    return ranks.broadcast(memory.onHost(), memory.size());
  const auto *bytes = static_cast<const uint8_t *>(memory.read(0, memory.size()));
  std::vector<uint8_t> copied(bytes, bytes + memory.size());
  ranks.broadcast(copied.data(), copied.size());
  memory.write(0, copied.data(), copied.size());
}

void sharePlateaus(Ranks &ranks, const gan_program &program, Moment &moment) {
  moment.plateaus.resize(program.num_plateaus);
  for (std::vector<uint64_t> &reached : moment.plateaus) {
    uint64_t count = reached.size();
    ranks.broadcast(&count, sizeof count);
    reached.resize(count);
    if (count)
      ranks.broadcast(reached.data(), count * sizeof(uint64_t));
  }
}

std::string identityOf(const gan_program &program, uint64_t seed, const std::vector<std::string> &settings) {
  Digest kernels;
  for (uint32_t i = 0; i < program.num_kernels; ++i)
    for (const char *text : {program.kernels[i].name, program.kernels[i].schedule})
      kernels.add(text, strlen(text) + 1);
  const gan_graph &graph = *findGraph(program, GAN_GRAPH_TRAIN); // what crosses the ranks there, and when
  for (const gan_collective *c = graph.collectives, *end = c + graph.num_collectives; c < end; ++c)
    for (uint64_t number : {uint64_t(c->after_call), uint64_t(c->before_call), uint64_t(c->count)})
      kernels.add(&number, sizeof number);
  std::string all;
  for (const std::string &setting : settings)
    all += (all.empty() ? "" : " ") + setting;
  return std::string("model: ") + program.model + "\nmodel text: " + program.source_hash +
         "\nganc: " + program.ganc_version + "\ntarget: " + program.target + "\nkernels: " + kernels.text() +
         "\nbatch of a rank: " + std::to_string(program.batch) + "\n--seed: " + std::to_string(seed) +
         "\n--set: " + all + "\n";
}

int follow(const Session &session, const TrainingData &data, const Augmentation &augmentation, Moment moment,
           const Interrupt &interrupt) {
  Ranks &ranks = *session.ranks;
  Graph graph(session, *findGraph(session.program, GAN_GRAPH_TRAIN));
  graph.observeLater({}, {}); // as on rank 0, a GPU runs an iteration while the host prepares the next
  std::optional<Feed> feed;
  if (data.train.count)
    feed.emplace(graph, BatchPlan(session.program, graph.table(), data.train, graph.streams, moment, session.seed,
                                  augmentation, shareOf(ranks)));
  while (true) {
    Word word = agree(ranks, {.signal = interrupt.signal()});
    switch (word.next) {
    case Together::Iterate:
    case Together::Timed:
      graph.timed = word.next == Together::Timed ? [](uint32_t, double) {} : std::function<void(uint32_t, double)>();
      if (feed)
        feed->next();
      graph.run(moment);
      ++moment.iteration;
      break;
    case Together::Plateau:
      sharePlateaus(ranks, session.program, moment);
      break;
    case Together::Check:
      graph.settle();
      checkSame(ranks, session.program, session.state, moment.iteration);
      break;
    case Together::End:
      graph.settle();
      return word.signal ? 128 + word.signal : 0;
    }
  }
}

} // namespace ganrt
