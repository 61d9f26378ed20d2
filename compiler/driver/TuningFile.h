// The database of tuned schedules as a file: the user's own, or one that a project keeps.
#pragma once

#include "compiler/driver/Options.h"
#include "compiler/tuning/Records.h"

#include <functional>

namespace gan {

/// $XDG_DATA_HOME/ganc/tuning.txt, or below ~/.local/share; "" if there is no home.
std::string defaultTuningFile();

/// Declares --db, and --no-tuning-db if `optional`.
void describeTuningFile(po::options_description &options, bool optional);
/// The file that was asked for, "" for none. Throws UserError if --db names one that is not there and `mustBe`.
std::string givenTuningFile(const CommandLine &line, bool mustBe);

/// The records of a file; none if there is no such file or "". What is wrong with it is told on stderr, unless that has
/// been done.
Records readRecords(const std::string &path, bool tell = true);

/// Reads the file, lets `change` change its records and writes it, while other processes wait. The file appears whole.
/// Throws UserError if it cannot be written.
void changeRecords(const std::string &path, const std::function<void(Records &)> &change);

/// What `ganc tune --show`, `--merge` and `--prune` do: they print the winners, add the records of other files, and
/// remove what no build uses (lines that cannot be read, which is told about each, and gains that are none).
void showRecords(const std::string &path);
void mergeRecords(const std::string &path, const Words &files);
void pruneRecords(const std::string &path);

/// The name of this machine's processor. Trainers have it from runtime/base/Machine, which ganc does not link.
std::string processorName();

} // namespace gan
