#include "runtime/device/cuda/Driver.h"
#include "runtime/base/Error.h"
#include "runtime/device/gpu/Gpu.h"

#include <algorithm>
#include <dlfcn.h>

namespace ganrt::cuda {

/// The first version with all that is used, cuGraphAddKernelNode_v2 above all, as the driver writes it.
constexpr int leastVersion = 12000;

static std::string versionText(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

Driver::Driver() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL); // stays open for as long as the process lives
  if (!library)
    throw UserError("there is no NVIDIA driver (libcuda.so.1)");
  auto find = [&](auto &member, const char *name) {
    member = reinterpret_cast<std::remove_reference_t<decltype(member)>>(dlsym(library, name));
  };
  find(version, "cuDriverGetVersion");
  int has = 0;
  if (!version || version(&has) || has < leastVersion)
    throw UserError("the NVIDIA driver is too old: it knows CUDA " + versionText(has) + ", and CUDA " +
                    versionText(leastVersion) + " is needed (driver 525 or later)");
#define GAN_FIND(member, name, parameters)                                                                             \
  find(member, #name);                                                                                                 \
  if (!member)                                                                                                         \
    throw UserError("the NVIDIA driver lacks " #name);
  GAN_CUDA_FUNCTIONS(GAN_FIND)
#undef GAN_FIND
}

void Driver::check(int status, const std::string &what) const {
  if (!status)
    return;
  const char *text = nullptr;
  errorText(status, &text);
  std::string sentence =
      what + " failed: " + (text ? text : "unknown error") + " (CUDA error " + std::to_string(status) + ")";
  // Accesses that a kernel must not make: illegal address, misaligned, .. and a launch that failed for such a reason.
  constexpr int faults[] = {700, 714, 715, 716, 717, 718, 719};
  if (std::find(std::begin(faults), std::end(faults), status) != std::end(faults))
    throw DeviceFault(sentence);
  throw UserError(sentence);
}

} // namespace ganrt::cuda
