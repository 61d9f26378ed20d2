// What may fail beside training: pictures, logs, the page. A failure there is told, once for each kind, and gone on
// from, for a run whose numbers are fine must not end over it.
#pragma once

#include <exception>
#include <mutex>
#include <set>
#include <string>

namespace ganrt {

class Lenient {
public:
  /// Does the work; where that fails, tells that `what` ("a picture") is missing. May be called from several threads.
  template <class Work> void attempt(const std::string &what, Work work) {
    try {
      work();
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
