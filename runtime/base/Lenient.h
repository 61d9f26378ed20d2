// Handles work beside training that may fail: pictures, logs, the report page. Such a failure is reported once for each
// kind, and training goes on, because a run whose numbers are fine must not end over it.
#pragma once

#include "runtime/base/DeviceFault.h"

#include <exception>
#include <mutex>
#include <set>
#include <string>

namespace ganrt {

class Lenient {
public:
  /// Does the work. If it throws, warns about `what` ("a picture"). Only a DeviceFault comes out, because the device of
  /// the run is then lost. May be called from several threads.
  template <class Work> void attempt(const std::string &what, Work work) {
    try {
      work();
    } catch (const DeviceFault &) {
      throw;
    } catch (const std::bad_alloc &) {
      tell(what, "out of memory");
    } catch (const std::exception &e) {
      tell(what, e.what());
    }
  }

private:
  void tell(const std::string &what, const std::string &why);

  std::mutex mutex;
  std::set<std::string> told;
};

} // namespace ganrt
