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

/// The two sides of the last colon.
template <class Left, class T> void splitLast(const char *name, std::string_view text, Left &left, T &value) {
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    refuse(name, text);
  left = text.substr(0, colon);
  number(name, text.substr(colon + 1), value);
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
  if (const char *text = std::getenv("GANC_MOCK_FAIL")) {
    std::string_view call;
    splitLast("GANC_MOCK_FAIL", text, call, s.failCode);
    splitLast("GANC_MOCK_FAIL", call, s.failName, s.failCall);
  }
  if (const char *text = std::getenv("GANC_MOCK_FAULT"))
    splitLast("GANC_MOCK_FAULT", text, s.faultName, s.faultRun);
  return s;
}

} // namespace ptx::mock
