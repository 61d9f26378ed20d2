// What lanes of a warp tell each other: values (shfl), predicates (vote), who takes part (activemask). All lanes that
// the instruction names have to come to it together.
#include "compiler/ptx/Handlers.h"

namespace ptx {
namespace {

/// The lanes that an instruction names, by the mask that is its last source; they must all be here.
void checkMembers(Warp &warp, const Instruction &i) {
  const uint32_t *members = warp.row<uint32_t>(i.src[size_t(i.numSrc) - 1]);
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest);
    if (Mask absent = members[lane] & warp.live & ~warp.active)
      warp.fault(std::countr_zero(absent), "reached by part of a warp: this lane is named, and not here");
    if (!(members[lane] >> lane & 1))
      warp.fault(lane, "a lane that its own mask does not name");
  }
}

enum Direction { Up, Down, Butterfly, Index };

/// The lane that each one reads from: within its segment of the warp, which `c` gives, else its own value stays.
template <Direction direction> void shuffle(Warp &warp, const Instruction &i) {
  checkMembers(warp, i);
  const uint32_t *a = warp.row<uint32_t>(i.src[0]), *bs = warp.row<uint32_t>(i.src[1]),
                 *cs = warp.row<uint32_t>(i.src[2]);
  std::array<uint32_t, warpLanes> result{};
  Mask inside = 0;
  for (Mask rest = warp.active; rest; rest &= rest - 1) {
    int lane = std::countr_zero(rest), b = int(bs[lane] & 31), clamp = int(cs[lane] & 31),
        segment = int(cs[lane] >> 8 & 31);
    int least = lane & segment, most = least | (clamp & ~segment);
    int from = direction == Up          ? lane - b
               : direction == Down      ? lane + b
               : direction == Butterfly ? lane ^ b
                                        : least | (b & ~segment);
    bool valid = direction == Up ? from >= most : from <= most;
    from = valid ? from : lane;
    if (!(warp.active >> from & 1))
      warp.fault(lane, "reads from lane " + std::to_string(from) + ", which is not here");
    result[size_t(lane)] = a[from];
    inside |= Mask(valid) << lane;
  }
  uint32_t *d = warp.row<uint32_t>(i.dst[0]);
  each(warp.active, [&](int lane) { d[lane] = result[size_t(lane)]; });
  if (i.numDst > 1)
    warp.setMask(i.dst[1], inside);
}

template <class F> void vote(Warp &warp, const Instruction &i) {
  checkMembers(warp, i);
  Mask holds = warp.source(i, 0) & warp.active;
  warp.setMask(i.dst[0], F{}(holds, warp.active) ? allLanes : 0);
}

void ballot(Warp &warp, const Instruction &i) {
  checkMembers(warp, i);
  uint32_t *d = warp.row<uint32_t>(i.dst[0]);
  Mask holds = warp.source(i, 0) & warp.active;
  each(warp.active, [=](int lane) { d[lane] = holds; });
}

template <class F> void addVote(Handlers &table, const std::string &name, F) {
  table["vote." + name + ".pred"] = &vote<F>;
}

} // namespace

void addExchanges(Handlers &table) {
  table["shfl.up.b32"] = &shuffle<Up>;
  table["shfl.down.b32"] = &shuffle<Down>;
  table["shfl.bfly.b32"] = &shuffle<Butterfly>;
  table["shfl.idx.b32"] = &shuffle<Index>;
  addVote(table, "all", [](Mask holds, Mask here) { return holds == here; });
  addVote(table, "any", [](Mask holds, Mask) { return holds != 0; });
  addVote(table, "uni", [](Mask holds, Mask here) { return holds == 0 || holds == here; });
  table["vote.ballot.b32"] = &ballot;
  table["activemask.b32"] = [](Warp &warp, const Instruction &i) {
    uint32_t *d = warp.row<uint32_t>(i.dst[0]);
    each(warp.active, [d, here = warp.active](int lane) { d[lane] = here; });
  };
}

} // namespace ptx
