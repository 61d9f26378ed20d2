// Tests when a plateau is reached, from values worked out by hand, and that it goes on from a checkpoint.
#include "runtime/train/Plateaus.h"
#include "runtime/base/Error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <memory>

namespace ganrt {
namespace {

struct Program {
  Program() { program.plateaus = plateaus, program.num_plateaus = 2; }
  gan_plateau plateaus[2] = {{"error", 0, 2}, {"elbo", 1, 3}};
  gan_program program{};
};

Json epochOf(double error, double elbo) {
  return {{"train", {{"error", 0}, {"elbo", elbo}}}, {"test", {{"error", error}}}};
}

TEST(Plateaus, AreReachedWhereNothingBecomesBetter) {
  Program p;
  Moment moment{0, 10};
  auto plateaus = std::make_unique<Plateaus>(p.program);
  // The error counts on the test part; the elbo has none and counts on the training part.
  const double errors[] = {5, 4, 4, 4, 3, 3.5, NAN, 3, 2.9}, elbos[] = {-9, -8, -8, -8.5, -8, -7, -7, -7, -7};
  for (size_t i = 0; i < 9; ++i) {
    moment.iteration += 10;
    plateaus->endEpoch(epochOf(errors[i], elbos[i]), moment);
    if (i == 4) { // goes on in another process
      Json saved = Json::parse(plateaus->save().dump());
      plateaus = std::make_unique<Plateaus>(p.program);
      plateaus->restore(saved);
    }
  }
  EXPECT_EQ(moment.plateaus[0], (std::vector<uint64_t>{40, 70}));
  EXPECT_EQ(moment.plateaus[1], (std::vector<uint64_t>{50, 90}));
  EXPECT_EQ(moment.reached(0), 2);
  moment.iteration = 69; // an earlier iteration is done again as it was
  EXPECT_EQ(moment.reached(0), 1);
  moment.iteration = 39;
  EXPECT_EQ(moment.reached(0), 0);
}

TEST(Plateaus, AValueThatIsMissingIsNoBetterOne) {
  Program p;
  Moment moment{10, 10};
  Plateaus plateaus(p.program);
  plateaus.endEpoch({{"train", Json::object()}}, moment);
  EXPECT_EQ(plateaus.endEpoch({{"train", Json::object()}}, moment), std::vector<std::string>{"error"});
  for (const char *wrong : {"null", "[]", "[[1, 2]]", "[[1, 2], [3]]", "[[1, -2], [1, 2]]", "[[\"a\", 2], [1, 2]]"})
    EXPECT_THROW(plateaus.restore(Json::parse(wrong)), UserError) << wrong;
}

} // namespace
} // namespace ganrt
