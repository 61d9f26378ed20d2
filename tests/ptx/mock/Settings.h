// What a test tells the mock through the environment, see ../README.md.
#pragma once

#include <cstddef>
#include <string>

namespace ptx::mock {

struct Settings {
  /// Reads the environment; ends the process where a variable makes no sense, so that no test goes by a misprint.
  static Settings ofEnvironment();

  std::string countsFile;          ///< GANC_MOCK_COUNTS; empty: none
  int devices = 1;                 ///< GANC_MOCK_DEVICES
  int version = 12080;             ///< GANC_MOCK_VERSION
  int capability = 90;             ///< GANC_MOCK_CAPABILITY
  size_t memory = size_t(2) << 30; ///< GANC_MOCK_MEMORY, bytes
  std::string failName; ///< GANC_MOCK_FAIL: this function's call number `failCall`, counted from 1, gives `failCode`
  long failCall = 0;
  int failCode = 0;
  std::string faultName; ///< GANC_MOCK_FAULT: run number `faultRun` of this kernel, counted from 1, faults
  long faultRun = 0;
};

} // namespace ptx::mock
