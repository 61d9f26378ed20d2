// Compares the kernel of every operation, under several schedules, with the naive reference.
#include "compiler/codegen/CompileKernel.h"
#include "compiler/codegen/device/CompileDevice.h"
#include "compiler/codegen/kernels/ConvGeometry.h"
#include "compiler/codegen/kernels/KernelBody.h"
#include "compiler/codegen/kernels/Kernels.h"
#include "compiler/codegen/schedules/gpu/Gpu.h"
#include "runtime/program/Random.h"
#include "tests/device/DeviceRun.h"
#include "tests/ops/Cases.h"
#include "tests/ops/KernelCase.h"

#include "mlir/Parser/Parser.h"
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <set>

using namespace mlir;

namespace gan::test {
namespace {

/// Schedules to try for a kernel of this kind; the first two are the defaults for two machines.
std::vector<Schedule> schedules(KernelOp kernel) {
  std::vector<Schedule> list{defaultSchedule(kernel, {8, 16}), defaultSchedule(kernel, {16, 32})};
  Anchor anchor = list[0].anchor;
  auto add = [&](const std::string &text) {
    std::string error;
    std::optional<Schedule> s = parseSchedule(text, error);
    EXPECT_TRUE(s) << text << ": " << error;
    list.push_back(*s);
  };
  if (anchor == Anchor::Map)
    for (const char *text : {"v2 map vec=1 task=0", "v2 map vec=4 task=8", "v2 map vec=16 task=5"})
      add(text);
  if (anchor == Anchor::Reduction)
    for (const char *text : {"v2 reduction vec=4 task=1 blocks=3 lanes=1", "v2 reduction vec=8 task=2 blocks=1 lanes=8",
                             "v2 reduction vec=1 task=0 blocks=5 lanes=4"})
      add(text);
  if (anchor == Anchor::Contraction)
    for (const char *text : {"v2 contraction vec=4 task=0 rows=3 columns=4 unroll=1 by_rows=1 depth=0",
                             "v2 contraction vec=8 task=16 rows=5 columns=16 unroll=2 by_rows=0 depth=16",
                             "v2 contraction vec=4 task=6 rows=2 columns=12 unroll=1 by_rows=1 depth=0",
                             "v2 contraction vec=4 task=4 rows=4 columns=8 unroll=2 by_rows=1 depth=4",
                             "v2 contraction vec=8 task=0 rows=2 columns=8 unroll=1 by_rows=0 depth=5"})
      add(text);
  if (anchor == Anchor::Convolution)
    for (const char *text :
         {"v2 convolution vec=4 task=1 rows=3 columns=4 unroll=1 by_rows=1 images=1 lines=0 algorithm=direct tile=1",
          "v2 convolution vec=8 task=2 rows=2 columns=16 unroll=2 by_rows=1 images=2 lines=2 algorithm=direct tile=1",
          "v2 convolution vec=4 task=1 rows=5 columns=2 unroll=4 by_rows=1 images=1 lines=1 algorithm=points tile=1",
          "v2 convolution vec=8 task=3 rows=4 columns=8 unroll=3 by_rows=1 images=2 lines=0 algorithm=points tile=1",
          "v2 convolution vec=4 task=1 rows=3 columns=4 unroll=1 by_rows=1 images=1 lines=0 algorithm=winograd tile=2",
          "v2 convolution vec=8 task=1 rows=2 columns=16 unroll=2 by_rows=0 images=2 lines=1 algorithm=winograd tile=3",
          "v2 convolution vec=16 task=0 rows=5 columns=32 unroll=4 by_rows=1 images=4 lines=2 algorithm=winograd "
          "tile=4"})
      add(text);
  return list;
}

/// How far a kernel may be from the reference, of the largest value. Winograd's transforms lose more the more points
/// they have, which are the taps of a class of the kernel and the tile, less 1.
double limitOf(const KernelCase &c, const Schedule &schedule) {
  if (schedule.anchor != Anchor::Convolution || schedule.algorithm != Algorithm::Winograd)
    return 4e-6;
  int32_t points = 0;
  ConvGeometry g = convGeometry(anchorOperation(c.kernel()));
  for (int i : {0, 1}) {
    bool back = isa<ConvInputGradOp>(anchorOperation(c.kernel()));
    points =
        std::max(points, TiledAxis(denseAxis(back ? inputGradAxis(g, i) : forwardAxis(g, i)), schedule.tile).spots());
  }
  return points <= 6 ? 1e-5 : points == 7 ? 3e-5 : 6e-5;
}

void expectAgreement(const KernelCase &c, const Schedule &schedule) {
  SCOPED_TRACE(printSchedule(schedule));
  std::vector<std::vector<float>> memory = c.memory();
  KernelMemory arguments;
  for (auto &m : memory)
    arguments.push_back(m.data());
  std::string error;
  ASSERT_TRUE(runKernel(c.signature(), schedule, arguments, error)) << error;
  c.expectResult(memory.back(), limitOf(c, schedule));
}

class Kernel : public testing::TestWithParam<OpCase> {};

TEST_P(Kernel, AgreesWithReferenceUnderEverySchedule) {
  KernelCase c(GetParam());
  for (const Schedule &schedule : schedules(c.kernel()))
    expectAgreement(c, schedule);
}

/// Some schedule of the same anchor: all its fields are drawn.
Schedule anySchedule(Anchor anchor, std::mt19937 &random) {
  auto among = [&](std::initializer_list<int64_t> values) { return values.begin()[random() % values.size()]; };
  Schedule s;
  s.anchor = anchor;
  do {
    s.vec = among({1, 2, 4, 8, 16});
    s.task = among({0, 1, 2, 3, 7, 16, 64});
    s.rows = 1 + int64_t(random() % 12);
    s.columns = s.vec * among({1, 2, 3});
    s.unroll = among({1, 2, 3, 4});
    s.byRows = random() % 2;
    s.depth = among({0, 1, 3, 8, 16});
    s.images = among({1, 2, 3, 64});
    s.lines = among({0, 1, 2, 5});
    s.algorithm = Algorithm(random() % 3);
    s.tile = among({1, 2, 3, 4, 5, 6});
    s.blocks = among({1, 2, 5, 64});
    s.lanes = among({1, 4, 8, 16});
  } while (!validateSchedule(s).empty());
  return s;
}

TEST_P(Kernel, AgreesWithReferenceUnderAnySchedule) {
  KernelCase c(GetParam());
  std::mt19937 random(uint32_t(c.signature().size()));
  for (int i = 0; i < 4; ++i)
    expectAgreement(c, anySchedule(anchorOf(c.kernel()), random));
}

/// Operands that lie along the sum, and are long enough to be transposed in registers block by block.
std::vector<OpCase> blockCases() {
  return {{"matmul", "{transpose_rhs}", {{37, 80}, {67, 80}}, {37, 67}},
          {"matmul", "{transpose_rhs}", {{9, 52}, {50, 52}}, {9, 50}},
          {"conv_input_grad",
           "{stride = array<i64: 2, 2>, pad = array<i64: 1, 1>}",
           {{2, 3, 5, 32}, {4, 4, 19, 32}},
           {2, 6, 10, 19}}};
}

class Blocks : public testing::TestWithParam<OpCase> {};

TEST_P(Blocks, AreTransposed) {
  KernelCase c(GetParam());
  const char *products[] = {"v2 contraction vec=16 task=48 rows=8 columns=48 unroll=4 by_rows=0 depth=32",
                            "v2 contraction vec=16 task=8 rows=4 columns=16 unroll=1 by_rows=1 depth=0",
                            "v2 contraction vec=8 task=16 rows=8 columns=16 unroll=2 by_rows=1 depth=26",
                            "v2 contraction vec=4 task=0 rows=4 columns=8 unroll=1 by_rows=0 depth=16"},
             *convolutions[] = {"v2 convolution vec=16 task=1 rows=5 columns=32 unroll=4 by_rows=1 images=1 lines=0 "
                                "algorithm=direct tile=1",
                                "v2 convolution vec=4 task=1 rows=3 columns=8 unroll=1 by_rows=1 images=2 lines=0 "
                                "algorithm=direct tile=1",
                                "v2 convolution vec=16 task=1 rows=4 columns=16 unroll=2 by_rows=0 images=1 lines=0 "
                                "algorithm=winograd tile=2",
                                "v2 convolution vec=8 task=1 rows=3 columns=16 unroll=4 by_rows=1 images=1 lines=1 "
                                "algorithm=winograd tile=3"};
  for (const char *text : anchorOf(c.kernel()) == Anchor::Contraction ? products : convolutions) {
    std::string error;
    expectAgreement(c, *parseSchedule(text, error));
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, Blocks, testing::ValuesIn(blockCases()), caseName);

/// A sum over a value that does not depend on the summed index.
TEST(Kernel, SumsWhatIsTheSameEverywhere) {
  MLIRContext context;
  context.loadDialect<GanDialect>();
  auto module = parseSourceString<ModuleOp>("gan.graph evaluate {\n%s = gan.read \"a\" : tensor<6xf32>\n"
                                            "%k = \"gan.kernel\"(%s) ({\n^bb0(%a: tensor<6xf32>):\n"
                                            "%b = gan.broadcast %a to [1] : (tensor<6xf32>) -> tensor<4x6xf32>\n"
                                            "%r = gan.reduce_sum %b over [0] : (tensor<4x6xf32>) -> tensor<6xf32>\n"
                                            "\"gan.yield\"(%r) : (tensor<6xf32>) -> ()\n}) {label = \"t\"} : "
                                            "(tensor<6xf32>) -> tensor<6xf32>\n}\n",
                                            &context);
  ASSERT_TRUE(module);
  KernelOp kernel;
  module->walk([&](KernelOp k) { kernel = k; });
  OwningOpRef<ModuleOp> canonical = canonicalKernel(kernel);
  for (const Schedule &schedule : schedules(onlyKernel(*canonical))) {
    std::vector<float> in{1, 2, 3, 4, 5, 6}, out(6);
    std::string error;
    ASSERT_TRUE(runKernel(kernelSignature(*canonical), schedule, {in.data(), out.data()}, error)) << error;
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(out[size_t(i)], 4 * in[size_t(i)]) << printSchedule(schedule);
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, Kernel, testing::ValuesIn(opCases()), caseName);

/// Operations that have no kernel of their own.
const std::set<std::string> structure = {"input",  "scalar",  "rng",      "draw",   "network",   "state", "data",
                                         "number", "graph",   "read",     "write",  "unpack",    "pack",  "step",
                                         "yield",  "observe", "gradient", "kernel", "all_reduce"};

TEST(Coverage, EveryOperationHasACase) {
  MLIRContext context;
  context.loadDialect<GanDialect>();
  std::set<std::string> cases;
  for (const OpCase &c : opCases())
    cases.insert(c.op);
  for (RegisteredOperationName name : context.getRegisteredOperationsByDialect("gan"))
    EXPECT_TRUE(cases.count(name.stripDialect().str()) || structure.count(name.stripDialect().str()))
        << name.getStringRef().str() << " has no case in tests/ops/Cases.cpp";
}

struct DrawCase {
  const char *kind;
  std::vector<int64_t> shape;
  uint32_t rank = 0; ///< of the processes that share the numbers
};

void PrintTo(const DrawCase &c, std::ostream *out) { *out << c.kind << " of rank " << c.rank; }

class Draw : public testing::TestWithParam<DrawCase> {};

/// The kernels draw the same random numbers as the host, element by element.
TEST_P(Draw, IsThatOfTheHost) {
  const DrawCase &c = GetParam();
  bool mask = std::string(c.kind) == "mask";
  std::string element = mask ? "ui8" : "f32", type = shapeText(c.shape, element.c_str());
  std::string keepRead = mask ? "%keep = gan.read \"keep\" : tensor<f64>\n" : "", keepName = mask ? ", %keep" : "",
              keepArgument = mask ? ", %b: tensor<f64>" : "", keepType = mask ? ", tensor<f64>" : "",
              keepUse = mask ? " keep %b" : "";
  std::string text = "gan.graph evaluate {\n%rng = gan.rng \"p\", 0 step -1 : tensor<8xui32>\n" + keepRead +
                     "%k = \"gan.kernel\"(%rng" + keepName + ") ({\n^bb0(%a: tensor<8xui32>" + keepArgument +
                     "):\n%r = gan.draw " + c.kind + " \"\" from %a" + keepUse + " {lo = -1.0, hi = 3.0" +
                     (c.rank ? ", shared" : "") + "} : (tensor<8xui32>" + keepType + ") -> " + type +
                     "\n\"gan.yield\"(%r) : (" + type + ") -> ()\n}) {label = \"t\"} : (tensor<8xui32>" + keepType +
                     ") -> " + type + "\n}\n";
  MLIRContext context;
  context.loadDialect<GanDialect>();
  auto module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module) << text;
  KernelOp kernel;
  module->walk([&](KernelOp k) { kernel = k; });
  OwningOpRef<ModuleOp> canonical = canonicalKernel(kernel);
  ganrt::DrawKey s = ganrt::drawKey(9, "p", 2, 77);
  uint32_t words[8] = {s.key0, s.key1, s.application, 77, 0, c.rank, 0, 0};
  double keep = 0.7;
  size_t count = 1;
  for (int64_t d : c.shape)
    count *= size_t(d);
  auto last = size_t(c.shape.back()); // of categorical draws, whose numbers are those of rows
  bool categorical = std::string(c.kind) == "categorical";
  size_t first = c.rank * (categorical ? count / last : count);
  std::vector<float> values(count);
  std::vector<uint8_t> bytes(count);
  KernelMemory arguments{words};
  if (mask)
    arguments.push_back(&keep);
  arguments.push_back(mask ? static_cast<void *>(bytes.data()) : values.data());
  for (const char *schedule : {"v2 draw vec=8 task=0", "v2 draw vec=16 task=128", "v2 draw vec=4 task=64"}) {
    std::string error;
    std::optional<Schedule> parsed = parseSchedule(schedule, error);
    ASSERT_TRUE(parsed) << error;
    ASSERT_TRUE(runKernel(kernelSignature(*canonical), *parsed, arguments, error)) << error;
    for (size_t i = 0; i < count; ++i) {
      if (mask) {
        ASSERT_EQ(bytes[i], ganrt::uniformAt(s, first + i) < 0.7f) << schedule << " at " << i;
        continue;
      }
      double expected = 0;
      if (std::string(c.kind) == "uniform")
        expected = -1 + 4 * ganrt::uniformAt(s, first + i);
      else if (std::string(c.kind) == "normal")
        expected = ganrt::normalAt(s, first + i);
      else
        expected = size_t(ganrt::uniformAt(s, first + i / last) * float(last)) == i % last;
      ASSERT_NEAR(values[i], expected, 2e-5) << schedule << " at " << i;
    }
  }
  // A GPU draws the same: its floats are those of the processor within 2 units of the last place, which for those of a
  // normal distribution is that of 1, since a cosine close to zero has lost digits.
  std::vector<float> own = values;
  std::vector<uint8_t> ownBytes = bytes;
  for (const DeviceWay &way : deviceWays) {
    std::fill(values.begin(), values.end(), NAN);
    std::fill(bytes.begin(), bytes.end(), 2);
    DeviceMemory memory{{reinterpret_cast<uint8_t *>(words), sizeof words}};
    if (mask)
      memory.emplace_back(reinterpret_cast<uint8_t *>(&keep), sizeof keep);
    memory.push_back(mask ? std::span(bytes) : std::span(reinterpret_cast<uint8_t *>(values.data()), 4 * count));
    std::string error;
    std::vector<DeviceCode> codes;
    Schedule schedule = gpu::defaultSchedule(onlyKernel(*canonical), gpu::Card());
    ASSERT_TRUE(compileDeviceKernels({{kernelSignature(*canonical), schedule}}, way.api, "sm_80", codes, error))
        << error;
    way.run(codes.front(), memory);
    EXPECT_TRUE(!mask || bytes == ownBytes) << way.name;
    for (size_t i = 0; i < count && !mask; ++i)
      ASSERT_NEAR(values[i], own[i], 2 * std::numeric_limits<float>::epsilon() * std::max(1.f, std::abs(own[i])))
          << way.name << " at " << i;
  }
}
INSTANTIATE_TEST_SUITE_P(Ops, Draw,
                         testing::Values(DrawCase{"uniform", {5, 33}}, DrawCase{"normal", {7, 31}},
                                         DrawCase{"mask", {9, 50}}, DrawCase{"categorical", {70, 3}},
                                         // as many numbers as whole tiles have, and not so many
                                         DrawCase{"uniform", {4, 96}, 3}, DrawCase{"normal", {7, 31}, 1},
                                         DrawCase{"normal", {64, 5}, 70000}, DrawCase{"mask", {9, 50}, 2},
                                         DrawCase{"categorical", {64, 3}, 5}, DrawCase{"categorical", {70, 3}, 2}));

} // namespace
} // namespace gan::test
