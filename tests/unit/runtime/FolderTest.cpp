// Tests folders of images: which sub-folders are parts and classes, which number each class gets, and that everything
// that is left out is reported.
#include "runtime/base/Error.h"
#include "runtime/data/Dataset.h"
#include "runtime/device/Threads.h"
#include "runtime/generate/Picture.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

class Folders : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("ganc-folders-" + std::to_string(getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
    options.where = folder;
  }
  void TearDown() override { fs::remove_all(folder); }

  void picture(const std::string &name, uint8_t grey = 7) const {
    fs::create_directories((folder / name).parent_path());
    writePng(folder / name, Grid{2, 3, 1, 1, {std::vector<uint8_t>(6, grey)}, 0});
  }
  void pictures(const std::vector<std::string> &names) const {
    for (const std::string &name : names)
      picture(name);
  }
  void file(const std::string &name) const {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "text";
  }
  /// `classes` is the number that the model declares; 0: it needs no labels, which are then only compared with.
  static WantedData wanted(int64_t classes) {
    WantedData wanted{1, 2, 3, false, classes, true};
    wanted.files = true;
    return wanted;
  }
  Dataset load(int64_t classes, Part part = Part::Train) {
    note.clear();
    return loadData(options, part, wanted(classes), note);
  }
  Parts loadBoth(int64_t classes) {
    note.clear();
    return loadParts(options, wanted(classes), note);
  }
  std::string failure(int64_t classes, Part part = Part::Train) {
    try {
      load(classes, part);
    } catch (const UserError &e) {
      return e.what();
    }
    return "no error";
  }
  bool told(const std::string &text) const { return note.find(text) != std::string::npos; }

  fs::path folder;
  DataOptions options;
  std::string note;
};

using Names = std::vector<std::string>;
using Labels = std::vector<int32_t>;

TEST_F(Folders, PartsHaveManyNames) {
  for (const char *test : {"test", "val", "valid", "validation", "Test", "VAL"})
    for (const char *train : {"train", "Training"}) {
      fs::remove_all(folder);
      pictures({train + std::string("/a/1.png"), train + std::string("/b/1.png"), test + std::string("/b/2.png")});
      Parts parts = loadBoth(2);
      EXPECT_EQ(parts.train.labels, (Labels{0, 1})) << train << test;
      EXPECT_EQ(parts.test.labels, (Labels{1})) << train << test;
      EXPECT_EQ(parts.test.files, (Names{test + std::string("/b/2.png")}));
    }
}

TEST_F(Folders, WhatIsBesideThePartsIsTold) {
  pictures({"train/1.png", "val/2.png", "test/3.png", "extra/4.png", "5.png"});
  file("README.md");
  Parts parts = loadBoth(0);
  EXPECT_EQ(parts.train.files, (Names{"train/1.png"}));
  EXPECT_EQ(parts.test.files, (Names{"test/3.png"}));
  EXPECT_TRUE(told("its parts are train and test; left out: extra, val, 1 images")) << note;
  EXPECT_TRUE(told("1 file of another kind is left out: 1 .md")) << note;
}

TEST_F(Folders, OnePartAloneAndAClassOfAPartsName) {
  pictures({"train/a/1.png", "train/b/1.png"});
  EXPECT_EQ(load(2).classes, (Names{"a", "b"}));
  EXPECT_EQ(load(2, Part::Test).count, 0);
  pictures({"plane/1.png", "car/1.png"}); // now "train" is a vehicle
  EXPECT_EQ(load(3).classes, (Names{"car", "plane", "train"}));
  fs::remove_all(folder);
  picture("test/a/1.png");
  EXPECT_NE(failure(1).find("has a test part (test) and no training part"), std::string::npos) << failure(1);
  EXPECT_EQ(load(1, Part::Test).count, 1);
}

TEST_F(Folders, LabelsFollowTheTrainingPart) {
  pictures({"train/ant/1.png", "train/bee/1.png", "train/cat/1.png", "test/cat/2.png", "test/bee/2.png"});
  EXPECT_EQ(loadBoth(3).test.labels, (Labels{1, 2}));
  EXPECT_TRUE(told("warning: " + (folder / "test").string() + ": there are no images of class ant")) << note;
  EXPECT_EQ(load(3, Part::Test).labels, (Labels{1, 2})) << "where the test part is read alone";
  pictures({"test/dog/1.png"});
  EXPECT_NE(failure(3, Part::Test).find("has classes that the training data has not: dog; it has ant, bee, cat"),
            std::string::npos)
      << failure(3, Part::Test);
  EXPECT_EQ(load(0, Part::Test).labels, (Labels{1, 2, 3})) << "labels to be compared with";
  EXPECT_TRUE(told("the training data has no class dog")) << note;
}

TEST_F(Folders, LabelsFollowTheRun) {
  pictures({"cat/1.png", "bee/1.png"});
  options.classes = {"ant", "bee", "cat"};
  EXPECT_EQ(load(3).labels, (Labels{1, 2}));
  options.classes = {"cat", "ant"};
  EXPECT_NE(failure(2).find("has classes that the training data has not: bee"), std::string::npos) << failure(2);
}

TEST_F(Folders, ClassesThatAreEmptyOrSmall) {
  pictures({"ant/1.png", "ant/2.png", "bee/1.png"});
  fs::create_directories(folder / "cow");
  Dataset data = load(3);
  EXPECT_EQ(data.classes, (Names{"ant", "bee", "cow"}));
  EXPECT_TRUE(told("there are no images of class cow")) << note;
  EXPECT_TRUE(told("there is one image of class bee")) << note;
  EXPECT_NE(failure(2).find("has 3 classes (sub-folders), the model declares 2: ant, bee, cow; without images: cow"),
            std::string::npos)
      << failure(2);
}

TEST_F(Folders, WhatToolsLeaveIsNoClass) {
  pictures({"ant/1.png", "ant/2.png", "__MACOSX/ant/1.png", ".cache/1.png", "ant/._1.png", "bee/1.png", "bee/2.png"});
  for (const char *name : {"ant/.DS_Store", "ant/Thumbs.db", "bee/1.webp", "bee/2.webp", "bee/list.TXT", "bee/LICENSE"})
    file(name);
  Dataset data = load(2);
  EXPECT_EQ(data.files, (Names{"ant/1.png", "ant/2.png", "bee/1.png", "bee/2.png"}));
  EXPECT_TRUE(told("hidden folders and those of tools are left out: .cache, __MACOSX")) << note;
  EXPECT_TRUE(told("4 files of other kinds are left out: 2 .webp, 1 .txt, 1 without an ending")) << note;
  picture("lost.png");
  EXPECT_EQ(load(2).count, 4);
  EXPECT_TRUE(told("1 image lies in no class, left out: lost.png")) << note;
}

TEST_F(Folders, LinksAreFollowedOnce) {
  pictures({"data/ant/1.png", "data/bee/1.png", "data/bee/deep/2.png", "elsewhere/3.png", "elsewhere/in/4.png"});
  options.where = folder / "data";
  auto link = [&](const std::string &to, const std::string &name) { fs::create_symlink(to, folder / "data" / name); };
  link("..", "bee/above");
  link("/", "bee/root");
  link(".", "ant/self");
  link("../bee", "ant/other");
  link("bee", "aaa"); // it sorts before its target
  link("../elsewhere", "zoo");
  link("../../../elsewhere/in", "bee/deep/in");
  fs::create_symlink("../../data", folder / "elsewhere/in/back");
  fs::create_symlink("..", folder / "elsewhere/in/up");
  Dataset data = load(3);
  EXPECT_EQ(data.classes, (Names{"ant", "bee", "zoo"}));
  EXPECT_EQ(data.files, (Names{"ant/1.png", "bee/1.png", "bee/deep/2.png", "bee/deep/in/4.png", "zoo/3.png"}));
  EXPECT_TRUE(told("folders that are read under another name, or lie above, are left out: aaa, ant/other, ant/self"))
      << note;
  link("nowhere", "ant/gone.png");
  EXPECT_EQ(load(3).count, 5);
  EXPECT_TRUE(told("gone.png: No such file or directory")) << note;
}

TEST_F(Folders, WhatIsNoFileIsNotWaitedFor) {
  pictures({"a/1.png", "b/1.png"});
  ASSERT_EQ(mkfifo((folder / "a/2.png").c_str(), 0600), 0);
  int socketFile = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{AF_UNIX, {}};
  std::string path = folder / "b/2.png";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  strcpy(address.sun_path, path.c_str());
  ASSERT_EQ(bind(socketFile, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  fs::create_symlink("/dev/zero", folder / "b/3.png");
  EXPECT_EQ(load(2).count, 2);
  EXPECT_TRUE(told("as they are no files: a/2.png (a pipe), b/2.png (a socket), b/3.png (a device)")) << note;
  close(socketFile);
  for (const char *name : {"x.npy", "x.npz", "x"}) {
    ASSERT_EQ(mkfifo((folder / name).c_str(), 0600), 0);
    options.where = folder / name;
    EXPECT_NE(failure(0).find("is a pipe, a socket or a device"), std::string::npos) << failure(0);
  }
}

TEST_F(Folders, WarningsOfBothPartsAreTold) {
  pictures({"train/1.png", "train/2.png", "test/1.png"});
  file("test/2.png");
  EXPECT_EQ(loadBoth(0).test.files, (Names{"test/1.png"}));
  EXPECT_TRUE(told("warning: 1 of 2 images are damaged and left out; the first: " + (folder / "test/2.png").string()))
      << note;
  testing::internal::CaptureStderr();
  tellNotes("a note\nwarning: a warning", true);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: a warning\n");
}

TEST_F(Folders, NamesOfFilesFollowAShareHeldOut) {
  for (int i = 0; i < 20; ++i)
    picture(std::to_string(i) + ".png", uint8_t(i));
  options.holdout = 0.25;
  Parts parts = loadBoth(0);
  ASSERT_EQ(parts.test.files.size(), 5u);
  for (const Dataset &data : {parts.train, parts.test})
    for (size_t i = 0; i < data.files.size(); ++i)
      EXPECT_EQ(data.files[i], std::to_string(imageBytes(data, int64_t(i))[0]) + ".png");
}

TEST_F(Folders, AnyNumberOfThreadsReadsTheSame) {
  for (int i = 0; i < 40; ++i)
    picture(std::to_string(i) + ".png", uint8_t(i));
  Names one = load(0).files;
  kernelThreads().start(3);
  Dataset three = load(0);
  EXPECT_EQ(three.files, one);
  EXPECT_EQ(imageBytes(three, 1)[0], std::stoi(one[1]));
  kernelThreads().start(1);
}

} // namespace
} // namespace ganrt
