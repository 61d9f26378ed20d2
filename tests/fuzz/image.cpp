// Reads a folder with one image, PNG or JPEG, as 1 to 4 channels.
#include "tests/fuzz/Fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace ganrt;
  return fuzz::expectNoCrash([&] {
    fuzz::writeFile("image.png", data, size);
    WantedData wanted = fuzz::wanted();
    wanted.classes = 0;
    wanted.channels = int64_t(1 + size % 4);
    fuzz::readAll(fuzz::folder(), wanted);
  });
}
