// Tests event files: checksums of known bytes, and records that are complete.
#include "runtime/report/EventFile.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ganrt {
namespace {

namespace fs = std::filesystem;

uint32_t unmasked(uint32_t sum) {
  sum -= 0xa282ead8u;
  return (sum >> 17) | (sum << 15);
}

TEST(EventFile, ChecksumsOfRfc3720) { // appendix B.4
  EXPECT_EQ(unmasked(maskedCrc(std::string(32, '\0'))), 0x8a9136aau);
  EXPECT_EQ(unmasked(maskedCrc(std::string(32, '\xff'))), 0x62a8ab43u);
  EXPECT_EQ(unmasked(maskedCrc("123456789")), 0xe3069283u);
}

TEST(EventFile, RecordsAreWhole) {
  fs::path folder = fs::path(BINARY_FOLDER) / "test-work" / "event-file";
  fs::remove_all(folder);
  fs::create_directories(folder);
  {
    EventFile file(folder, 7);
    file.scalar("train/loss", 8, -1.5);
    file.text("config", 8, "# words");
    file.image("samples", 8, 2, 3, 1, "png");
    file.flush();
  }
  std::string bytes = readWholeFile(fs::directory_iterator(folder)->path());
  std::vector<std::string> events;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t length;
    uint32_t sum, dataSum;
    memcpy(&length, &bytes[at], 8);
    memcpy(&sum, &bytes[at + 8], 4);
    EXPECT_EQ(sum, maskedCrc(bytes.substr(at, 8)));
    events.push_back(bytes.substr(at + 12, length));
    memcpy(&dataSum, &bytes[at + 12 + length], 4);
    EXPECT_EQ(dataSum, maskedCrc(events.back()));
    at += 16 + length;
  }
  ASSERT_EQ(events.size(), 5u); // version, start, and the three
  EXPECT_NE(events[0].find("brain.Event:2"), std::string::npos);
  float value = -1.5f;
  EXPECT_NE(events[2].find("train/loss\x15" + std::string(reinterpret_cast<char *>(&value), 4)), std::string::npos);
  EXPECT_NE(events[3].find("# words"), std::string::npos);
  EXPECT_NE(events[4].find("samples"), std::string::npos);
  EXPECT_NE(events[4].find("\x08\x02\x10\x03\x18\x01\x22\x03png"), std::string::npos)
      << "height, width, channels, bytes";
}

class EventFolder : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::path(BINARY_FOLDER) / "test-work" / ("event-folder-" + std::to_string(getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  std::vector<std::string> paths() const {
    std::vector<std::string> out;
    for (const auto &entry : fs::directory_iterator(folder))
      out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  fs::path folder;
};

TEST_F(EventFolder, FilesAreInTheOrderOfTheirNames) {
  std::string later = folder / "events.out.tfevents.9000000000.elsewhere.1.ganc";
  NewFile(later).commit();
  for (const char *tag : {"one", "two"}) {
    EventFile file(folder, 1);
    file.scalar(tag, 1, 0);
    file.flush();
  }
  ASSERT_EQ(paths().size(), 3u);
  EXPECT_EQ(paths()[0], later);
  EXPECT_NE(readWholeFile(paths()[1]).find("one"), std::string::npos);
  EXPECT_NE(readWholeFile(paths()[2]).find("two"), std::string::npos);
}

TEST_F(EventFolder, AFullDiskIsTold) {
  EXPECT_THROW(EventFile(folder / "missing", 0), UserError);
  EventFile file(folder, 0);
  signal(SIGXFSZ, SIG_IGN); // writing beyond the limit fails, like on a full disk
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string problem = "none";
  try {
    file.text("source", 0, std::string(10000, 'x'));
    file.flush();
  } catch (const UserError &e) {
    problem = e.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(problem, paths()[0] + ": cannot be written: File too large");
}

} // namespace
} // namespace ganrt
