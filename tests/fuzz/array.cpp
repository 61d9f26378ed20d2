// Reads arrays of NumPy: an .npy, or an .npz if the bytes begin like a zip archive.
#include "tests/fuzz/Fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace ganrt;
  return fuzz::expectNoCrash([&] {
    bool archive = size > 1 && data[0] == 'P' && data[1] == 'K';
    WantedData wanted = fuzz::wanted();
    wanted.classes = 0;
    wanted.vector = size % 2;
    if (wanted.vector)
      wanted.channels = wanted.height = 1, wanted.width = 6;
    fuzz::readAll(fuzz::writeFile(archive ? "data.npz" : "data.npy", data, size), wanted);
  });
}
