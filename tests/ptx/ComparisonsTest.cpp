// Comparisons, choices and logic of predicates.
#include "tests/ptx/Evaluate.h"

namespace ptx::test {
namespace {

/// What a comparison gives for 1 < 2, 2 = 2, 3 > 2 and a pair with something that is no number, as digits.
std::string ofFloats(const std::string &compare) {
  std::vector<Operands3> lanes;
  for (float a : {1.0f, 2.0f, 3.0f, notANumber})
    lanes.push_back({bits(a), bits(2.0f), 0});
  std::string digits;
  for (const Results &r : evaluate("setp." + compare + ".f32 %p, %a, %b;", lanes))
    digits += char('0' + r.p);
  return digits;
}

TEST(Comparisons, OfFloats) {
  for (auto [compare, digits] : {std::pair("eq", "0100"),
                                 {"ne", "1010"},
                                 {"lt", "1000"},
                                 {"le", "1100"},
                                 {"gt", "0010"},
                                 {"ge", "0110"},
                                 {"equ", "0101"},
                                 {"neu", "1011"},
                                 {"ltu", "1001"},
                                 {"leu", "1101"},
                                 {"gtu", "0011"},
                                 {"geu", "0111"},
                                 {"num", "1110"},
                                 {"nan", "0001"}})
    EXPECT_EQ(ofFloats(compare), digits) << compare;
  expectPredicate("setp.eq.ftz.f32 %p, %a, %b;", {{bits(denormal), bits(0.0f), 0, 1}});
  expectPredicate("setp.eq.f32 %p, %a, %b;", {{bits(denormal), bits(0.0f), 0, 0}, {bits(-0.0f), bits(0.0f), 0, 1}});
  expectPredicate("setp.lt.f64 %p, %a64, %b64;", {{bits(1.0), bits(2.0), 0, 1}});
}

TEST(Comparisons, OfWholeNumbers) {
  expectPredicate("setp.lt.s32 %p, %a, %b;", {{minus1, 0, 0, 1}, {0, 0, 0, 0}});
  expectPredicate("setp.lt.u32 %p, %a, %b;", {{minus1, 0, 0, 0}});
  expectPredicate("setp.hi.u32 %p, %a, %b;", {{minus1, 0, 0, 1}});
  expectPredicate("setp.ls.u32 %p, %a, %b;", {{1, 1, 0, 1}, {2, 1, 0, 0}});
  expectPredicate("setp.ne.s64 %p, %a64, %b64;", {{1ull << 40, 0, 0, 1}});
  expectPredicate("setp.eq.b16 %p, %a16, %b16;", {{0x10005, 5, 0, 1}});
  expectPredicate("setp.gt.s16 %p, %a16, %b16;", {{0xffff, 0, 0, 0}});
}

TEST(Comparisons, AreCombinedAndComeInPairs) {
  std::string q = "setp.ne.b32 %o, %c, 0;\n";
  expectPredicate(q + "setp.eq.and.s32 %p, %a, %b, %o;", {{1, 1, 0, 0}, {1, 1, 1, 1}, {1, 2, 1, 0}});
  expectPredicate(q + "setp.eq.or.s32 %p, %a, %b, !%o;", {{1, 2, 0, 1}, {1, 2, 1, 0}});
  expectPredicate(q + "setp.eq.xor.s32 %p, %a, %b, %o;", {{1, 1, 1, 0}, {1, 2, 1, 1}});
  auto results = evaluate(q + "setp.lt.and.s32 %p|%q, %a, %b, %o;", {{1, 2, 1}, {2, 1, 1}, {1, 2, 0}});
  EXPECT_EQ(results[0].p, 1);
  EXPECT_EQ(results[0].q, 0);
  EXPECT_EQ(results[1].p, 0);
  EXPECT_EQ(results[1].q, 1);
  EXPECT_EQ(results[2].p, 0);
  EXPECT_EQ(results[2].q, 0);
}

TEST(Comparisons, SetGivesValues) {
  expect32("set.lt.u32.s32 %d, %a, %b;", {{minus1, 0, 0, minus1}, {1, 0, 0, 0}});
  expect32("set.lt.f32.f32 %d, %a, %b;", {{bits(1.0f), bits(2.0f), 0, bits(1.0f)}, {bits(2.0f), bits(2.0f), 0, 0}});
}

TEST(Comparisons, Choices) {
  expect32("setp.ne.b32 %o, %c, 0; selp.f32 %d, %a, %b, %o;", {{5, 6, 1, 5}, {5, 6, 0, 6}});
  expect64("setp.ne.b32 %o, %c, 0; selp.b64 %d64, %a64, %b64, %o;", {{1ull << 40, 6, 1, 1ull << 40}});
  expect32("slct.b32.s32 %d, %a, %b, %c;", {{5, 6, 0, 5}, {5, 6, minus1, 6}});
  expect32("slct.u32.f32 %d, %a, %b, %c;",
           {{5, 6, bits(-0.0f), 5}, {5, 6, bits(notANumber), 6}, {5, 6, bits(-1.0f), 6}});
}

TEST(Comparisons, KindsOfFloats) {
  for (auto [kind, digits] : {std::pair("finite", "1101"),
                              {"infinite", "0010"},
                              {"number", "1111"},
                              {"notanumber", "0000"},
                              {"normal", "1000"},
                              {"subnormal", "0001"}}) {
    std::string found;
    for (const Results &r : evaluate(std::string("testp.") + kind + ".f32 %p, %a;",
                                     {{bits(1.0f), 0, 0}, {0, 0, 0}, {bits(-infinity), 0, 0}, {1, 0, 0}}))
      found += char('0' + r.p);
    EXPECT_EQ(found, digits) << kind;
  }
  expectPredicate("testp.notanumber.f64 %p, %a64;", {{bits(double(notANumber)), 0, 0, 1}});
}

TEST(Comparisons, LogicOfPredicates) {
  std::string given = "setp.ne.b32 %p, %a, 0; setp.ne.b32 %q, %b, 0;\n";
  expectPredicate(given + "and.pred %p, %p, %q;", {{1, 1, 0, 1}, {1, 0, 0, 0}});
  expectPredicate(given + "or.pred %p, %p, %q;", {{0, 1, 0, 1}, {0, 0, 0, 0}});
  expectPredicate(given + "xor.pred %p, %p, %q;", {{1, 1, 0, 0}, {1, 0, 0, 1}});
  expectPredicate(given + "not.pred %p, %q;", {{1, 1, 0, 0}, {1, 0, 0, 1}});
  expectPredicate("mov.pred %p, -1;", {{0, 0, 0, 1}});
}

TEST(Comparisons, GuardsKeepOtherLanes) {
  std::string given = "setp.ne.b32 %p, %a, 0; mov.b32 %d, 7;\n";
  expect32(given + "@%p mov.b32 %d, %b;", {{1, 5, 0, 5}, {0, 5, 0, 7}});
  expect32(given + "@!%p add.s32 %d, %d, %b;", {{1, 5, 0, 7}, {0, 5, 0, 12}});
}

} // namespace
} // namespace ptx::test
