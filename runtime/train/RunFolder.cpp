#include "runtime/train/RunFolder.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <tuple>
#include <unistd.h>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

constexpr const char *folders[] = {"samples", "reconstructions", "traversals", "checkpoints"};
constexpr const char *files[] = {"metrics.jsonl", "timings.jsonl", "quality.json", "report.html"};

/// The fields that are read from a configuration, except `data`, which is compared as a whole.
constexpr std::tuple<const char *, Json::value_t, const char *> fields[] = {
    {"source_hash", Json::value_t::string, "a text"},
    {"source", Json::value_t::string, "a text"},
    {"target", Json::value_t::string, "a text"},
    {"ganc", Json::value_t::string, "a text"},
    {"batch", Json::value_t::number_unsigned, "a whole number"},
    {"options", Json::value_t::object, "an object"}};

bool isRun(const std::string &path) { return pathExists(path + "/config.json"); }

/// Whether the folder is empty, except for what a file system keeps at its root.
bool isEmpty(const std::string &path) {
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    if (it->path().filename() != "lost+found")
      return false;
  if (error && fs::is_directory(path))
    throw UserError(path + ": cannot be read: " + error.message());
  return !error;
}

/// Removes what a run leaves, and nothing else. The configuration stays, so that the folder still counts as a run's
/// meanwhile.
void removeResults(const std::string &path) {
  std::error_code error;
  for (const char *name : folders)
    fs::remove_all(path + "/" + name, error);
  for (const char *name : files)
    fs::remove(path + "/" + name, error);
  for (const auto &entry : fs::directory_iterator(path, error))
    if (entry.path().filename().string().starts_with("events.out.tfevents."))
      fs::remove(entry.path(), error);
}

/// Throws if no folder can be made at `path`, so that this is noticed before all the data is read.
void expectWritable(const std::string &path) {
  fs::path above = fs::absolute(path).parent_path();
  while (!pathExists(above) && above.has_relative_path())
    above = above.parent_path();
  if (access(above.c_str(), W_OK | X_OK))
    throw UserError(path + ": the folder cannot be made: " + above.string() + ": " + std::strerror(errno));
}

} // namespace

RunFolder::RunFolder(const std::string &path, Start start) : folder(path), start(start) {
  while (folder.size() > 1 && folder.ends_with('/'))
    folder.pop_back();
  std::error_code error;
  bool there = fs::exists(folder, error), run = isRun(folder);
  if (start == Start::Resume && !run)
    throw UserError(folder + ": holds no run to resume" + (there ? " (no config.json)" : ""));
  if (start == Start::New && there && !isEmpty(folder))
    throw UserError(folder + ": exists already; go on with --resume " + folder +
                    ", replace it with --force, or choose another --out");
  if (start == Start::Replace && there && !run && !isEmpty(folder))
    throw UserError(folder + ": holds something else than a run, which --force does not replace");
  if (there)
    lock();
  else
    expectWritable(folder);
}

RunFolder::~RunFolder() {
  if (locked >= 0)
    close(locked);
}

void RunFolder::lock() {
  locked = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (locked < 0)
    throw UserError(folder + ": cannot be opened: " + std::strerror(errno));
  if (flock(locked, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
    close(std::exchange(locked, -1));
    throw UserError(folder + ": another trainer is at work on this run");
  }
}

/// Makes the folder and locks it. If several trainers start at once, only the first to get the lock succeeds.
void RunFolder::makeNew() {
  makeFolders(folder);
  lock();
  if (!isEmpty(folder))
    throw UserError(folder + ": another trainer has just made a run in it");
}

void RunFolder::begin(const Json &config) {
  bool made = locked < 0;
  if (made)
    makeNew();
  if (start == Start::Replace)
    removeResults(folder);
  removeUnfinished();
  try {
    writeConfig(config);
  } catch (const UserError &) {
    if (made)
      rmdir(folder.c_str()); // only removes it if it is empty
    throw;
  }
  syncFolderOf(folder);
  for (const char *name : {"samples", "checkpoints"})
    inside(name);
}

/// Removes unfinished files of a trainer that was killed, which are recognised by their exact form of name.
void RunFolder::removeUnfinished() const {
  std::error_code error;
  std::vector<std::string> places{folder};
  for (const char *name : folders)
    places.push_back(file(name));
  for (const std::string &place : places)
    for (const auto &entry : fs::directory_iterator(place, error))
      if (isUnfinished(entry.path().filename()) && entry.is_regular_file(error))
        fs::remove(entry.path(), error);
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
  NewFile out(file("config.json"));
  out.write(text.data(), text.size());
  out.commit();
}

Json RunFolder::config() const {
  Json config = Json::parse(readWholeFile(file("config.json")), nullptr, false);
  if (!config.is_object() || !config.contains("options") || !config.contains("source_hash"))
    throw UserError(file("config.json") + ": is not the configuration of a run");
  for (auto [field, type, words] : fields)
    if (config.contains(field) && config[field].type() != type)
      throw UserError(file("config.json") + ": its field " + field + " is to be " + words + ", not " +
                      config[field].dump(-1, ' ', true, Json::error_handler_t::replace));
  return config;
}

} // namespace ganrt
