// The live line and its JSON.
#include "runtime/Progress.h"

#include <cmath>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ganrt {
namespace {

Standing standing() {
  return {.done = 1204,
          .total = 4690,
          .epoch = 3,
          .epochs = 10,
          .perSecond = 48123,
          .elapsed = 12.4,
          .remaining = 35.5,
          .values = {{"loss.E,P", -105.31}, {"elbo", NAN}}};
}

TEST(Progress, ALineHoldsWhatAPersonWants) {
  EXPECT_EQ(liveText(standing(), 0),
            "epoch 3/10  1204/4690  loss.E,P -105.31  elbo nan  48.1k images/s  0:12  0:36 left");
}

TEST(Progress, ANarrowLineKeepsItsTimes) {
  EXPECT_EQ(liveText(standing(), 75), "epoch 3/10  1204/4690  loss.E,P -105.31  …  48.1k images/s  0:12  0:36 left");
  EXPECT_EQ(liveText(standing(), 60), "epoch 3/10  1204/4690  …  48.1k images/s  0:12  0:36 left");
  Standing many = standing();
  for (int i = 0; i < 200; ++i)
    many.values.emplace_back("metric" + std::to_string(i), i);
  for (size_t width : {40, 80, 120, 200})
    EXPECT_LE(liveText(many, width).size(), std::max<size_t>(width, 58)) << width;
}

TEST(Progress, Durations) {
  EXPECT_EQ(durationText(0), "0:00");
  EXPECT_EQ(durationText(59.6), "1:00");
  EXPECT_EQ(durationText(3909), "1:05:09");
  EXPECT_EQ(durationText(INFINITY), durationText(1e9));
}

TEST(Progress, JsonParses) {
  Standing s = standing();
  s.remaining.reset();
  auto json = nlohmann::json::parse(jsonText(s));
  EXPECT_EQ(json["iteration"], 1204);
  EXPECT_TRUE(json["remaining"].is_null());
  EXPECT_TRUE(json["elbo"].is_null());
  EXPECT_DOUBLE_EQ(json["loss.E,P"], -105.31);
}

TEST(Smoothed, FollowsAConstantAtOnceAndAStepSlowly) {
  gan_observation o{};
  o.name = "loss", o.kind = GAN_OBSERVE_LOSS;
  gan_graph graph{};
  graph.observations = &o, graph.num_observations = 1;
  Smoothed smoothed(graph);
  EXPECT_TRUE(smoothed.values().empty());
  float value = 4;
  for (int i = 0; i < 1000; ++i) {
    smoothed.add(o, &value);
    ASSERT_NEAR(smoothed.values()[0].second, 4, 1e-6);
  }
  value = 0;
  for (int i = 0; i < 50; ++i)
    smoothed.add(o, &value);
  EXPECT_NEAR(smoothed.values()[0].second, 2, 0.01); // half of the weight lies on the last 50
}

} // namespace
} // namespace ganrt
