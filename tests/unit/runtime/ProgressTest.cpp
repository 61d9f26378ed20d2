// Tests the line that shows progress, and its JSON.
#include "runtime/base/Progress.h"
#include "runtime/train/Smoothed.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

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

TEST(Progress, RanksTellHowLongTheyWait) {
  Standing s = standing();
  s.waiting = 0.124;
  EXPECT_EQ(liveText(s, 0),
            "epoch 3/10  1204/4690  loss.E,P -105.31  elbo nan  48.1k images/s  12 % waiting  0:12  0:36 left");
  EXPECT_EQ(Json::parse(jsonText(s))["waiting"], 0.124);
}

size_t columns(const std::string &text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

TEST(Progress, ANarrowLineKeepsItsTimes) {
  EXPECT_EQ(liveText(standing(), 75), "epoch 3/10  1204/4690  loss.E,P -105.31  …  48.1k images/s  0:12  0:36 left");
  EXPECT_EQ(liveText(standing(), 60), "epoch 3/10  1204/4690  …  48.1k images/s  0:12  0:36 left");
  Standing many = standing();
  for (int i = 0; i < 200; ++i)
    many.values.emplace_back("metric" + std::to_string(i), i);
  for (size_t width = 1; width < 300; ++width)
    EXPECT_LE(columns(liveText(many, width)), width) << width;
  EXPECT_EQ(liveText(many, 20), "epoch 3/10  1204/46…");
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

TEST(Smoothed, ComesBackFromWhatIsNotFinite) {
  gan_observation o{};
  o.name = "loss", o.kind = GAN_OBSERVE_LOSS;
  gan_graph graph{};
  graph.observations = &o, graph.num_observations = 1;
  Smoothed smoothed(graph);
  for (float value : {3.f, float(NAN), float(INFINITY)})
    smoothed.add(o, &value);
  EXPECT_TRUE(std::isinf(smoothed.values()[0].second));
  float value = 5;
  smoothed.add(o, &value);
  EXPECT_NEAR(smoothed.values()[0].second, 5, 1e-6);
}

/// What is written to `descriptor` while the last of seven steps is shown, which is shown at any speed.
std::string written(int descriptor, int reader, int writer, Output output) {
  fflush(nullptr);
  int before = dup(descriptor);
  dup2(writer, descriptor);
  Progress progress(7, output, 5);
  EXPECT_TRUE(progress.due(7));
  progress.show({.done = 7, .values = {{"a long name of a loss", 1}, {"b", 2}}}, 1);
  progress.finish();
  fflush(nullptr);
  dup2(before, descriptor);
  close(before), close(writer);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(reader, buffer, sizeof buffer)) > 0;) // it ends because no writer is left
    text.append(buffer, size_t(got));
  close(reader);
  return text;
}

std::string onTerminal(const char *kind, unsigned short width) {
  setenv("TERM", kind, 1);
  int reader = posix_openpt(O_RDWR | O_NOCTTY);
  EXPECT_EQ(grantpt(reader) || unlockpt(reader), 0);
  int writer = open(ptsname(reader), O_RDWR | O_NOCTTY);
  winsize size{24, width, 0, 0};
  ioctl(writer, TIOCSWINSZ, &size);
  return written(2, reader, writer, Output::Auto);
}

std::string throughPipe(int descriptor, Output output) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  return written(descriptor, ends[0], ends[1], output);
}

/// Whether `text` is `begin`, then something without any character of `never`, then `end`.
bool framed(const std::string &text, const std::string &begin, const std::string &end, const std::string &never) {
  return text.size() >= begin.size() + end.size() && text.starts_with(begin) && text.ends_with(end) &&
         text.substr(begin.size(), text.size() - begin.size() - end.size()).find_first_of(never) == std::string::npos;
}

TEST(Progress, ATerminalGetsALineThatIsRewritten) {
  std::string text = onTerminal("xterm", 30);
  EXPECT_TRUE(framed(text, "\r7/7  ", "\033[K\r\033[K", "\n")) << text;
  EXPECT_LE(columns(text), 29 + 8); // 8 for the control characters
  EXPECT_TRUE(framed(onTerminal("dumb", 30), "7/7  a long name of a loss 1  b 2  ", "\r\n", "\r\033"));
}

TEST(Progress, APipeGetsLines) {
  std::string text = throughPipe(2, Output::Auto);
  EXPECT_TRUE(framed(text, "7/7  a long name of a loss 1  b 2  ", "\n", "\r\033")) << text;
  EXPECT_EQ(nlohmann::json::parse(throughPipe(1, Output::Json))["iteration"], 7);
}

} // namespace
} // namespace ganrt
