// Loads modules and checks launches as the driver does.
#include "tests/ptx/mock/Programs.h"

#include <algorithm>
#include <cstring>

namespace ptx::mock {
namespace {

/// PTX for newer cards is refused; the suffix of "sm_90a" binds to exactly that card.
void checkTarget(const std::string &text, int capability) {
  size_t at = text.find(".target sm_");
  if (at == std::string::npos)
    return;
  const char *begin = text.c_str() + at + std::strlen(".target sm_");
  char *end = nullptr;
  long target = std::strtol(begin, &end, 10);
  if (target > capability || (*end == 'a' && target != capability))
    throw ParseError(1, "PTX for sm_" + std::to_string(target) + ", the device is sm_" + std::to_string(capability));
}

} // namespace

int mostShared(int capability) {
  switch (capability) {
  case 70:
  case 72:
    return 98304;
  case 75:
    return 65536;
  case 80:
  case 87:
    return 166912;
  case 86:
  case 89:
  case 120:
    return 101376;
  default:
    return 232448;
  }
}

Program::Program(const char *image, int capability) {
  require(image != nullptr);
  require(std::strncmp(image,
                       "\x7f"
                       "ELF",
                       4) != 0,
          CUDA_ERROR_NO_BINARY_FOR_GPU); // a cubin is for a real card
  if (std::strncmp(image, Link::mark, std::strlen(Link::mark)) == 0)
    image += std::strlen(Link::mark);
  std::string text = image;
  checkTarget(text, capability);
  module = std::make_shared<const Module>(parse(text));
}

std::shared_ptr<Function> Program::function(const std::string &name) {
  auto found = module->kernels.find(name);
  require(found != module->kernels.end(), CUDA_ERROR_NOT_FOUND);
  std::shared_ptr<Function> &f = functions[name];
  if (!f)
    f = std::make_shared<Function>(Function{module, &found->second, usualShared - found->second.sharedBytes, false});
  return f;
}

ErrorLog::ErrorLog(unsigned count, const int *options, void **values) {
  for (unsigned k = 0; k < count; ++k)
    if (options[k] == CU_JIT_ERROR_LOG_BUFFER)
      text = static_cast<char *>(values[k]);
    else if (options[k] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
      size = reinterpret_cast<uintptr_t>(values[k]);
  write("");
}

void ErrorLog::write(const std::string &message) const {
  if (!text || !size)
    return;
  size_t length = std::min(message.size(), size - 1);
  std::memcpy(text, message.data(), length);
  text[length] = 0;
}

KernelWork::KernelWork(const Function &function, const Grid &grid, const Grid &block, unsigned sharedBytes,
                       void **parameters, void **extra)
    : module(function.module), kernel(function.kernel) {
  constexpr Grid mostBlocks{0x7fffffff, 65535, 65535}, mostThreads{1024, 1024, 64};
  require(extra == nullptr, CUDA_ERROR_NOT_SUPPORTED);
  require(parameters != nullptr || kernel->params.empty());
  require(sharedBytes <= unsigned(function.dynamicShared));
  int64_t threads = 1, allowed = 1;
  for (size_t d = 0; d < 3; ++d) {
    require(grid[d] >= 1 && grid[d] <= mostBlocks[d] && block[d] >= 1 && block[d] <= mostThreads[d]);
    require(kernel->threads[0] == 0 || kernel->threads[d] == int(block[d]));
    launch.grid[d] = int(grid[d]), launch.block[d] = int(block[d]);
    threads *= launch.block[d], allowed *= kernel->maxThreads[d];
  }
  require(threads <= (kernel->maxThreads[0] ? std::min<int64_t>(allowed, 1024) : 1024));
  launch.sharedBytes = int(sharedBytes);
  launch.traffic = false;
  for (size_t i = 0; i < kernel->params.size(); ++i) {
    uint64_t bits = 0;
    std::memcpy(&bits, parameters[i], size_t(sizeOf(kernel->params[i].type)));
    launch.arguments.push_back(bits);
  }
}

} // namespace ptx::mock
