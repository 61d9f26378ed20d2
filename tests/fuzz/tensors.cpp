// Reads safetensors files.
#include "runtime/base/Safetensors.h"
#include "tests/fuzz/Fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace ganrt;
  return fuzz::expectNoCrash([&] { readTensors(fuzz::writeFile("data.safetensors", data, size)); });
}
