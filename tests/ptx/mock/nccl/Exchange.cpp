#include "tests/ptx/mock/nccl/Exchange.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace ptx::mock {

Exchange::Exchange(const std::string &name, int ranks, int rank) : ranks(ranks), rank(rank) {
  if (ranks > mostRanks)
    throw std::runtime_error("the mock has places for " + std::to_string(mostRanks) + " ranks");
  int file = shm_open(name.c_str(), O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof(Shared)))
    throw std::system_error(errno, std::generic_category(), name);
  void *memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), name);
  shared = static_cast<Shared *>(memory); // zeros, which are all members' first values
  ++shared->here;
  while (shared->here < ranks)
    std::this_thread::yield();
  shm_unlink(name.c_str()); // every rank may: it lives as long as they do
}

Exchange::~Exchange() { munmap(shared, sizeof(Shared)); }

bool Exchange::all(std::atomic<uint64_t> Place::*progress, uint64_t number) const {
  for (int r = 0; r < ranks; ++r)
    if (shared->places[r].*progress < number)
      return false;
  return true;
}

bool Exchange::advance(uint64_t number, const Operation &operation, float *floats) {
  Place &mine = shared->places[rank];
  if (mine.given < number) {
    if (!all(&Place::taken, number - 1))
      return false;
    give(number, operation, floats);
  }
  if (!all(&Place::given, number))
    return false;
  expectSame(operation);
  mean(operation.count, floats);
  mine.taken = number;
  return true;
}

void Exchange::give(uint64_t number, const Operation &operation, const float *floats) {
  if (operation.count > most)
    throw std::runtime_error("the mock has no place for so many floats");
  Place &mine = shared->places[rank];
  mine.operation = operation;
  std::memcpy(mine.floats, floats, operation.count * sizeof(float));
  mine.given = number;
}

void Exchange::expectSame(const Operation &operation) const {
  for (int r = 0; r < ranks; ++r)
    if (const Operation &other = shared->places[r].operation; other != operation)
      throw std::runtime_error("rank " + std::to_string(rank) + " adds up " + std::to_string(operation.count) +
                               " floats of capture " + std::to_string(operation.capture) + ", rank " +
                               std::to_string(r) + " " + std::to_string(other.count) + " of capture " +
                               std::to_string(other.capture));
}

/// Each rank's floats are divided first, as NCCL's average does.
void Exchange::mean(size_t count, float *floats) const {
  float part = 1.0F / float(ranks);
  for (size_t i = 0; i < count; ++i) {
    size_t first = i * size_t(ranks) / count;
    float sum = 0;
    for (size_t r = 0; r < size_t(ranks); ++r)
      sum += shared->places[(first + r) % size_t(ranks)].floats[i] * part;
    floats[i] = sum;
  }
}

} // namespace ptx::mock
