// Reads IDX files, plain or compressed: the bytes are the file of the images, and the labels belong to two images.
#include "tests/fuzz/Fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace ganrt;
  return fuzz::expectNoCrash([&] {
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 3, 7};
    fuzz::writeFile("train-labels-idx1-ubyte", labels, sizeof labels);
    fuzz::writeFile("train-images-idx3-ubyte", data, size);
    WantedData wanted = fuzz::wanted();
    wanted.classes = size % 2 ? 10 : 0; // without labels any number of images is accepted
    fuzz::readAll(fuzz::folder(), wanted);
  });
}
