#include "runtime/device/cuda/Nccl.h"
#include "runtime/base/Error.h"

#include <dlfcn.h>

namespace ganrt::cuda {
namespace {

/// The first version with all that is used, ncclGetLastError above all, as the library writes it.
constexpr int oldestNccl = 21300;

std::string ncclVersionText(int version) {
  return std::to_string(version / 10000) + "." + std::to_string(version % 10000 / 100) + "." +
         std::to_string(version % 100);
}

} // namespace

Nccl::Nccl() {
  void *library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL); // stays open for as long as the process lives
  if (!library) {
    why = "there is no NCCL (libnccl.so.2)";
    return;
  }
  auto find = [&](auto &member, const char *name) {
    member = reinterpret_cast<std::remove_reference_t<decltype(member)>>(dlsym(library, name));
  };
  find(version, "ncclGetVersion");
  int has = 0;
  if (!version || version(&has) || has < oldestNccl) {
    why = "NCCL is too old: version " + ncclVersionText(oldestNccl) + " is needed" +
          (has >= 20000 ? ", and it is " + ncclVersionText(has) : "");
    return;
  }
#define GAN_FIND(result, member, name, parameters)                                                                     \
  find(member, #name);                                                                                                 \
  if (!member)                                                                                                         \
    why = "NCCL lacks " #name;
  GAN_NCCL_FUNCTIONS(GAN_FIND)
#undef GAN_FIND
}

void Nccl::check(int status, const std::string &what, Communicator communicator) const {
  if (!status)
    return;
  const char *last = lastError(communicator);
  throw UserError(what + " failed: " + errorText(status) + " (NCCL error " + std::to_string(status) + ")" +
                  (last && *last ? std::string(": ") + last : "") + "; NCCL_DEBUG=INFO makes NCCL tell more");
}

} // namespace ganrt::cuda
