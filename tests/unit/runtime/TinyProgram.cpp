#include "tests/unit/runtime/TinyProgram.h"
#include "runtime/device/Threads.h"

#include <HalideRuntime.h>
#include <array>

namespace ganrt::test {
namespace {

constexpr int batch = 16, pixels = 64;

struct Work {
  const float *images; ///< (16, 8, 8, 1)
  float *weight;       ///< (64)
  std::array<float, pixels> squares;
};

int moveOne(void *, int i, uint8_t *closure) {
  auto &work = *reinterpret_cast<Work *>(closure);
  float mean = 0;
  for (int n = 0; n < batch; ++n)
    mean += work.images[n * pixels + i] / batch;
  float distance = mean - work.weight[i];
  work.weight[i] += distance / 10;
  work.squares[size_t(i)] = distance * distance;
  return 0;
}

float *host(void *buffer) { return reinterpret_cast<float *>(static_cast<halide_buffer_t *>(buffer)->host); }

int move(void **buffers) {
  Work work{host(buffers[0]), host(buffers[1]), {}};
  int status = kernelThreads().run(moveOne, 0, pixels, reinterpret_cast<uint8_t *>(&work));
  float *loss = host(buffers[2]);
  *loss = 0;
  for (float square : work.squares)
    *loss += square;
  return status;
}

const gan_layout scalar{.dtype = GAN_F32, .rank = 0, .shape = {}, .view_rank = 0, .view = {}, .order = {}};
const gan_layout vector{.dtype = GAN_F32, .rank = 1, .shape = {pixels}, .view_rank = 1, .view = {pixels}, .order = {0}};
const gan_layout images{.dtype = GAN_F32,
                        .rank = 4,
                        .shape = {batch, 1, 8, 8},
                        .view_rank = 4,
                        .view = {batch, 1, 8, 8},
                        .order = {0, 2, 3, 1}};

const gan_arg arguments[] = {{.dtype = GAN_F32, .rank = 1, .extent = {batch * pixels}, .written = 0},
                             {.dtype = GAN_F32, .rank = 1, .extent = {pixels}, .written = 1},
                             {.dtype = GAN_F32, .rank = 1, .extent = {1}, .written = 1}};

gan_program make() {
  static const gan_kernel kernel{.name = "k_move",
                                 .run = move,
                                 .args = arguments,
                                 .num_args = 3,
                                 .flops = 4.0 * batch * pixels,
                                 .bytes = 4.0 * batch * pixels,
                                 .anchor = "map",
                                 .schedule = "by hand"};
  static const gan_address places[] = {{GAN_SPACE_INPUT, 0}, {GAN_SPACE_STATE, 0}, {GAN_SPACE_ARENA, 0}};
  static gan_input input{};
  input.name = "x", input.kind = GAN_INPUT_IMAGE, input.hi = 1, input.layout = images, input.step = -1;
  input.address = {GAN_SPACE_INPUT, 0};
  static gan_call call{};
  call.addresses = places, call.input = -1, call.label = "W move", call.line = 1, call.column = 1;
  static gan_observation loss{};
  loss.name = "loss.W", loss.kind = GAN_OBSERVE_LOSS, loss.layout = scalar, loss.address = {GAN_SPACE_ARENA, 0};
  static const uint32_t updated[] = {0};
  static gan_group group{};
  group.num_calls = 1, group.users = updated, group.num_users = 1;
  static gan_graph graph{};
  graph.name = "train", graph.kind = GAN_GRAPH_TRAIN, graph.arena_bytes = 64;
  graph.input_bytes = sizeof(float) * batch * pixels;
  graph.inputs = &input, graph.num_inputs = 1, graph.calls = &call, graph.num_calls = 1;
  graph.groups = &group, graph.num_groups = 1, graph.observations = &loss, graph.num_observations = 1;
  static gan_state state{};
  state.name = "W.0.weight", state.block = "W", state.role = GAN_ROLE_PARAMETER, state.layout = vector;
  state.address = {GAN_SPACE_STATE, 0}, state.init = GAN_INIT_CONSTANT, state.init_a = 2;
  state.fan_in = state.fan_out = pixels;
  static gan_step step{};
  step.name = "W", step.every = 1, step.times = 1, step.stream = -1, step.blocks = updated, step.num_blocks = 1;
  static const gan_block block{.name = "W", .kind = "encoder", .layers = "by hand", .file = nullptr};
  gan_program program{};
  program.version = GAN_PROGRAM_VERSION, program.ganc_version = "0", program.model = "tiny";
  program.source_path = "tiny.gan", program.source_text = "", program.source_hash = "0", program.target = "x86-64";
  program.cpu_features = "", program.batch = batch, program.state_bytes = sizeof(float) * pixels;
  program.states = &state, program.num_states = 1, program.blocks = &block, program.num_blocks = 1;
  program.steps = &step, program.num_steps = 1, program.kernels = &kernel, program.num_kernels = 1;
  program.graphs = &graph, program.num_graphs = 1;
  return program;
}

} // namespace

const gan_program &tinyProgram() {
  static const gan_program program = make();
  return program;
}

} // namespace ganrt::test
