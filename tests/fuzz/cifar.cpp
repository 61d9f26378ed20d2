// Reads records of CIFAR-10 or CIFAR-100; the first bit chooses between them.
#include "tests/fuzz/Fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace ganrt;
  return fuzz::expectNoCrash([&] {
    bool hundred = size && (data[0] & 1);
    unlink((fuzz::folder() + (hundred ? "/data_batch_1.bin" : "/train.bin")).c_str());
    fuzz::writeFile(hundred ? "train.bin" : "data_batch_1.bin", data, size);
    fuzz::readAll(fuzz::folder(), fuzz::wanted());
  });
}
