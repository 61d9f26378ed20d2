#include "runtime/device/gpu/LargeMeans.h"

#include <algorithm>

namespace ganrt {
namespace {

/// The group of a call, whose calls run together or not at all.
const gan_group *groupOf(const gan_graph &graph, uint32_t call) {
  return std::find_if(graph.groups, graph.groups + graph.num_groups,
                      [&](const gan_group &g) { return call >= g.first_call && call < g.first_call + g.num_calls; });
}

bool sideBySide(const gan_collective &a, const gan_collective &b) {
  return a.address.space == b.address.space && a.address.offset + a.count * sizeof(float) == b.address.offset;
}

} // namespace

std::vector<gan_collective> largeMeans(const gan_graph &graph) {
  std::vector<gan_collective> parts;
  for (uint32_t i = 0; i < graph.num_collectives; ++i) {
    const gan_collective &next = graph.collectives[i];
    gan_collective *last = parts.empty() ? nullptr : &parts.back();
    if (last && (sideBySide(*last, next) || sideBySide(next, *last)) && last->count + next.count <= largePart &&
        next.after_call < last->before_call && groupOf(graph, last->after_call) == groupOf(graph, next.after_call)) {
      last->address.offset = std::min(last->address.offset, next.address.offset);
      last->count += next.count;
      last->after_call = next.after_call;
      last->before_call = std::min(last->before_call, next.before_call);
    } else {
      parts.push_back(next);
    }
  }
  return parts;
}

} // namespace ganrt
