#include "runtime/RunFolder.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

constexpr const char *folders[] = {"samples", "reconstructions", "traversals", "checkpoints"};
constexpr const char *files[] = {"config.json", "metrics.jsonl", "timings.jsonl", "report.html"};

bool isRun(const std::string &path) { return pathExists(path + "/config.json"); }

bool isEmpty(const std::string &path) {
  std::error_code error;
  return fs::is_directory(path, error) && fs::is_empty(path, error);
}

/// What a run leaves, and nothing else.
void removeRun(const std::string &path) {
  std::error_code error;
  for (const char *name : folders)
    fs::remove_all(path + "/" + name, error);
  for (const char *name : files)
    fs::remove(path + "/" + name, error);
  for (const auto &entry : fs::directory_iterator(path, error))
    if (entry.path().filename().string().starts_with("events.out.tfevents."))
      fs::remove(entry.path(), error);
  fs::remove(path, error);
}

} // namespace

RunFolder::RunFolder(const std::string &path, Start start, const Json &config) : folder(path) {
  while (folder.size() > 1 && folder.ends_with('/'))
    folder.pop_back();
  bool there = pathExists(folder) && !isEmpty(folder);
  if (start == Start::Resume && !isRun(folder))
    throw UserError(folder + ": holds no run to resume" + (pathExists(folder) ? " (no config.json)" : ""));
  if (start == Start::New && there)
    throw UserError(folder + ": exists already; go on with --resume " + folder +
                    ", replace it with --force, or choose another --out");
  if (start == Start::Replace && there && !isRun(folder))
    throw UserError(folder + ": holds something else than a run, which --force does not replace");
  if (start == Start::Resume)
    lock();
  else
    makeBeside(config);
  if (start == Start::New)
    publish();
}

RunFolder::~RunFolder() {
  if (made)
    removeRun(beside.empty() ? folder : beside);
  if (locked >= 0)
    close(locked);
}

void RunFolder::makeBeside(const Json &config) {
  beside = folder + ".tmp" + std::to_string(getpid());
  makeFolders(beside);
  made = true;
  for (const char *name : {"samples", "checkpoints"})
    makeFolders(beside + "/" + name);
  writeConfig(config);
}

void RunFolder::publish() {
  if (rename(beside.c_str(), folder.c_str()))
    throw UserError(folder + ": the folder cannot be made: " + std::strerror(errno));
  beside.clear();
  syncFolderOf(folder);
  lock();
}

void RunFolder::lock() {
  locked = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (locked < 0)
    throw UserError(folder + ": cannot be opened: " + std::strerror(errno));
  if (flock(locked, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
    throw UserError(folder + ": another trainer is at work on this run");
}

void RunFolder::begin() {
  if (!beside.empty()) {
    std::string old = folder + ".old" + std::to_string(getpid());
    if (pathExists(folder)) {
      lock(); // not while another trainer is at work on it
      close(std::exchange(locked, -1));
      if (rename(folder.c_str(), old.c_str()))
        throw UserError(folder + ": cannot be replaced: " + std::strerror(errno));
    }
    publish();
    removeRun(old);
  }
  made = false;
  for (const auto &entry : fs::recursive_directory_iterator(folder)) // left by a trainer that was killed
    if (entry.is_regular_file() && entry.path().extension().string().starts_with(".tmp"))
      fs::remove(entry.path());
}

std::string RunFolder::inside(const std::string &name) const {
  std::error_code error;
  fs::create_directory(file(name), error);
  if (error)
    throw UserError(file(name) + ": the folder cannot be made: " + error.message());
  return file(name);
}

void RunFolder::writeConfig(const Json &config) {
  std::string text = config.dump(2) + "\n";
  NewFile out((beside.empty() ? folder : beside) + "/config.json");
  out.write(text.data(), text.size());
  out.commit();
}

Json RunFolder::config() const {
  Json config = Json::parse(readWholeFile(file("config.json")), nullptr, false);
  if (!config.is_object() || !config.contains("options") || !config.contains("source_hash"))
    throw UserError(file("config.json") + ": is not the configuration of a run");
  return config;
}

} // namespace ganrt
