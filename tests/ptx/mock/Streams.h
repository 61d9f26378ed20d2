// Queues of work. As on a card, nothing that a stream was given can be relied on before something waits for it; here it
// is not even begun. So a result that is used without waiting is never there by luck.
#pragma once

#include "tests/ptx/mock/Handles.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>

namespace ptx::mock {

/// Returns true when it has ended; false if it waits for another process, and is to be called again.
using Work = std::function<bool()>;

struct Task {
  uint64_t number; ///< in the order of all calls
  Work work;
};

class Graph;

struct Stream {
  bool blocking; ///< waits for the default stream, and that for it
  std::deque<Task> tasks;
  std::shared_ptr<Graph> capture; ///< what it is given goes there, and does not run; null: it does not capture
};

/// One recording of an event.
struct Recording {
  std::shared_ptr<Stream> stream;
  uint64_t number;
  bool done = false, queried = false;
  std::chrono::steady_clock::time_point time{};
};

struct Event {
  bool timed;
  std::shared_ptr<Recording> latest; ///< null: never recorded
};

class Streams {
public:
  CUstream create(bool blocking) { return streams.add(std::make_shared<Stream>(Stream{blocking, {}, nullptr})); }
  void destroy(CUstream handle);
  std::shared_ptr<Stream> at(CUstream handle) const;
  /// Throws if the stream captures.
  void add(CUstream handle, Work work);
  void add(CUstream handle, const std::function<void()> &work) {
    add(handle, Work([work] {
          work();
          return true;
        }));
  }

  /// Runs the work of a stream up to a number.
  void finish(Stream &stream, uint64_t last = ~uint64_t(0));
  void finish(CUstream handle) { finish(*at(handle)); }
  void finishAll();
  /// Runs the work of all streams, as far as it goes.
  void advanceAll();
  /// What a synchronous copy waits for: the default stream and all streams that are ordered by it.
  void finishBlocking();

  CUevent createEvent(bool timed) { return events.add(std::make_shared<Event>(Event{timed, nullptr})); }
  void destroyEvent(CUevent handle) { events.take(handle); }
  std::shared_ptr<Event> eventAt(CUevent handle) const { return events.at(handle); }
  void record(CUevent handle, CUstream stream);
  /// The stream's later work comes after what the event recorded.
  void wait(CUstream stream, CUevent handle);
  void synchronize(CUevent handle);
  /// True if it is done. The second question about the same recording runs it, so that nobody asks forever.
  bool query(CUevent handle);
  float milliseconds(CUevent start, CUevent end) const;

private:
  uint64_t add(Stream &stream, Work work);
  /// Runs the work of a stream up to a number, as far as it goes. Returns whether all of it has ended.
  bool advance(Stream &stream, uint64_t last);
  bool advanceBefore(const Stream &stream, uint64_t number);

  Handles<Stream, CUstream> streams;
  Handles<Event, CUevent> events;
  std::shared_ptr<Stream> standard = std::make_shared<Stream>(Stream{true, {}, nullptr}); ///< the default stream
  uint64_t last = 0;
};

} // namespace ptx::mock
