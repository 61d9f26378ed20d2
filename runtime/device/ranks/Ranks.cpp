#include "runtime/device/ranks/Ranks.h"
#include "runtime/base/Error.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <set>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace ganrt {
namespace {

constexpr double tellAfter = 4;     ///< seconds after which a waiting rank tells the others that it waits
constexpr double endAfter = 20;     ///< seconds after which those that have not told are given up
constexpr double sleepAfter = 1e-3; ///< seconds after which a waiting rank leaves its core to others

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

bool launched(const gan_transport &transport) {
  std::istringstream names(transport.launched_by);
  for (std::string name; names >> name;)
    if (getenv(name.c_str()))
      return true;
  return false;
}

/// The cores that this process may use, as text.
std::string coresText() {
  cpu_set_t mask;
  std::string text;
  if (!sched_getaffinity(0, sizeof mask, &mask))
    for (int core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(core, &mask))
        text += std::to_string(core) + " ";
  return text;
}

/// The lines of a text of `name: value` that differ, as "name: value, here: value".
std::string differences(const std::string &mine, const std::string &theirs) {
  std::istringstream a(mine), b(theirs);
  std::string out, left, right;
  while (std::getline(a, left) && std::getline(b, right))
    if (left != right)
      out += (out.empty() ? "" : "; ") + right + ", rank 0 has " + left.substr(left.find(": ") + 2);
  return out;
}

} // namespace

Ranks::Ranks(const gan_transport *transport) {
  if (!transport || !launched(*transport))
    return;
  int onNode = 0;
  if (int status = transport->join(&number, &count, &onNode)) {
    char text[256];
    transport->describe(status, text, sizeof text);
    throw UserError(std::string("the other ranks cannot be joined: ") + text);
  }
  moves = transport;
  there.resize(size_t(count));
  char host[256];
  moves->host(host, sizeof host);
  std::string place = std::string(host) + "\n" + coresText();
  for (const std::string &other : gather(place)) {
    hosts.push_back(other.substr(0, other.find('\n')));
    sharing += other == place;
  }
}

Ranks::~Ranks() {
  if (moves)
    moves->leave();
}

Ranks::Local Ranks::onMachine() const {
  Local local{0, 1};
  if (alone())
    return local;
  const std::string &host = hosts[size_t(number)];
  local.number = int(std::count(hosts.begin(), hosts.begin() + number, host));
  local.count = int(std::count(hosts.begin(), hosts.end(), host));
  return local;
}

std::string Ranks::name(int rank) const {
  return "rank " + std::to_string(rank) + (hosts.empty() ? "" : " on host " + hosts[size_t(rank)]);
}

std::vector<char> Ranks::gatherBytes(const void *mine, size_t bytes) {
  std::vector<char> gathered(bytes * size_t(count));
  void *started = moves->start_gather(0, mine, gathered.data(), bytes);
  wait([&] { return moves->finished(started) != 0; }, true);
  return gathered;
}

std::vector<std::string> Ranks::gather(const std::string &mine) {
  if (alone())
    return {mine};
  uint64_t length = mine.size();
  std::vector<char> lengths = gatherBytes(&length, sizeof length);
  uint64_t longest = 1;
  for (int r = 0; r < count; ++r) {
    memcpy(&length, &lengths[size_t(r) * sizeof length], sizeof length);
    longest = std::max(longest, length);
  }
  std::string padded = mine;
  padded.resize(longest);
  std::vector<char> texts = gatherBytes(padded.data(), longest);
  std::vector<std::string> out;
  for (int r = 0; r < count; ++r) {
    memcpy(&length, &lengths[size_t(r) * sizeof length], sizeof length);
    out.emplace_back(&texts[size_t(r) * longest], length);
  }
  return out;
}

void Ranks::broadcast(void *bytes, size_t size) {
  constexpr size_t most = size_t(1) << 30; // MPI counts by int
  for (size_t at = 0; !alone() && at < size; at += most) {
    void *started = moves->start_broadcast(0, static_cast<char *>(bytes) + at, std::min(most, size - at));
    wait([&] { return moves->finished(started) != 0; }, true);
  }
}

std::string Ranks::broadcast(const std::string &text) {
  uint64_t length = text.size();
  broadcast(&length, sizeof length);
  std::string out = text;
  out.resize(length);
  broadcast(out.data(), length);
  return out;
}

void Ranks::begin(const std::string &identity) {
  if (alone())
    return;
  std::vector<std::string> texts = gather("+" + identity);
  for (const std::string &text : texts)
    if (!text.starts_with('+') || text != texts[0])
      endWith(texts);
  begun = true;
}

/// Rank 0 says for all why they cannot begin.
void Ranks::endWith(const std::vector<std::string> &texts) {
  ended = true;
  if (!leads())
    throw EndsQuietly();
  std::string out;
  std::set<std::string> said;
  for (int r = 0; r < count; ++r) {
    const std::string &text = texts[size_t(r)];
    if (text.starts_with('+') || !said.insert(text).second)
      continue;
    bool all = std::all_of(texts.begin(), texts.end(), [&](const std::string &t) { return t == text; });
    out += (out.empty() ? "" : "\n") + (all ? "" : name(r) + ": ") + text.substr(1);
  }
  for (int r = 1; out.empty() && r < count; ++r)
    if (texts[size_t(r)] != texts[0])
      out = name(r) + " was started with another program or other options: " +
            differences(texts[0].substr(1), texts[size_t(r)].substr(1));
  throw UserError(out);
}

void Ranks::fail(const std::string &sentence) { endWith(gather("-" + sentence)); }

void Ranks::takeNotes() {
  uint64_t note = 0;
  for (int from = moves->take_note(&note); from >= 0; from = moves->take_note(&note))
    there[size_t(from)] = std::max(there[size_t(from)], note);
}

/// Throws if there are ranks that have not come to this wait. The first of those that have says it.
void Ranks::tellLate(double late, uint64_t wait) {
  takeNotes();
  there[size_t(number)] = wait;
  std::string missing;
  int first = -1;
  for (int r = 0; r < count; ++r)
    if (there[size_t(r)] < wait)
      missing += (missing.empty() ? "" : ", ") + name(r);
    else if (first < 0)
      first = r;
  if (missing.empty())
    return;
  if (first != number && late < endAfter + 4)
    return; // that one ends all of them
  throw UserError(missing + " has not answered for " + std::to_string(int(late)) +
                  " seconds: it is stopped, lost or much slower than the others");
}

void Ranks::wait(const std::function<bool()> &done, bool patient) {
  double start = now();
  poll(done, ++waits, patient);
  seconds += now() - start;
}

/// `wait`: the number of the wait that this rank has come to, or comes to next.
void Ranks::poll(const std::function<bool()> &done, uint64_t wait, bool patient) {
  double looked = now(), late = 0, told = 0;
  while (!done()) {
    // Time in which this process itself did not run says nothing about the others, and does not count.
    double time = now();
    late += std::min(time - std::exchange(looked, time), 0.1);
    if (late < sleepAfter) {
      sched_yield();
      continue;
    }
    usleep(late < 1 ? 50 : 2000);
    if (late > tellAfter && told == 0.0) {
      told = late;
      for (int r = 0; r < count; ++r)
        if (r != number)
          moves->send_note(r, wait);
    }
    if (late > endAfter && !patient)
      tellLate(late, wait);
  }
}

} // namespace ganrt
