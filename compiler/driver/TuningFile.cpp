#include "compiler/driver/TuningFile.h"
#include "compiler/driver/Files.h"
#include "dsl/Text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

namespace gan {

namespace fs = std::filesystem;

std::string defaultTuningFile() {
  std::string folder = userFolder("XDG_DATA_HOME", ".local/share");
  return folder.empty() ? "" : folder + "/tuning.txt";
}

void describeTuningFile(po::options_description &options, bool optional) {
  options.add_options()("db", po::value<std::string>()->value_name("FILE"),
                        "schedules that ganc tune found (tuning.txt in ganc's data folder)");
  if (optional)
    options.add_options()("no-tuning-db", "default schedules only")("no-transfer",
                                                                    "no schedules of kernels that are nearly the same")(
        "tuned-for", po::value<std::string>()->value_name("NAME"),
        "use schedules of this processor or card, as ganc tune --show names it (those of this machine)");
}

std::string givenTuningFile(const CommandLine &line, bool mustBe) {
  if (line.has("no-tuning-db")) {
    if (line.has("db"))
      throw UserError("--db and --no-tuning-db exclude each other");
    return "";
  }
  if (!line.has("db"))
    return defaultTuningFile();
  std::string path = line.text("db");
  if (mustBe && !fs::exists(path))
    throw UserError(path + ": " + strerror(ENOENT) + "; `ganc tune --db` makes it");
  return path;
}

Records readRecords(const std::string &path, bool tell) {
  constexpr size_t mostWarnings = 10;
  Records records;
  std::error_code ignored;
  if (path.empty() || !fs::exists(path, ignored))
    return records;
  std::vector<std::string> warnings;
  records.add(readFile(path), warnings);
  for (size_t i = 0; tell && i < std::min(mostWarnings, warnings.size()); ++i)
    fprintf(stderr, "warning: %s, %s\n", dsl::printable(path).c_str(), dsl::printable(warnings[i]).c_str());
  if (tell && warnings.size() > mostWarnings)
    fprintf(stderr, "warning: %s, %zu lines more are skipped; `ganc tune --prune` removes them\n",
            dsl::printable(path).c_str(), warnings.size() - mostWarnings);
  return records;
}

namespace {

/// Holds a lock on a file beside the database, which is itself replaced and so cannot be locked.
class Locked {
public:
  explicit Locked(const std::string &path) : file(open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (file < 0)
      throw UserError(path + ".lock: " + strerror(errno));
    while (flock(file, LOCK_EX) && errno == EINTR) {
    }
  }
  ~Locked() { close(file); }
  Locked(const Locked &) = delete;
  Locked &operator=(const Locked &) = delete;

private:
  int file;
};

} // namespace

void changeRecords(const std::string &path, const std::function<void(Records &)> &change) {
  std::error_code failure;
  if (fs::path folder = fs::path(path).parent_path(); !folder.empty())
    fs::create_directories(folder, failure);
  if (failure)
    throw UserError(path + ": " + failure.message());
  Locked lock(path);
  Records records = readRecords(path, false);
  change(records);
  writeFile(path, records.text());
}

void showRecords(const std::string &path) {
  Records records = readRecords(path);
  for (const Record &r : records.all())
    if (r.word.empty())
      printf("%5.2fx  %9.4f ms  %s  %s  %s: %s\n", r.defaultMs / r.ms, r.ms, std::string(r.kernel).c_str(),
             std::string(r.target).c_str(), std::string(r.machine).c_str(), std::string(r.schedule).c_str());
  printf("%zu kernels in %s\n", records.winners(), dsl::printable(path).c_str());
}

void mergeRecords(const std::string &path, const Words &files) {
  changeRecords(path, [&](Records &records) {
    for (const std::string &file : files)
      records.add(readRecords(file));
  });
  showRecords(path);
}

void pruneRecords(const std::string &path) {
  changeRecords(path, [&](Records &records) {
    for (const std::string &line : records.prune())
      puts(dsl::printable(line).c_str());
  });
  printf("%zu kernels are left in %s\n", readRecords(path).winners(), dsl::printable(path).c_str());
}

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "unknown";
}

} // namespace gan
