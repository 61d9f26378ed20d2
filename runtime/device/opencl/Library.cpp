#include "runtime/device/opencl/Library.h"
#include "runtime/base/Error.h"

#include <dlfcn.h>

namespace ganrt::opencl {

Library::Library() {
  void *library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL); // stays open for as long as the process lives
  if (!library)
    throw UserError("there is no OpenCL (libOpenCL.so.1)");
#define GAN_FIND(result, member, name, parameters)                                                                     \
  member = reinterpret_cast<decltype(member)>(dlsym(library, #name));                                                  \
  if (!member)                                                                                                         \
    throw UserError("OpenCL is too old: it lacks " #name ", which version 1.2 has");
  GAN_OPENCL_FUNCTIONS(GAN_FIND)
#undef GAN_FIND
}

void Library::check(int status, const std::string &what) {
  if (status == memoryFailure || status == noHostMemory || status == outOfResources)
    throw UserError(what + " failed: the OpenCL device is out of memory (error " + std::to_string(status) +
                    "); build the program with a smaller --batch, or use --device cpu");
  if (status)
    throw UserError(what + " failed: OpenCL error " + std::to_string(status));
}

} // namespace ganrt::opencl
