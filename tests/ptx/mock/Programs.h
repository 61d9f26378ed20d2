// Modules, functions and launches of them. A module is parsed once; a launch is checked and its arguments are copied
// when it is asked for, and it runs later.
#pragma once

#include "compiler/ptx/Machine.h"
#include "tests/ptx/mock/Errors.h"

namespace ptx::mock {

struct Function {
  std::shared_ptr<const Module> module;
  const Kernel *kernel;
  int dynamicShared;     ///< the most that a launch may have; beyond the usual only after cuFuncSetAttribute
  bool launched = false; ///< alone, outside of a graph
};

class Program {
public:
  /// Of PTX, or of what linking gave. Throws Failure, or ParseError for PTX that is wrong.
  Program(const char *image, int capability);
  /// Always the same for a name.
  std::shared_ptr<Function> function(const std::string &name);
  std::map<std::string, std::shared_ptr<Function>> functions; ///< those that were asked for

private:
  std::shared_ptr<const Module> module;
};

/// The buffer for messages that a caller may give among the options of loading and linking.
class ErrorLog {
public:
  ErrorLog(unsigned count, const int *options, void **values);
  void write(const std::string &message) const;

private:
  char *text = nullptr;
  size_t size = 0;
};

/// Linking only puts a mark before the text; it ends in a zero, since images are loaded without a length.
struct Link {
  ErrorLog log;
  std::string text, image;
  static constexpr const char *mark = "linked by the PTX machine\n";
};

/// Shared memory of a block: what every launch may have, and the most of a card.
constexpr int usualShared = 49152;
int mostShared(int capability);

using Grid = std::array<unsigned, 3>;

/// A launch that fits its kernel.
struct KernelWork {
  /// Copies the arguments. Throws Failure where grid, block or shared memory do not fit.
  KernelWork(const Function &function, const Grid &grid, const Grid &block, unsigned sharedBytes, void **parameters,
             void **extra);
  std::shared_ptr<const Module> module;
  const Kernel *kernel;
  Launch launch; ///< without memory, which is what is allocated when it runs
};

} // namespace ptx::mock
