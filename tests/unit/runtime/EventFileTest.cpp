// Event files: checksums of known bytes, and records that are whole.
#include "runtime/EventFile.h"
#include "runtime/Files.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>

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
  fs::path folder = fs::path(BINARY_FOLDER) / "test-work" / "events";
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
}

} // namespace
} // namespace ganrt
