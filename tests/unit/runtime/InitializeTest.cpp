// Initial values are the same bytes for any number of threads, and those of the rule for random numbers.
#include "runtime/program/Initialize.h"
#include "runtime/device/Threads.h"
#include "runtime/program/Layout.h"
#include "runtime/program/Random.h"

#include <gtest/gtest.h>

using namespace ganrt;

namespace {

/// A matrix with more numbers than one task draws, and a rest behind the last whole one.
gan_state matrix(gan_init_kind init, bool transposed) {
  gan_state state{};
  state.name = "G.0.weight", state.init = init, state.init_a = 0.5, state.init_b = 0.02;
  state.fan_in = 700, state.fan_out = 301;
  state.layout = {
      .dtype = GAN_F32, .rank = 2, .shape = {301, 700}, .view_rank = 2, .view = {301, 700}, .order = {0, 1}};
  if (transposed)
    std::swap(state.layout.order[0], state.layout.order[1]);
  return state;
}

std::vector<float> drawn(const gan_state &state, int threads) {
  startKernels(threads);
  std::vector<float> out(elementsOf(state.layout));
  initialize(state, 7, out.data());
  startKernels(1);
  return out;
}

} // namespace

TEST(Initialize, TheNumberOfThreadsMakesNoDifference) {
  for (gan_init_kind init : {GAN_INIT_NORMAL, GAN_INIT_UNIFORM, GAN_INIT_HE_NORMAL, GAN_INIT_ORTHOGONAL})
    for (bool transposed : {false, true})
      EXPECT_EQ(drawn(matrix(init, transposed), 1), drawn(matrix(init, transposed), 3)) << init << transposed;
}

TEST(Initialize, ANumberDependsOnItsPlaceAlone) {
  DrawKey key = drawKey(7, "init.G.0.weight");
  std::vector<float> inOrder = drawn(matrix(GAN_INIT_NORMAL, false), 2),
                     transposed = drawn(matrix(GAN_INIT_NORMAL, true), 2);
  for (size_t i : {size_t(0), size_t(63), size_t(65535), size_t(65536), size_t(131072 + 17), inOrder.size() - 1}) {
    EXPECT_EQ(inOrder[i], float(0.5 + 0.02 * double(normalAt(key, i)))) << i;
    EXPECT_EQ(transposed[i % 700 * 301 + i / 700], inOrder[i]) << i;
  }
}

TEST(Initialize, OnlyAConstantOfZeroNeedsNoWriting) {
  gan_state state = matrix(GAN_INIT_CONSTANT, false);
  EXPECT_FALSE(startsAtZero(state));
  state.init_a = 0;
  EXPECT_TRUE(startsAtZero(state));
  EXPECT_FALSE(startsAtZero(matrix(GAN_INIT_UNIFORM, false)));
}
