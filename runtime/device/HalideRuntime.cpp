// Writes the object file with the functions that every kernel calls, for threads, memory and errors: to the first
// argument, for the architecture that the second names.
#include <Halide.h>

int main(int, char **argv) {
  const std::map<std::string, const char *> targets{
#define GAN_ARCHITECTURE(id, name, compiler, halide) {name, halide},
#include "runtime/targets.def"
  };
  Halide::compile_standalone_runtime(argv[1], Halide::Target(targets.at(argv[2])));
  return 0;
}
