// Numbers of the host: every operation of the table, schedules at their ends, what --set replaces; and the streams of
// data and steps of an iteration, which follow from them.
#include "runtime/base/Error.h"
#include "runtime/program/Streams.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ganrt {
namespace {

/// A program of one constant, whose expression is these terms.
struct OneNumber {
  explicit OneNumber(std::vector<gan_number_term> given) : terms(std::move(given)) {
    constant = {"rate", {terms.data(), uint32_t(terms.size())}};
    program.constants = &constant, program.num_constants = 1;
  }
  double value(const Moment &moment = {}, double updates = 0, const std::vector<std::string> &settings = {}) const {
    return Numbers(program, settings).constant(0, moment, updates);
  }
  std::vector<gan_number_term> terms;
  gan_constant constant{};
  gan_program program{};
};

gan_number_term literal(double value) { return {GAN_NUM_LITERAL, 0, value}; }

double applied(gan_number_op op, std::vector<double> operands, const Moment &moment = {}, double updates = 0) {
  std::vector<gan_number_term> terms;
  for (double x : operands)
    terms.push_back(literal(x));
  terms.push_back({op, 0, 0});
  return OneNumber(terms).value(moment, updates);
}

TEST(Numbers, OperationsInTheOrderOfTheirOperands) {
  EXPECT_EQ(applied(GAN_NUM_ADD, {3, 4}), 7);
  EXPECT_EQ(applied(GAN_NUM_SUB, {3, 4}), -1);
  EXPECT_EQ(applied(GAN_NUM_MUL, {3, 4}), 12);
  EXPECT_EQ(applied(GAN_NUM_DIV, {3, 4}), 0.75);
  EXPECT_EQ(applied(GAN_NUM_MIN, {3, 4}), 3);
  EXPECT_EQ(applied(GAN_NUM_MAX, {3, 4}), 4);
  EXPECT_EQ(applied(GAN_NUM_POW, {3, 4}), 81);
  EXPECT_EQ(applied(GAN_NUM_NEG, {3}), -3);
  EXPECT_EQ(applied(GAN_NUM_EXP, {1}), std::exp(1.0));
  EXPECT_EQ(applied(GAN_NUM_LOG, {2}), std::log(2.0));
  EXPECT_EQ(applied(GAN_NUM_SQRT, {2}), std::sqrt(2.0));
  EXPECT_EQ(applied(GAN_NUM_COS, {1}), std::cos(1.0));
  EXPECT_EQ(applied(GAN_NUM_FLOOR, {-1.5}), -2);
  EXPECT_EQ(applied(GAN_NUM_MOD, {7.5, 2}), 1.5);
  EXPECT_EQ(applied(GAN_NUM_MOD, {-1, 3}), 2);
  EXPECT_EQ(applied(GAN_NUM_EPOCH, {}, {25, 10}), 2);
  // 2 (3 + 4) - 5
  EXPECT_EQ(OneNumber({literal(2),
                       literal(3),
                       literal(4),
                       {GAN_NUM_ADD, 0, 0},
                       {GAN_NUM_MUL, 0, 0},
                       literal(5),
                       {GAN_NUM_SUB, 0, 0}})
                .value(),
            9);
}

TEST(Numbers, SchedulesGoByUpdatesOrEpochs) {
  for (auto [updates, value] : {std::pair(0.0, 1.0), {5.0, 2.0}, {10.0, 3.0}, {11.0, 3.0}})
    EXPECT_EQ(applied(GAN_NUM_RAMP_STEPS, {1, 3, 10}, {500, 10}, updates), value);
  for (auto [iteration, value] : {std::pair(0u, 0.0), {5u, 0.25}, {10u, 0.5}, {20u, 1.0}, {35u, 1.0}})
    EXPECT_EQ(applied(GAN_NUM_RAMP_EPOCHS, {0, 1, 2}, {iteration, 10}, 7), value);
  EXPECT_EQ(applied(GAN_NUM_DECAY_STEPS, {8, 0.5}, {500, 10}, 2), 2);
  EXPECT_EQ(applied(GAN_NUM_DECAY_EPOCHS, {8, 0.5}, {29, 10}, 7), 2);
  for (auto [updates, value] : {std::pair(0.0, 3.0), {5.0, 2.0}, {10.0, 1.0}, {15.0, 1.0}})
    EXPECT_NEAR(applied(GAN_NUM_COSINE_STEPS, {3, 1, 10}, {500, 10}, updates), value, 1e-12);
  EXPECT_NEAR(applied(GAN_NUM_COSINE_EPOCHS, {3, 1, 1}, {5, 10}, 7), 2, 1e-12);
  for (auto [updates, value] : {std::pair(0.0, 1.0), {2.0, 2.0}, {4.0, 3.0}, {7.0, 3.0}, {8.0, 1.0}, {10.0, 2.0}})
    EXPECT_EQ(applied(GAN_NUM_CYCLIC_STEPS, {1, 3, 8}, {500, 10}, updates), value);
  EXPECT_EQ(applied(GAN_NUM_CYCLIC_EPOCHS, {1, 3, 2}, {25, 10}, 7), 2);
  for (auto [updates, value] : {std::pair(0.0, 8.0), {9.0, 8.0}, {10.0, 4.0}, {29.0, 2.0}})
    EXPECT_EQ(applied(GAN_NUM_STAIRS_STEPS, {8, 0.5, 10}, {500, 10}, updates), value);
  EXPECT_EQ(applied(GAN_NUM_STAIRS_EPOCHS, {8, 0.5, 2}, {40, 10}, 7), 2);
  for (auto [updates, value] : {std::pair(0.0, 0.25), {2.0, 0.75}, {3.0, 1.0}, {30.0, 1.0}})
    EXPECT_EQ(applied(GAN_NUM_WARM_UP_STEPS, {1, 4}, {500, 10}, updates), value);
}

TEST(Numbers, SetReplacesAWholeExpression) {
  OneNumber ramp({literal(1), literal(3), literal(10), {GAN_NUM_RAMP_STEPS, 0, 0}});
  EXPECT_EQ(ramp.value({}, 5), 2);
  EXPECT_EQ(ramp.value({}, 5, {"rate=0.125"}), 0.125);
  EXPECT_EQ(ramp.value({}, 5, {"rate=1", "rate=-2e3"}), -2000);
  auto errorOf = [&](const std::string &setting) -> std::string {
    try {
      ramp.value({}, 0, {setting});
    } catch (const UserError &e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(errorOf("rat=1").find("did you mean rate?"), std::string::npos);
  EXPECT_NE(errorOf("rate").find("name=value is expected"), std::string::npos);
  for (const char *text : {"rate=", "rate=1x", "rate=nan", "rate=inf"})
    EXPECT_NE(errorOf(text).find("is not a number"), std::string::npos) << text;
}

/// Two streams, the first with the chance 1/4, and a step of each kind.
struct TwoStreams {
  TwoStreams() {
    program.streams = streams, program.num_streams = 2;
    program.first_chance = {&chance, 1};
    steps[0] = {"always", 1, 1, -1, nullptr, 0};
    steps[1] = {"every third", 3, 2, -1, nullptr, 0};
    steps[2] = {"of the second", 1, 1, 1, nullptr, 0};
    program.steps = steps, program.num_steps = 3;
  }
  gan_number_term chance = literal(0.25);
  gan_stream streams[2] = {{"first", 10, 1}, {"second", 0, 0}};
  gan_step steps[3] = {};
  gan_program program{};
};

TEST(Streams, AreDrawnByTheirChanceAndFollowFromTheSeed) {
  TwoStreams two;
  Numbers numbers(two.program, {});
  Streams one(two.program, numbers, 1), same(two.program, numbers, 1), other(two.program, numbers, 2);
  int first = 0, different = 0;
  for (uint64_t i = 0; i < 4000; ++i) {
    first += one.at({i}) == 0;
    EXPECT_EQ(one.at({i}), same.at({i}));
    different += one.at({i}) != other.at({i});
  }
  EXPECT_NEAR(first, 1000, 110); // four deviations
  EXPECT_GT(different, 1000);
  int before = one.at({17});
  one.choose(17, 1 - before);
  EXPECT_EQ(one.at({17}), 1 - before);
  gan_program none{};
  EXPECT_EQ(Streams(none, numbers, 1).at({3}), -1);
}

TEST(Streams, StepsRunWhenTheyAreDue) {
  TwoStreams two;
  Numbers numbers(two.program, {});
  Streams streams(two.program, numbers, 1);
  for (uint64_t i = 0; i < 12; ++i) {
    streams.choose(i, int(i % 2));
    EXPECT_EQ(streams.running({i}), (std::vector<bool>{true, i % 3 == 0, i % 2 == 1})) << i;
  }
  EXPECT_EQ(streams.runsBefore(0, {7}), 7u);
  EXPECT_EQ(streams.runsBefore(1, {7}), 6u) << "twice in the iterations 0, 3 and 6";
  EXPECT_EQ(streams.runsBefore(1, {0}), 0u);
}

} // namespace
} // namespace ganrt
