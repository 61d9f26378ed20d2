// Tensors between their outside shape and their order in memory, whole and in parts.
#include "runtime/program/Layout.h"

#include <gtest/gtest.h>
#include <numeric>

using namespace ganrt;

namespace {

/// A convolution's weight, which is (out, in, height, width) outside and (height, width, in, out) in memory.
const gan_layout weight{
    .dtype = GAN_F32, .rank = 4, .shape = {4, 3, 2, 5}, .view_rank = 4, .view = {4, 3, 2, 5}, .order = {2, 3, 1, 0}};

std::vector<double> counted(const gan_layout &layout) {
  std::vector<double> values(elementsOf(layout));
  std::iota(values.begin(), values.end(), 1);
  return values;
}

} // namespace

TEST(Layout, EachElementHasItsPlace) {
  std::vector<double> outside = counted(weight);
  std::vector<float> inside(outside.size());
  toInside(weight, outside.data(), inside.data());
  size_t k = 0;
  for (size_t o = 0; o < 4; ++o)
    for (size_t i = 0; i < 3; ++i)
      for (size_t y = 0; y < 2; ++y)
        for (size_t x = 0; x < 5; ++x)
          EXPECT_EQ(double(inside[((y * 5 + x) * 3 + i) * 4 + o]), outside[k++]);
  EXPECT_EQ(toOutside(weight, inside.data()), outside);
}

TEST(Layout, PartsMakeTheWhole) {
  std::vector<double> outside = counted(weight);
  for (size_t length : {1, 3, 5, 7, 64, 120}) { // within rows, whole rows, over the ends of rows
    std::vector<float> inside(outside.size());
    for (size_t first = 0; first < outside.size(); first += length)
      toInside(weight, first, outside.data() + first, std::min(length, outside.size() - first), inside.data());
    EXPECT_EQ(toOutside(weight, inside.data()), outside) << length;
  }
}
