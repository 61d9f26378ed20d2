// Writes the object file with the functions that every kernel calls, for threads, memory and errors.
#include <Halide.h>

int main(int, char **argv) {
  Halide::compile_standalone_runtime(argv[1], Halide::Target("x86-64-linux"));
  return 0;
}
