#include "compiler/driver/Guard.h"
#include "compiler/driver/Cleanup.h"
#include "compiler/driver/Files.h"
#include "dsl/Text.h"

#include <cstdio>
#include <cstdlib>
#include <new>
#include <system_error>

namespace gan {

void tell(const std::string &sentence) {
  std::unique_lock lock = untilSignal();
  fprintf(stderr, "ganc: error: %s\n", dsl::printable(sentence).c_str());
}

int guarded(const std::function<int()> &work) {
  try {
    return work();
  } catch (const InternalError &e) {
    std::unique_lock lock = untilSignal();
    fprintf(stderr, "ganc: internal error in stage %s: this is a bug of ganc, please report it with the model\n",
            e.what());
    if (getenv("GANC_DEBUG"))
      fputs(e.details.c_str(), stderr);
    else
      fputs("(GANC_DEBUG=1 prints the details to report)\n", stderr);
    return 70;
  } catch (const std::bad_alloc &) {
    tell("out of memory");
  } catch (const std::system_error &e) { // thrown by operations on files and threads
    tell(e.what());
  } catch (const UserError &e) {
    tell(e.what());
  }
  return 1;
}

} // namespace gan
