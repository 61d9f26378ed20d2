/* The contract between the compiler and a trainer: a model as tables of data.
 *
 * ganc writes one `const gan_program gan_program_table` (program.c) and links it with the kernels' objects and
 * libganrt.a. The runtime walks these tables; no code is generated but the kernels. This header is C,
 * so that any C compiler compiles program.c. Every array is followed by its length. Indices refer to the arrays of the
 * same struct unless a comment says otherwise. */
#ifndef GAN_PROGRAM_H
#define GAN_PROGRAM_H

#include <stdint.h>

#define GAN_PROGRAM_VERSION 9
#define GAN_MAX_RANK 8

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { GAN_F32, GAN_F64, GAN_U8, GAN_U32 } gan_dtype;

/* ---- Numbers: reverse Polish expressions over host values, evaluated in double before each run of a step ---- */

/* The operations of a number's expression, declared once for the front end, the compiler and trainers:
 *   OP(NAME, Kind, word, operands, by_name, value)
 * `word` is how the operation is written in the IR; `by_name` is 1 if a model may call it by that word. The operation
 * takes `operands` values from the stack, named a, b and c, and pushes `value`. That is a C++ expression in which
 * `updates` is the number of updates done (gan_scalar), `epoch` the number of completed epochs and `epochs` the same
 * with its fraction: iterations done / iterations of an epoch; `ranks` is how many processes share a batch;
 * `lowered(i)` tells how often plateau i of the program was reached; `time` is 1, since the compiler writes the time of
 * each step of a refinement in its place. */
#define GAN_NUMBER_OPS(OP)                                                                                             \
  OP(RANKS, Ranks, "ranks", 0, 0, ranks)                                                                               \
  OP(EPOCH, Epoch, "epoch", 0, 0, epoch)                                                                               \
  OP(TIME, Time, "time", 0, 0, time)                                                                                   \
  OP(ADD, Add, "add", 2, 0, a + b)                                                                                     \
  OP(SUB, Sub, "sub", 2, 0, a - b)                                                                                     \
  OP(MUL, Mul, "mul", 2, 0, a *b)                                                                                      \
  OP(DIV, Div, "div", 2, 0, a / b)                                                                                     \
  OP(MIN, Min, "min", 2, 1, std::min(a, b))                                                                            \
  OP(MAX, Max, "max", 2, 1, std::max(a, b))                                                                            \
  OP(POW, Pow, "pow", 2, 0, std::pow(a, b))                                                                            \
  OP(NEG, Neg, "neg", 1, 0, -a)                                                                                        \
  OP(EXP, Exp, "exp", 1, 1, std::exp(a))                                                                               \
  OP(LOG, Log, "log", 1, 1, std::log(a))                                                                               \
  OP(SQRT, Sqrt, "sqrt", 1, 1, std::sqrt(a))                                                                           \
  OP(COS, Cos, "cos", 1, 1, std::cos(a))                                                                               \
  OP(FLOOR, Floor, "floor", 1, 1, std::floor(a))                                                                       \
  OP(MOD, Mod, "mod", 2, 1, a - b * std::floor(a / b))                                                                 \
  OP(RAMP_STEPS, RampSteps, "ramp_steps", 3, 0, a + (b - a) * std::min(1.0, updates / c))                              \
  OP(RAMP_EPOCHS, RampEpochs, "ramp_epochs", 3, 0, a + (b - a) * std::min(1.0, epochs / c))                            \
  OP(DECAY_STEPS, DecaySteps, "decay_steps", 2, 0, a *std::pow(b, updates))                                            \
  OP(DECAY_EPOCHS, DecayEpochs, "decay_epochs", 2, 0, a *std::pow(b, epoch))                                           \
  OP(COSINE_STEPS, CosineSteps, "cosine_steps", 3, 0, GAN_COSINE(updates))                                             \
  OP(COSINE_EPOCHS, CosineEpochs, "cosine_epochs", 3, 0, GAN_COSINE(epochs))                                           \
  OP(CYCLIC_STEPS, CyclicSteps, "cyclic_steps", 3, 0, GAN_CYCLIC(updates))                                             \
  OP(CYCLIC_EPOCHS, CyclicEpochs, "cyclic_epochs", 3, 0, GAN_CYCLIC(epochs))                                           \
  OP(STAIRS_STEPS, StairsSteps, "stairs_steps", 3, 0, a *std::pow(b, std::floor(updates / c)))                         \
  OP(STAIRS_EPOCHS, StairsEpochs, "stairs_epochs", 3, 0, a *std::pow(b, std::floor(epochs / c)))                       \
  OP(WARM_UP_STEPS, WarmUpSteps, "warm_up_steps", 2, 0, a *std::min(1.0, (updates + 1) / b))                           \
  OP(PLATEAU, Plateau, "plateau", 3, 0, a *std::pow(b, lowered(c)))
/* From a to b: along half a wave, and in the first half of each c anew. */
#define GAN_COSINE(time) b + (a - b) * 0.5 * (1 + std::cos(3.14159265358979323846 * std::min(1.0, time / c)))
#define GAN_CYCLIC(time) a + (b - a) * std::min(1.0, 2 * (time / c - std::floor(time / c)))

typedef enum {
  GAN_NUM_LITERAL,  /* push value */
  GAN_NUM_CONSTANT, /* push the value of constants[index] */
#define GAN_ENUMERATOR(NAME, Kind, word, operands, by_name, value) GAN_NUM_##NAME,
  GAN_NUMBER_OPS(GAN_ENUMERATOR)
#undef GAN_ENUMERATOR
} gan_number_op;

typedef struct {
  gan_number_op op;
  uint32_t index;
  double value;
} gan_number_term;

typedef struct {
  const gan_number_term *terms;
  uint32_t num_terms;
} gan_number;

/* A named number; `--set name=value` replaces its expression by a value. */
typedef struct {
  const char *name;
  gan_number value;
} gan_constant;

/* ---- Memory ---- */

typedef enum {
  GAN_SPACE_ARENA,  /* temporaries of one graph, `arena_bytes` of the graph in all */
  GAN_SPACE_STATE,  /* parameters, running statistics, optimizer state; lives as long as the program */
  GAN_SPACE_INPUT,  /* batches of data, `input_bytes` of the graph in all, written by the host before each iteration
                       or, for inputs of a step with `times`, before each repetition */
  GAN_SPACE_SCALAR, /* one f64 for each scalar of the graph, written by the host */
  GAN_SPACE_RNG     /* GAN_RNG_WORDS u32 for each entry of the graph's rngs, written by the host */
} gan_space;

/* A place in memory: a space, which starts at a multiple of 64 bytes, and the byte offset from there. The offset is any
 * multiple of the element's size, because several tensors may be packed into one buffer. */
typedef struct {
  gan_space space;
  uint64_t offset;
} gan_address;

/* How a tensor that users see in PyTorch's shape lies in memory. The row-major outside tensor is reshaped to `view`,
 * and memory holds the axes of that view in the order `order`, the last one innermost. E.g. an image batch (N, C, H, W)
 * kept as NHWC: view {N, C, H, W}, order {0, 2, 3, 1}. */
typedef struct {
  gan_dtype dtype;
  uint32_t rank;
  int64_t shape[GAN_MAX_RANK];
  uint32_t view_rank;
  int64_t view[GAN_MAX_RANK];
  uint32_t order[GAN_MAX_RANK];
} gan_layout;

/* ---- State ---- */

typedef enum {
  GAN_INIT_CONSTANT,       /* a */
  GAN_INIT_NORMAL,         /* mean a, deviation b */
  GAN_INIT_UNIFORM,        /* [a, b) */
  GAN_INIT_GLOROT_UNIFORM, /* +-sqrt(6 / (fan_in + fan_out)) */
  GAN_INIT_GLOROT_NORMAL,  /* deviation sqrt(2 / (fan_in + fan_out)) */
  GAN_INIT_HE_UNIFORM,     /* +-a * sqrt(3 / fan_in) */
  GAN_INIT_HE_NORMAL,      /* deviation a / sqrt(fan_in) */
  GAN_INIT_ORTHOGONAL,     /* gain a; rows x columns = shape[0] x the rest */
  GAN_INIT_TORCH_UNIFORM,  /* +-1 / sqrt(fan_in) */
  GAN_INIT_UNIT_VECTOR     /* a random direction, of length 1 */
} gan_init_kind;

typedef enum { GAN_ROLE_PARAMETER, GAN_ROLE_BUFFER, GAN_ROLE_OPTIMIZER } gan_role;

/* A named tensor that lives from one iteration to the next. */
typedef struct {
  const char *name;  /* "G.0.weight", "G.1.running_mean", "optim.D,Q.D.0.weight.exp_avg", "optim.D,Q.D.step" */
  const char *block; /* "G" */
  gan_role role;
  gan_layout layout;
  gan_address address; /* in GAN_SPACE_STATE */
  gan_init_kind init;
  double init_a, init_b;
  int64_t fan_in, fan_out;
} gan_state;

/* ---- Kernels and calls ---- */

/* One buffer argument as the kernel's machine code expects it: dense, extents innermost first (Halide's order). */
typedef struct {
  gan_dtype dtype;
  uint32_t rank;
  int32_t extent[GAN_MAX_RANK];
  uint8_t written;
} gan_arg;

typedef struct {
  const char *name;           /* symbol, "k_<hash>" */
  int (*run)(void **buffers); /* array of halide_buffer_t*; 0 on success */
  const gan_arg *args;
  uint32_t num_args;
  double flops;         /* floating-point operations of one call */
  double bytes;         /* read and written by one call */
  const char *anchor;   /* "matmul", "map", ... */
  const char *schedule; /* one-line text form */
} gan_kernel;

/* ---- The same kernels on GPUs ---- */

/* Interfaces of GPUs' drivers. */
typedef enum { GAN_DEVICE_CUDA, GAN_DEVICE_OPENCL } gan_device_kind;

/* Bytes of gan_program.device_code, packed by zlib. */
typedef struct {
  uint64_t offset, packed; /* where they lie in it, packed */
  uint64_t bytes;          /* unpacked */
} gan_blob;

/* Code for one kind of card. The texts that a driver can compile for any card have the architecture "" and stand last;
 * they end with a zero byte. */
typedef struct {
  const char *architecture; /* "sm_90" */
  gan_blob code;
} gan_image;

/* A buffer that a device function is given. With OpenCL the byte at which the tensor starts in it follows, as a
 * ulong. */
typedef enum {
  GAN_GIVEN_ARGUMENT, /* one of the kernel's arguments */
  GAN_GIVEN_SCRATCH,  /* memory that lives for one call, between its launches */
  GAN_GIVEN_CONSTANT  /* numbers that belong to the code */
} gan_given_kind;

typedef struct {
  gan_given_kind kind;
  uint32_t index; /* into gan_kernel.args, gan_device_kernel.scratch or .constants */
} gan_given;

/* A grid of blocks of threads that run one function. */
typedef struct {
  const char *function;
  uint32_t grid[3], block[3];
  uint32_t shared; /* bytes of shared memory that the host sets */
  const gan_given *given;
  uint32_t num_given;
  /* what the assembler says for the first image: of a thread, of a block, of a thread; 0 without an assembler */
  uint32_t registers, shared_declared, stack;
} gan_launch;

/* One call of the kernel is its launches, one after the other. */
typedef struct {
  const char *schedule; /* one-line text form */
  const gan_image *images;
  uint32_t num_images;
  const gan_launch *launches;
  uint32_t num_launches;
  const uint64_t *scratch; /* bytes of each */
  uint32_t num_scratch;
  const gan_blob *constants;
  uint32_t num_constants;
} gan_device_kernel;

typedef struct {
  gan_device_kind kind;
  const gan_device_kernel *kernels; /* one for each of gan_program.kernels */
} gan_device;

/* A place in the model source, with the name that users know it by. */
typedef struct {
  const char *label; /* "E.1 linear", "sqrt" */
  uint32_t line, column;
} gan_place;

typedef struct {
  uint32_t kernel;              /* gan_program.kernels */
  const gan_address *addresses; /* one for each argument of the kernel */
  int32_t input; /* the graph's input that this call draws; -1: none. A replay loads the values instead of running the
                    call. */
  const char *label;         /* the name that users know: "G.0 linear", "adam D" */
  uint32_t line, column;     /* in the model source */
  const gan_place *suspects; /* operations in the call that can make finite numbers infinite or NaN */
  uint32_t num_suspects;
} gan_call;

/* ---- Ranks: processes that share a batch, each of which runs the program on its own samples ---- */

/* Values of which each rank has its own, because they are sums over its samples, and of which all ranks need the mean.
 * It is written over them. They are listed in the order of `after_call`. */
typedef struct {
  gan_address address;  /* in GAN_SPACE_ARENA */
  uint64_t count;       /* of f32 */
  uint32_t after_call;  /* complete after this call of the graph */
  uint32_t before_call; /* the first call that needs the mean; the host may read it behind the call before this one */
  const char *label;    /* as in gan_call */
  uint32_t line, column;
} gan_collective;

/* The functions that move bytes between ranks: those of the user's MPI (device/ranks/mpi.c), with which the program is
 * linked. Nothing here computes. All ranks must call them in the same order. A `start_` function returns at once, and
 * its buffers belong to it until `finished` has returned 1 for what it returned. There are two channels, 0 and 1: only
 * within one does the order count. */
typedef struct {
  const char *launched_by; /* environment variables, one of which is there if a launcher started the process */
  /* Joins the other processes; sets this one's number and how many there are, in all and on its machine. Returns 0, or
   * a status that `describe` knows. */
  int (*join)(int *rank, int *ranks, int *node_ranks);
  /* The name of this machine; returns its length. */
  int (*host)(char *name, int size);
  /* What a status means. */
  void (*describe)(int status, char *text, int size);
  /* `all` has the `bytes` of each rank, in the order of ranks. */
  void *(*start_gather)(int channel, const void *mine, void *all, uint64_t bytes);
  /* `all` has `count` floats, which are cut into a slice of `slice` floats for each rank; the last ones may be shorter
   * or empty. Each rank is given its slice of each rank: `slices` has `slice` floats for each. */
  void *(*start_slices)(int channel, const float *all, float *slices, uint64_t count, uint64_t slice);
  /* The other way: each rank has its own slice at its place in `all`, and is given those of the others. */
  void *(*start_whole)(int channel, float *all, uint64_t count, uint64_t slice);
  void *(*start_broadcast)(int channel, void *bytes, uint64_t count); /* from rank 0 */
  int (*finished)(void *started);
  /* A note of one number to another rank, which it may look for; returns the rank it came from, -1 if there is none. */
  void (*send_note)(int to, uint64_t note);
  int (*take_note)(uint64_t *note);
  void (*leave)(void);
  void (*abort)(int status); /* ends all ranks */
} gan_transport;

/* ---- Graphs ---- */

typedef enum {
  GAN_INPUT_IMAGE,       /* data, shape (N, C, H, W), scaled to [lo, hi] */
  GAN_INPUT_VECTOR,      /* data, shape (N, n) */
  GAN_INPUT_LABEL,       /* data, shape (N, k), one-hot */
  GAN_INPUT_UNIFORM,     /* draws from [lo, hi) */
  GAN_INPUT_NORMAL,      /* draws from N(0, 1) */
  GAN_INPUT_CATEGORICAL, /* draws of one of k equally likely classes, one-hot */
  GAN_INPUT_MASK,        /* keep-mask of a dropout, bytes 0 or 1 */
  GAN_INPUT_CODE         /* an encoder's output, given by the host */
} gan_input_kind;

/* Everything that a graph reads which is random or comes from outside. */
typedef struct {
  /* The name in `trace`, without the iteration: "x", "c", "z~1", "sample.E", "D.0.mask~1"; "z#2" in the third copy of
   * an expression under log_mean_exp; "x@D" where several steps are repeated, each on batches of its own. */
  const char *name;
  gan_input_kind kind;
  double lo, hi;
  gan_layout layout;
  gan_address address; /* data: in GAN_SPACE_INPUT; draws: where their call writes */
  int32_t step; /* the step (with `times`) each repetition of which has its own values; -1: one for each iteration */
  const char *const *columns; /* data: the columns of a table that the model binds it to, by their names */
  uint32_t num_columns;       /* 0: the model leaves open where it comes from */
} gan_input;

/* A number that kernels read as f64 from GAN_SPACE_SCALAR, at byte 8 * its index. It is evaluated before each run of
 * `step` (-1: before each iteration). */
typedef struct {
  gan_number value;
  int32_t step;
  int64_t count; /* if some runs of the step do not update (`when`, `from`): the byte offset in GAN_SPACE_STATE of the
                    f64 that counts the updates; -1: each run updates */
} gan_scalar;

/* Key and counters of one use of randomness, which the host writes to GAN_SPACE_RNG at byte 4 * GAN_RNG_WORDS * its
 * index. Words 0 and 1 are the key: the 64-bit seed mixed with the hash of `purpose`, then with the repetition (drawKey
 * in Random.h). Word 2 is counter 1, the application. Words 3 and 4 are counters 2 and 3, the iteration, low word
 * first. Counter 0 is the block of elements (see Random.h for which element takes which word). Word 5 is the rank, for
 * draws that ranks share. */
#define GAN_RNG_WORDS 8
typedef struct {
  const char *purpose;
  uint32_t application;
  int32_t step; /* as in gan_input */
} gan_rng;

typedef enum {
  GAN_OBSERVE_LOSS,     /* f32 scalar: the objective as written, averaged over the batch */
  GAN_OBSERVE_METRIC,   /* train: f32 scalar; evaluate: one f32 per sample (N), averaged over the true samples */
  GAN_OBSERVE_GRADIENT, /* gradient of the minimised quantity as the optimizer receives it; only read by `trace` */
  GAN_OBSERVE_VALUE, /* what sample, reconstruct, encode and decode show: expectation of a block's output, (N, ...) */
  GAN_OBSERVE_LOG_VARIANCE, /* log variance of a gaussian whose mean is the preceding value of the same name */
  GAN_OBSERVE_GIVEN,  /* a picture that the value of the same name is made from or compared with: shown above it */
  GAN_OBSERVE_WANTED, /* a picture of what the value of the same name should be: shown below it */
  GAN_OBSERVE_CODE    /* evaluate: the most likely class of each sample (N), as f32, by a head on the data; `hi` is the
                         number of classes */
} gan_observe_kind;

typedef enum { GAN_VALUE_PLAIN, GAN_VALUE_BERNOULLI, GAN_VALUE_GAUSSIAN, GAN_VALUE_CATEGORICAL } gan_distribution;

/* A value to be read right after call `after_call` of the graph, because later calls may reuse its memory. */
typedef struct {
  const char *name; /* "loss.D,Q", "elbo", "grad.D,Q.D.0.weight", "G" */
  gan_observe_kind kind;
  gan_layout layout;
  gan_address address;
  int32_t step; /* the step that it belongs to; -1: outside the steps */
  uint32_t after_call;
  double lo, hi; /* the range of a value, for display */
  uint8_t maximize;
  gan_distribution distribution; /* the distribution whose expectation a value is */
  uint8_t picture;               /* whether a value is shown as a picture; otherwise it is saved as an array */
} gan_observation;

/* Calls that run together. A group outside the steps runs if one of its users runs. Groups are listed in the order in
 * which they run. */
typedef struct {
  uint32_t first_call, num_calls;
  int32_t step;          /* -1: outside the steps */
  const uint32_t *users; /* steps that need the group; for a step's own group that step itself */
  uint32_t num_users;
  uint8_t always; /* whether it runs in each iteration, whichever steps run */
} gan_group;

typedef enum {
  GAN_GRAPH_TRAIN,
  GAN_GRAPH_EVALUATE,
  GAN_GRAPH_SAMPLE,      /* latents -> values of decoders; the first is what a grid shows */
  GAN_GRAPH_RECONSTRUCT, /* data -> values of decoders */
  GAN_GRAPH_ENCODE,      /* data -> values of encoders, named as the inputs of decode: "code.E" */
  GAN_GRAPH_DECODE,      /* codes -> values of decoders */
  GAN_GRAPH_LIKELIHOOD,  /* data -> log p(x, z) - log q(z | x) of one draw z of q, for each sample */
  GAN_GRAPH_APPLY        /* what the host gives -> values of one block; there is such a graph for each block */
} gan_graph_kind;

typedef struct {
  const char *name; /* "train", "evaluate", .. */
  gan_graph_kind kind;
  int32_t block; /* that a graph of kind apply applies: gan_program.blocks; -1 for others */
  uint64_t arena_bytes, input_bytes;
  uint64_t sum_bytes; /* of all temporaries if none shared memory */
  const gan_input *inputs;
  uint32_t num_inputs;
  const gan_scalar *scalars;
  uint32_t num_scalars;
  const gan_rng *rngs;
  uint32_t num_rngs;
  const gan_call *calls;
  uint32_t num_calls;
  const gan_collective *collectives; /* only in the graph of training, of a program that ranks can share */
  uint32_t num_collectives;
  const gan_group *groups;
  uint32_t num_groups;
  const gan_observation *observations;
  uint32_t num_observations;
} gan_graph;

/* ---- The program ---- */

/* A training step. Steps of the same name are one step of the model, each for a different stream of the data. */
typedef struct {
  const char *name; /* the blocks it updates: "D,Q" */
  uint32_t every, times;
  int32_t stream;         /* it runs in the iterations of this stream; -1: in all */
  const uint32_t *blocks; /* updated: gan_program.blocks */
  uint32_t num_blocks;
} gan_step;

/* A part of the data. All batches of an iteration come from one stream: from the first with probability
 * `gan_program.first_chance`. */
typedef struct {
  const char *name;
  uint64_t count; /* number of images, picked by a permutation from `seed`; 0: all that the other stream leaves */
  uint64_t seed;
} gan_stream;

typedef struct {
  const char *name, *kind; /* "G", "decoder" */
  const char *layers;      /* one line for each layer, as `ganc check --explain` prints them */
  const char *file;        /* where its tensors are read from when training starts; null: they are drawn */
} gan_block;

/* A metric or loss at which the host looks at the end of each epoch: where it has not become better for `epochs`
 * epochs, a plateau is reached, and the count starts anew. Numbers go by how often that was (operation `plateau`). */
typedef struct {
  const char *metric;
  uint8_t maximize;
  uint32_t epochs;
} gan_plateau;

/* A command that does not apply to this model. */
typedef struct {
  const char *command; /* "sample", "interpolate --between data" */
  const char *why;     /* a sentence that also names a command which does apply */
} gan_refusal;

typedef struct {
  uint32_t version; /* GAN_PROGRAM_VERSION */
  const char *ganc_version, *model, *source_path, *source_text;
  const char *source_hash;  /* SHA-256 of the source's tokens, so that comments and layout do not count */
  const char *target;       /* "x86-64-avx512..." : what the kernels were built for */
  const char *cpu_features; /* features that the kernels need, separated by spaces: "avx2 fma f16c" */
  uint32_t batch, epochs, epoch_iterations; /* 0 if not declared */
  uint64_t state_bytes;
  const gan_constant *constants;
  uint32_t num_constants;
  const gan_state *states;
  uint32_t num_states;
  const gan_block *blocks;
  uint32_t num_blocks;
  const gan_step *steps;
  uint32_t num_steps;
  const gan_stream *streams; /* none or two */
  uint32_t num_streams;
  gan_number first_chance;
  const gan_plateau *plateaus;
  uint32_t num_plateaus;
  const gan_kernel *kernels;
  uint32_t num_kernels;
  const gan_device *devices; /* GPUs that the kernels are also built for, one for each kind of driver */
  uint32_t num_devices;
  const uint8_t *device_code;
  const gan_graph *graphs;
  uint32_t num_graphs;
  const gan_refusal *refusals;
  uint32_t num_refusals;
  const gan_transport *transport; /* null: the program is for one process */
} gan_program;

extern const gan_program gan_program_table;

#ifdef __cplusplus
}
#endif
#endif
