#include "runtime/base/Lenient.h"
#include "runtime/base/Text.h"

#include <cstdio>

namespace ganrt {

void Lenient::tell(const std::string &what, const std::string &why) {
  std::lock_guard lock(mutex);
  if (told.insert(what).second)
    fprintf(stderr, "warning: %s: %s; training goes on\n", what.c_str(), printable(why).c_str());
}

} // namespace ganrt
