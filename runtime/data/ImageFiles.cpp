#include "runtime/data/ImageFiles.h"
#include "runtime/base/Error.h"
#include "runtime/base/Notes.h"
#include "runtime/base/Text.h"
#include "runtime/data/FolderWalk.h"

#include <algorithm>
#include <filesystem>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

using Names = std::vector<std::string>;

// The names of parts, in order of preference.
const Names trainNames = {"train", "training"}, testNames = {"test", "val", "valid", "validation"};

/// The last part of a path in a form that can be printed and written to JSON, whatever bytes it holds.
std::string nameOf(const std::string &path) { return printable(fs::path(path).filename().string()); }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

/// The folder with the first of these names that occurs, in upper or lower case; "" if none does.
std::string firstNamed(const Names &folders, const Names &names) {
  for (const std::string &name : names)
    for (const std::string &folder : folders)
      if (lower(nameOf(folder)) == name)
        return folder;
  return "";
}

/// The folders of the parts. A missing part is ""; both are if the folder is not divided into parts.
struct PartFolders {
  std::string train, test;
  Names others; ///< what else lies in the folder
};

/// Finds the parts of a folder. A single part only counts if nothing lies beside it: among other folders, "train" may
/// be a class.
PartFolders partsOf(const FolderWalk::Children &children) {
  PartFolders parts{firstNamed(children.folders, trainNames), firstNamed(children.folders, testNames), {}};
  bool alone = children.folders.size() == 1 && children.images.empty();
  if ((parts.train.empty() || parts.test.empty()) && !alone)
    return {};
  for (const std::string &folder : children.folders)
    if (folder != parts.train && folder != parts.test)
      parts.others.push_back(nameOf(folder));
  if (!children.images.empty())
    parts.others.push_back(std::to_string(children.images.size()) + " images");
  return parts;
}

/// The names of the sub-folders that are classes, in order.
Names classNames(const std::string &root) {
  FolderWalk walk(root);
  Names names;
  for (const std::string &folder : walk.enterAll(walk.children(root).folders))
    names.push_back(nameOf(folder));
  return names;
}

void tellPassedOver(const FolderWalk &walk, std::string &note) {
  if (std::string lines = walk.passedOver(); !lines.empty())
    addNote(note, lines);
}

/// Joins lines so that they can be appended to a sentence.
std::string inOneLine(std::string lines) {
  for (size_t at; (at = lines.find("warning: ")) != std::string::npos;)
    lines.erase(at, 9);
  for (size_t at; (at = lines.find('\n')) != std::string::npos;)
    lines.replace(at, 1, "; ");
  return lines.empty() ? "" : "; " + lines;
}

/// Collects the images of a part with their classes.
class Collection {
public:
  Collection(const std::string &root, const WantedData &wanted, std::string &note)
      : root(root), wanted(wanted), walk(root), note(note) {
    found.root = root;
  }

  /// `known` are names whose numbers are fixed; if there are none, the sub-folders are numbered in order.
  ImageFiles collect(const Names &known) {
    FolderWalk::Children children = walk.children(root);
    for (const std::string &folder : walk.enterAll(children.folders)) {
      classes.emplace_back(nameOf(folder), Names());
      walk.collect(folder, classes.back().second);
    }
    number(known);
    size_t inClasses = found.files.size();
    addOthers(children.images);
    tellPassedOver(walk, note);
    if (found.files.empty())
      throw UserError("--data " + root +
                      ": holds no data that is known: no images (.png, .jpg), no IDX or CIFAR files" +
                      inOneLine(walk.passedOver()));
    if (wanted.classes && !inClasses)
      throw UserError("--data " + root +
                      ": the model needs labels, and the images are in no sub-folders (one a class)");
    return std::move(found);
  }

private:
  /// Gives each class its number and adds its images.
  void number(const Names &known) {
    found.classes = known;
    Names strange, empty, single;
    for (auto &[name, images] : classes) {
      auto at = std::find(found.classes.begin(), found.classes.end(), name);
      if (at == found.classes.end()) {
        if (!known.empty())
          strange.push_back(name);
        at = found.classes.insert(at, name);
      }
      if (images.size() < 2)
        (images.empty() ? empty : single).push_back(name);
      for (const std::string &path : images)
        found.files.push_back({path, int32_t(at - found.classes.begin())});
    }
    found.labelled = !found.files.empty();
    if (found.labelled && wanted.classes)
      check(known, strange, empty);
    if (found.labelled && (wanted.classes || wanted.compare))
      tell(known, strange, empty, single);
  }

  void check(const Names &known, const Names &strange, const Names &empty) const {
    if (!strange.empty())
      throw UserError("--data " + root + ": has classes that the training data has not: " + listed(strange) +
                      "; it has " + listed(known));
    if (int64_t(found.classes.size()) != wanted.classes)
      throw UserError("--data " + root + ": has " + std::to_string(found.classes.size()) +
                      " classes (sub-folders), the model declares " + std::to_string(wanted.classes) + ": " +
                      listed(found.classes) + (empty.empty() ? "" : "; without images: " + listed(empty)));
  }

  void tell(const Names &known, const Names &strange, Names empty, const Names &single) const {
    for (const std::string &name : known)
      if (std::none_of(classes.begin(), classes.end(), [&](const auto &c) { return c.first == name; }))
        empty.push_back(name);
    auto warn = [&](const Names &names, const std::string &one, const std::string &many) {
      if (!names.empty())
        addNote(note, "warning: " + root + ": " + (names.size() == 1 ? one : many) + listed(names));
    };
    warn(strange, "the training data has no class ", "the training data has no classes ");
    warn(empty, "there are no images of class ", "there are no images of classes ");
    warn(single, "there is one image of class ", "there is one image each of classes ");
  }

  /// Handles images that lie beside the classes and belong to none: leaves them out if classes are needed, otherwise
  /// the whole part loses its labels.
  void addOthers(const Names &images) {
    if (images.empty())
      return;
    if (wanted.classes && found.labelled) {
      Names names;
      for (const std::string &path : images)
        names.push_back(nameOf(path));
      addNote(note, "warning: " + root + ": " + std::to_string(images.size()) +
                        (images.size() == 1 ? " image lies" : " images lie") +
                        " in no class, left out: " + listed(names));
      return;
    }
    for (const std::string &path : images)
      found.files.push_back({path, 0});
    found.labelled = false;
    found.classes.clear();
  }

  std::string root;
  const WantedData &wanted;
  FolderWalk walk;
  std::vector<std::pair<std::string, Names>> classes; ///< names of the classes with their images
  ImageFiles found;
  std::string &note;
};

} // namespace

std::string listed(const std::vector<std::string> &names, size_t most) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), most); ++i)
    text += (i ? ", " : "") + names[i];
  return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

ImageFiles findImages(const std::string &folder, Part part, const Names &known, const WantedData &wanted,
                      std::string &note) {
  FolderWalk top(folder);
  PartFolders parts = partsOf(top.children(folder));
  bool none = parts.train.empty() && parts.test.empty();
  if (none && part == Part::Test)
    return {};
  if (none)
    return Collection(folder, wanted, note).collect(known);
  if (part == Part::Train && parts.train.empty())
    throw UserError("--data " + folder + ": has a test part (" + nameOf(parts.test) +
                    ") and no training part (train): give " + parts.test + " itself to train on it");
  if (part == Part::Test && parts.test.empty())
    return {};
  if (part == Part::Train)
    tellPassedOver(top, note);
  if (part == Part::Train && !parts.others.empty())
    addNote(note, folder + ": its parts are " + nameOf(parts.train) + " and " + nameOf(parts.test) +
                      "; left out: " + listed(parts.others));
  if (part == Part::Train)
    return Collection(parts.train, wanted, note).collect(known);
  return Collection(parts.test, wanted, note)
      .collect(known.empty() && !parts.train.empty() ? classNames(parts.train) : known);
}

} // namespace ganrt
