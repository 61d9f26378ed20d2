// Lists what a launch touched, from the marks that races are found with. Most of a large buffer is mostly not touched,
// so only the chunks that were are looked at.
#include "compiler/ptx/Memory.h"

#include <algorithm>

namespace ptx {
namespace {

/// Neighbours that were touched alike become one.
void append(std::vector<Touched> &list, Touched next) {
  if (!list.empty() && list.back().end == next.begin && list.back().written == next.written)
    list.back().end = next.end;
  else
    list.push_back(next);
}

} // namespace

void Memory::listTouched(std::vector<Touched> &list) const {
  for (const Range &r : ranges) {
    uint64_t first = r.begin >> globalShift, end = first + (r.bytes >> globalShift) + 1;
    for (size_t c = 0; c < r.chunks.size(); ++c) {
      if (!r.chunks[c])
        continue;
      uint64_t chunk = (first >> Range::chunkShift) + c;
      uint64_t last = std::min(end, (chunk + 1) << Range::chunkShift);
      for (uint64_t g = std::max(first, chunk << Range::chunkShift); g < last; ++g) {
        const Granule &granule = r.granules.data()[g - first];
        if (granule.writeEpoch != 0 || granule.readEpoch != 0)
          append(list, {g << globalShift, (g + 1) << globalShift, granule.writeEpoch != 0});
      }
    }
  }
}

} // namespace ptx
