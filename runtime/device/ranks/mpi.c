/* Ranks by MPI: the functions of gan_transport. This file is no part of libganrt.a: `ganc build --mpi` compiles it with
 * the compiler of the user's MPI, because each MPI has types and constants of its own. It only moves bytes. */
#include "program.h"

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>

static MPI_Comm channels[3]; /* two for data, the last one for notes */

static int join(int *rank, int *ranks, int *node_ranks) {
  int provided = 0;
  int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  if (status != MPI_SUCCESS)
    return status;
  for (int c = 0; c < 3 && status == MPI_SUCCESS; ++c)
    status = MPI_Comm_dup(MPI_COMM_WORLD, &channels[c]);
  MPI_Comm node = MPI_COMM_NULL;
  if (status == MPI_SUCCESS)
    status = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  if (status != MPI_SUCCESS)
    return status;
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, ranks);
  MPI_Comm_size(node, node_ranks);
  return MPI_Comm_free(&node);
}

static int host(char *name, int size) {
  char whole[MPI_MAX_PROCESSOR_NAME] = "";
  int length = 0;
  MPI_Get_processor_name(whole, &length);
  if (length >= size)
    length = size - 1;
  for (int i = 0; i < length; ++i)
    name[i] = whole[i];
  name[length] = 0;
  return length;
}

static void describe(int status, char *text, int size) {
  char whole[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(status, whole, &length);
  if (length >= size)
    length = size - 1;
  for (int i = 0; i < length; ++i)
    text[i] = whole[i];
  text[length] = 0;
}

/* What was started: the request, and the counts and offsets that MPI reads until it has ended. */
struct started {
  MPI_Request request;
  int numbers[]; /* counts of what is sent, their offsets, counts of what is received, their offsets */
};

static struct started *begin(int numbers) {
  struct started *started = malloc(sizeof(struct started) + sizeof(int) * (size_t)numbers);
  if (!started)
    MPI_Abort(MPI_COMM_WORLD, 1);
  return started;
}

static int ranks_of(int channel) {
  int ranks = 0;
  MPI_Comm_size(channels[channel], &ranks);
  return ranks;
}

/* Counts and offsets of the slices of `count` floats. */
static void cut(int ranks, uint64_t count, uint64_t slice, int *counts, int *offsets) {
  for (int r = 0; r < ranks; ++r) {
    uint64_t first = slice * (uint64_t)r;
    if (first > count)
      first = count;
    counts[r] = (int)(count - first < slice ? count - first : slice);
    offsets[r] = (int)first;
  }
}

static void *start_gather(int channel, const void *mine, void *all, uint64_t bytes) {
  struct started *s = begin(0);
  MPI_Iallgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, channels[channel], &s->request);
  return s;
}

static void *start_slices(int channel, const float *all, float *slices, uint64_t count, uint64_t slice) {
  int ranks = ranks_of(channel), rank = 0;
  MPI_Comm_rank(channels[channel], &rank);
  struct started *s = begin(4 * ranks);
  int *sent = s->numbers, *from = sent + ranks, *received = from + ranks, *to = received + ranks;
  cut(ranks, count, slice, sent, from);
  for (int r = 0; r < ranks; ++r) {
    received[r] = sent[rank];
    to[r] = (int)(slice * (uint64_t)r);
  }
  MPI_Ialltoallv(all, sent, from, MPI_FLOAT, slices, received, to, MPI_FLOAT, channels[channel], &s->request);
  return s;
}

static void *start_whole(int channel, float *all, uint64_t count, uint64_t slice) {
  int ranks = ranks_of(channel);
  struct started *s = begin(2 * ranks);
  cut(ranks, count, slice, s->numbers, s->numbers + ranks);
  MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, s->numbers, s->numbers + ranks, MPI_FLOAT, channels[channel],
                  &s->request);
  return s;
}

static void *start_broadcast(int channel, void *bytes, uint64_t count) {
  struct started *s = begin(0);
  MPI_Ibcast(bytes, (int)count, MPI_BYTE, 0, channels[channel], &s->request);
  return s;
}

static int finished(void *started) {
  struct started *s = started;
  int done = 0;
  MPI_Test(&s->request, &done, MPI_STATUS_IGNORE);
  if (done)
    free(s);
  return done;
}

static void send_note(int to, uint64_t note) {
  /* A few bytes are buffered by MPI itself, so that the note is on its way although nobody waits for it. */
  MPI_Request request;
  static uint64_t kept[64];
  static unsigned next;
  uint64_t *bytes = &kept[next++ % 64];
  *bytes = note;
  MPI_Isend(bytes, 1, MPI_UINT64_T, to, 0, channels[2], &request);
  MPI_Request_free(&request);
}

static int take_note(uint64_t *note) {
  int there = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, 0, channels[2], &there, &status);
  if (!there)
    return -1;
  MPI_Recv(note, 1, MPI_UINT64_T, status.MPI_SOURCE, 0, channels[2], MPI_STATUS_IGNORE);
  return status.MPI_SOURCE;
}

static void leave(void) { MPI_Finalize(); }

static void end_all(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

const gan_transport gan_mpi = {
    .launched_by = "OMPI_COMM_WORLD_SIZE PMIX_RANK PMI_RANK PMI_SIZE MPIRUN_RANK",
    .join = join,
    .host = host,
    .describe = describe,
    .start_gather = start_gather,
    .start_slices = start_slices,
    .start_whole = start_whole,
    .start_broadcast = start_broadcast,
    .finished = finished,
    .send_note = send_note,
    .take_note = take_note,
    .leave = leave,
    .abort = end_all,
};
