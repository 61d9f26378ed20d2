// For tests: runs a few instructions for a row of operands, one a lane, and gives back what they left in registers.
#pragma once

#include "compiler/ptx/Machine.h"

#include <bit>
#include <gtest/gtest.h>
#include <limits>

namespace ptx::test {

/// The first lines of each file.
std::string header();

/// Registers that a body may use: %a, %b, %c with operands and %d for results, of 16, 32 and 64 bits; %t<9>, %u<9> and
/// %v<9> of these sizes, predicates %p, %q and %o. Results and predicates begin as zeros.
std::string evaluator(const std::string &body);

struct Operands3 {
  uint64_t a = 0, b = 0, c = 0;
};
struct Results {
  uint64_t d64;
  uint32_t d;
  uint16_t d16, unused;
  uint8_t p, q, rest[6];
};

std::vector<Results> evaluate(const std::string &body, std::vector<Operands3> lanes);

inline uint64_t bits(float x) { return std::bit_cast<uint32_t>(x); }
inline uint64_t bits(double x) { return std::bit_cast<uint64_t>(x); }

/// Operands and what is expected of them.
struct Case {
  uint64_t a, b, c, expected;
};
/// Compares one result of an instruction for several operands: %d16, %d, %d64 or, as 1 or 0, %p.
template <class Get> void expectEach(const std::string &body, const std::vector<Case> &cases, Get get) {
  std::vector<Operands3> operands;
  for (const Case &c : cases)
    operands.push_back({c.a, c.b, c.c});
  std::vector<Results> results = evaluate(body, operands);
  for (size_t k = 0; k < cases.size(); ++k)
    EXPECT_EQ(uint64_t(get(results[k])), cases[k].expected)
        << std::hex << body << " of " << cases[k].a << ", " << cases[k].b << ", " << cases[k].c;
}
inline void expect16(const std::string &body, const std::vector<Case> &cases) {
  expectEach(body, cases, [](const Results &r) { return r.d16; });
}
inline void expect32(const std::string &body, const std::vector<Case> &cases) {
  expectEach(body, cases, [](const Results &r) { return r.d; });
}
inline void expect64(const std::string &body, const std::vector<Case> &cases) {
  expectEach(body, cases, [](const Results &r) { return r.d64; });
}
inline void expectPredicate(const std::string &body, const std::vector<Case> &cases) {
  expectEach(body, cases, [](const Results &r) { return r.p; });
}

constexpr uint64_t minus1 = 0xffffffff;
constexpr float infinity = std::numeric_limits<float>::infinity(), notANumber = std::numeric_limits<float>::quiet_NaN();
constexpr float denormal = std::numeric_limits<float>::denorm_min();

} // namespace ptx::test
