// Reads the environment.
#include "tests/ptx/mock/Settings.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ptx::mock {
namespace {

[[noreturn]] void refuse(const char *name, std::string_view text) {
  std::fprintf(stderr, "mock libcuda: %s=%.*s makes no sense\n", name, int(text.size()), text.data());
  std::_Exit(2);
}

template <class T> void number(const char *name, std::string_view text, T &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < T(0))
    refuse(name, text);
}

template <class T> void read(const char *name, T &value) {
  if (const char *text = std::getenv(name))
    number(name, text, value);
}

} // namespace

Settings Settings::ofEnvironment() {
  Settings s;
  if (const char *file = std::getenv("GANC_MOCK_COUNTS"))
    s.countsFile = file;
  read("GANC_MOCK_DEVICES", s.devices);
  read("GANC_MOCK_VERSION", s.version);
  read("GANC_MOCK_CAPABILITY", s.capability);
  read("GANC_MOCK_MEMORY", s.memory);
  const char *name = "GANC_MOCK_FAIL";
  if (const char *text = std::getenv(name)) {
    std::string_view rest = text;
    size_t first = rest.find(':'), last = rest.rfind(':');
    if (first == last)
      refuse(name, rest);
    s.failName = rest.substr(0, first);
    number(name, rest.substr(first + 1, last - first - 1), s.failCall);
    number(name, rest.substr(last + 1), s.failCode);
  }
  return s;
}

} // namespace ptx::mock
