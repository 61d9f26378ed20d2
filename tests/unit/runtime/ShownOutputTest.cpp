// Tests where sample, interpolate and traverse write: by the ending of -o, to a folder, or nowhere with a sentence that
// names the endings that work. The commands run on a program made by hand, which shows its latent as a picture.
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/commands/Command.h"
#include "runtime/device/Threads.h"
#include "runtime/train/Checkpoint.h"
#include "tests/unit/runtime/TinyProgram.h"

#include <HalideRuntime.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ganrt {
namespace {

namespace fs = std::filesystem;

constexpr int batch = 16, pixels = 64;

float *host(void *buffer) { return reinterpret_cast<float *>(static_cast<halide_buffer_t *>(buffer)->host); }

/// Fills the latent, as a draw would.
int fill(void **buffers) {
  for (int i = 0; i < 2 * batch; ++i)
    host(buffers[0])[i] = float(i % 7) / 7;
  return 0;
}

/// Each image is grey of the latent's numbers, the first in its upper half and the second in the lower.
int show(void **buffers) {
  for (int n = 0; n < batch; ++n)
    for (int i = 0; i < pixels; ++i)
      host(buffers[1])[n * pixels + i] = host(buffers[0])[2 * n + i / 32];
  return 0;
}

/// The tiny program with a sample graph: latent z of two numbers to a picture G.
struct SampleProgram {
  SampleProgram() {
    kernels[0].name = "k_fill", kernels[0].run = fill, kernels[0].args = arguments, kernels[0].num_args = 1;
    kernels[1].name = "k_show", kernels[1].run = show, kernels[1].args = arguments + 1, kernels[1].num_args = 2;
    latent.name = "z", latent.kind = GAN_INPUT_NORMAL, latent.step = -1, latent.address = {GAN_SPACE_ARENA, 0};
    latent.layout = {GAN_F32, 2, {batch, 2}, 2, {batch, 2}, {0, 1}};
    for (gan_call &call : calls)
      call.input = -1, call.label = "by hand";
    calls[0].addresses = places, calls[0].input = 0;
    calls[1].kernel = 1, calls[1].addresses = places;
    group.num_calls = 2, group.step = -1, group.always = 1;
    value.name = "G", value.kind = GAN_OBSERVE_VALUE, value.address = places[1], value.after_call = 1, value.hi = 1;
    value.layout = {GAN_F32, 4, {batch, 1, 8, 8}, 4, {batch, 1, 8, 8}, {0, 2, 3, 1}};
    value.step = -1, value.picture = 1;
    gan_graph &sample = graphs[1];
    sample.name = "sample", sample.kind = GAN_GRAPH_SAMPLE, sample.arena_bytes = 256 + sizeof(float) * batch * pixels;
    sample.inputs = &latent, sample.num_inputs = 1, sample.calls = calls, sample.num_calls = 2;
    sample.groups = &group, sample.num_groups = 1, sample.observations = &value, sample.num_observations = 1;
    graphs[0].calls = nullptr, graphs[0].num_calls = graphs[0].num_groups = 0; // its kernels are not these
    program.graphs = graphs, program.num_graphs = 2, program.kernels = kernels, program.num_kernels = 2;
  }
  SampleProgram(const SampleProgram &) = delete;
  SampleProgram &operator=(const SampleProgram &) = delete;

  gan_program program = test::tinyProgram();
  gan_arg arguments[3] = {{.dtype = GAN_F32, .rank = 1, .extent = {2 * batch}, .written = 1},
                          {.dtype = GAN_F32, .rank = 1, .extent = {2 * batch}, .written = 0},
                          {.dtype = GAN_F32, .rank = 1, .extent = {batch * pixels}, .written = 1}};
  gan_address places[2] = {{GAN_SPACE_ARENA, 0}, {GAN_SPACE_ARENA, 256}};
  gan_kernel kernels[2] = {};
  gan_input latent{};
  gan_call calls[2] = {};
  gan_group group{};
  gan_observation value{};
  gan_graph graphs[2] = {program.graphs[0], {}};
};

class Outputs : public testing::Test {
protected:
  void SetUp() override {
    fs::create_directories(folder);
    before = fs::current_path();
    fs::current_path(folder);
    saveState(p.program, State(cpu(), p.program, 0), "c.safetensors", {});
  }
  void TearDown() override {
    fs::current_path(before);
    fs::remove_all(folder);
    startKernels(1);
  }

  /// Runs a command of two rows; returns what it wrote to standard output, or the sentence of its error.
  std::string run(const CommandEntry &entry, Words words) {
    const CommandEntry *all[] = {&entry};
    words.insert(words.end(), {"--checkpoint", "c.safetensors", "--threads", "1"});
    if (&entry != &sampleEntry)
      words.insert(words.end(), {"--rows", "2", "--columns", "3"});
    std::unique_ptr<Command> command = entry.make();
    testing::internal::CaptureStdout();
    std::string error;
    try {
      std::optional<Given> given = parseOptions("./tiny", entry, *command, words, all);
      EXPECT_EQ(command->run(p.program, *given), 0);
    } catch (const UserError &e) {
      error = e.what();
    }
    std::string out = testing::internal::GetCapturedStdout();
    return error.empty() ? out : error;
  }
  /// The names in the folder beside the checkpoint, which are removed.
  std::set<std::string> taken() {
    std::set<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator("."))
      if (std::string name = entry.path().lexically_relative("."); name != "c.safetensors")
        names.insert(name + (entry.is_directory() ? "/" : ""));
    for (const std::string &name : names)
      fs::remove_all(name);
    return names;
  }
  using Names = std::set<std::string>;

  SampleProgram p;
  std::string folder = testing::TempDir() + "outputs-" + std::to_string(getpid());
  fs::path before;
};

/// What the bytes of a file are, whatever its name.
std::string kindOf(const std::string &path) {
  std::string bytes = readWholeFile(path);
  return bytes.substr(1, 3) == "PNG" ? "png" : bytes.substr(1, 5) == "NUMPY" ? "npy" : "safetensors";
}

TEST_F(Outputs, FollowTheEnding) {
  for (const CommandEntry *entry : {&sampleEntry, &interpolateEntry, &traverseEntry})
    for (const char *ending : {"png", "npy", "safetensors"}) {
      std::string out = std::string("out.") + ending;
      Words words{"-o", out};
      if (entry == &traverseEntry)
        words.insert(words.end(), {"--code", "z.1"});
      EXPECT_EQ(run(*entry, words), out + "\n") << entry->name;
      ASSERT_TRUE(fs::is_regular_file(out)) << entry->name << " " << out;
      EXPECT_EQ(kindOf(out), ending) << entry->name;
      EXPECT_EQ(taken(), Names{out}) << entry->name;
    }
}

/// A name with an ending that nobody writes is a slip, and no folder is made of it.
TEST_F(Outputs, AnUnknownEndingIsToldWithThoseThatWork) {
  for (const CommandEntry *entry : {&sampleEntry, &interpolateEntry, &traverseEntry})
    for (const char *out : {"t.npz", "t.gif", "t.PNG", "t.jpg", "new/t.npz", "t.png.gz"}) {
      EXPECT_EQ(run(*entry, {"-o", out}), std::string(out) +
                                              ": what is written ends in .png, .npy, .csv or .safetensors; "
                                              "FOLDER/ gets a .png of each")
          << entry->name;
      EXPECT_EQ(taken(), Names()) << entry->name << " " << out;
    }
  EXPECT_EQ(run(sampleEntry, {"-o", "t"}),
            "t: what is written ends in .png, .npy, .csv or .safetensors; FOLDER/ gets a .png of each");
  EXPECT_EQ(run(sampleEntry, {"--format", "npz"}), "--format npz: what is written is png, npy, csv or safetensors");
  EXPECT_EQ(run(sampleEntry, {"-o", "t.npz", "--format", "npy"}), "t.npz\n") << "--format goes before the name";
  EXPECT_EQ(kindOf("t.npz"), "npy");
}

TEST_F(Outputs, FoldersGetAPictureOfEachSample) {
  EXPECT_EQ(run(sampleEntry, {"--count", "3", "-o", "new/"}), "new/\n");
  EXPECT_EQ(taken(), (Names{"new/", "new/0000.png", "new/0001.png", "new/0002.png"}));
  fs::create_directories("old.npz"); // what is there decides, not what it is called
  EXPECT_EQ(run(sampleEntry, {"--count", "1", "-o", "old.npz"}), "old.npz\n");
  EXPECT_EQ(taken(), (Names{"old.npz/", "old.npz/0000.png"}));
}

TEST_F(Outputs, EveryCodeHasAFileInTheFolderOfATraversal) {
  EXPECT_EQ(run(traverseEntry, {}), "traverse/z.0.png\ntraverse/z.1.png\n");
  EXPECT_EQ(taken(), (Names{"traverse/", "traverse/z.0.png", "traverse/z.1.png"}));
  EXPECT_EQ(run(traverseEntry, {"-o", "new/deep/"}), "new/deep/z.0.png\nnew/deep/z.1.png\n");
  EXPECT_EQ(taken(), (Names{"new/", "new/deep/", "new/deep/z.0.png", "new/deep/z.1.png"}));
  EXPECT_EQ(run(traverseEntry, {"-o", "v1.2"}), "v1.2/z.0.png\nv1.2/z.1.png\n") << "a number is no ending";
  EXPECT_EQ(taken(), (Names{"v1.2/", "v1.2/z.0.png", "v1.2/z.1.png"}));
  fs::create_directories("old.npz");
  EXPECT_EQ(run(traverseEntry, {"-o", "old.npz", "--code", "z.0"}), "old.npz/z.0.png\n");
  EXPECT_EQ(taken(), (Names{"old.npz/", "old.npz/z.0.png"}));
  for (const char *out : {"t.png", "t.npy", "t.safetensors"})
    EXPECT_EQ(run(traverseEntry, {"-o", out}),
              std::string(out) + " takes one code and there are 2; choose one with --code, or give a folder: t/");
  EXPECT_EQ(run(traverseEntry, {"-o", "-"}), "standard output takes one code and there are 2; choose one with --code");
  EXPECT_EQ(taken(), Names());
  std::string png = run(traverseEntry, {"-o", "-", "--code", "z.0"});
  EXPECT_EQ(png.substr(1, 3), "PNG");
  EXPECT_EQ(run(traverseEntry, {"-o", "t.png", "--code", "z.0"}), "t.png\n");
  EXPECT_EQ(readWholeFile("t.png"), png);
}

TEST_F(Outputs, ATraceIsSafetensors) {
  EXPECT_EQ(run(traceEntry, {}), "unknown option --checkpoint; --help lists them"); // it has --state
  auto trace = [&](const std::string &out) -> std::string {
    const CommandEntry *all[] = {&traceEntry};
    std::unique_ptr<Command> command = traceEntry.make();
    try {
      std::optional<Given> given =
          parseOptions("./tiny", traceEntry, *command, {"--inputs", "nowhere", "--out", out}, all);
      command->run(p.program, *given);
    } catch (const UserError &e) {
      return e.what();
    }
    return "";
  };
  for (const char *out : {"o.npz", "o.npy", "o.png"})
    EXPECT_EQ(trace(out), std::string(out) + ": trace writes .safetensors");
  for (const char *out : {"o.safetensors", "o", "o.out"})
    EXPECT_EQ(trace(out), "nowhere: cannot be opened: No such file or directory") << "goes on to read";
}

} // namespace
} // namespace ganrt
