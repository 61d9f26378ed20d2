#include "compiler/tuning/ConvSizes.h"

namespace gan {

ConvSizes::ConvSizes(const Workload &w) : gradient(w.kind == "conv_weight_grad") {
  ConvGeometry g{};
  auto both = [&](int32_t(&to)[2], const char *rows, const char *columns) {
    to[0] = int32_t(w.at(rows)), to[1] = int32_t(w.at(columns));
  };
  both(g.in, "ih", "iw"), both(g.kernel, "kh", "kw"), both(g.out, "oh", "ow");
  both(g.stride, "sh", "sw"), both(g.pad, "ph", "pw"), both(g.dilation, "dh", "dw");
  bool back = w.kind == "conv_input_grad";
  images = w.at("n"), groups = w.at("groups");
  channels = back ? w.at("co") / groups : w.at("ci") / groups;
  results = back ? w.at("ci") : w.at("co");
  phases = points = taps = 1;
  for (int i : {0, 1}) {
    GatherAxis gather = back ? inputGradAxis(g, i) : forwardAxis(g, i);
    phases *= gather.phases, points *= gather.points, taps *= gather.taps();
    axis[i] = denseAxis(gather);
  }
  lines = g.out[0];
  source = int64_t(back ? g.out[0] : g.in[0]) * (back ? g.out[1] : g.in[1]);
}

ConvSizes::Transform ConvSizes::transform(int64_t size) const {
  Transform t{{1, 1}, {1, 1}, 1, 1, 1, 1};
  for (int i : {0, 1}) {
    int64_t tile = std::clamp<int64_t>(size, 1, axis[i].points);
    t.spotsOfAxis[i] = tile + axis[i].taps() - 1;
    t.tilesOfAxis[i] = (axis[i].points + tile - 1) / tile;
    t.spots *= t.spotsOfAxis[i], t.tiles *= t.tilesOfAxis[i];
    t.phases *= axis[i].phases, t.classes *= axis[i].classes;
  }
  return t;
}

} // namespace gan
