// Functions about modules, linking and functions.
#include "tests/ptx/mock/Driver.h"

using namespace ptx::mock;

namespace {

std::shared_ptr<Program> loaded(const char *image, const Driver &driver, const ErrorLog &log) {
  try {
    return std::make_shared<Program>(image, driver.settings.capability);
  } catch (const ptx::ParseError &error) {
    log.write(error.what());
    throw;
  }
}

enum { MaxThreadsPerBlock, SharedSizeBytes, ConstSizeBytes, LocalSizeBytes, NumRegs };
enum { MaxDynamicSharedSizeBytes = 8, PreferredSharedMemoryCarveout = 9 };

int attributeOf(const Function &f, int attribute) {
  const std::array<int, 3> &most = f.kernel->maxThreads;
  switch (attribute) {
  case MaxThreadsPerBlock:
    return most[0] ? most[0] * most[1] * most[2] : 1024;
  case SharedSizeBytes:
    return f.kernel->sharedBytes;
  case LocalSizeBytes:
    return f.kernel->localBytes;
  case NumRegs:
    return 32; // the machine has no number of its own
  case MaxDynamicSharedSizeBytes:
    return f.dynamicShared;
  default:
    return 0;
  }
}

} // namespace

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count, int *options, void **values) {
  return call(__func__, [&](Driver &driver) {
    ErrorLog log(count, options, values);
    out(module) = driver.programs.add(loaded(static_cast<const char *>(image), driver, log));
  });
}
CUresult cuModuleUnload(CUmodule module) {
  return call(__func__, [&](Driver &driver) {
    std::shared_ptr<Program> program = driver.programs.take(module);
    for (auto &[name, function] : program->functions)
      driver.functions.forget(function.get());
  });
}
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  return call(__func__, [&](Driver &driver) {
    out(function) = driver.functions.add(driver.programs.at(module)->function(&out(name)));
  });
}
CUresult cuFuncGetAttribute(int *value, int attribute, CUfunction function) {
  return call(__func__, [&](Driver &driver) { out(value) = attributeOf(*driver.functions.at(function), attribute); });
}
CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  return call(__func__, [&](Driver &driver) {
    Function &f = *driver.functions.at(function);
    require(attribute == MaxDynamicSharedSizeBytes || attribute == PreferredSharedMemoryCarveout);
    if (attribute == PreferredSharedMemoryCarveout)
      return;
    require(value >= 0 && value <= mostShared(driver.settings.capability) - f.kernel->sharedBytes);
    f.dynamicShared = value;
  });
}

CUresult cuLinkCreate_v2(unsigned count, int *options, void **values, CUlinkState *state) {
  return call(__func__, [&](Driver &driver) {
    out(state) = driver.links.add(std::make_shared<Link>(Link{ErrorLog(count, options, values), "", ""}));
  });
}
CUresult cuLinkAddData_v2(CUlinkState state, int type, void *data, size_t size, const char *, unsigned, int *,
                          void **) {
  return call(__func__, [&](Driver &driver) {
    Link &link = *driver.links.at(state);
    require(type != CU_JIT_INPUT_CUBIN, CUDA_ERROR_NO_BINARY_FOR_GPU);
    require(type == CU_JIT_INPUT_PTX && link.text.empty(), CUDA_ERROR_NOT_SUPPORTED); // one text is all that is linked
    std::string text(&out(static_cast<const char *>(data)), size);
    loaded(text.c_str(), driver, link.log);
    link.text = text.c_str(); // its length may count a zero at the end
  });
}
CUresult cuLinkComplete(CUlinkState state, void **image, size_t *size) {
  return call(__func__, [&](Driver &driver) {
    Link &link = *driver.links.at(state);
    link.image = Link::mark + link.text;
    out(image) = link.image.data();
    out(size) = link.image.size() + 1;
  });
}
CUresult cuLinkDestroy(CUlinkState state) {
  return call(__func__, [&](Driver &driver) { driver.links.take(state); });
}
