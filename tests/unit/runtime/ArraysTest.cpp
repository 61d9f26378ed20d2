// Tests NumPy's arrays, which are written here like NumPy writes them: layouts, types, ranges, labels, archives,
// damage.
#include "DataFolder.h"
#include "runtime/base/Error.h"

#include <cmath>
#include <numeric>

#include <minizip/zip.h>

namespace ganrt {
namespace {

std::string npy(const std::string &type, const std::string &shape, const std::string &content, bool fortran = false) {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + shape + "), }";
  header.resize(118, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + content;
}
template <class T> std::string raw(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}
/// 0, 1, 2, ..
Bytes counting(size_t count) {
  Bytes out(count);
  std::iota(out.begin(), out.end(), uint8_t(0));
  return out;
}

class Arrays : public DataFolder {
protected:
  /// Writes bytes counted from 0 as an array of this shape.
  void writeCounting(const std::string &name, const std::string &shape, size_t count) {
    write(name, npy("|u1", shape, raw(counting(count))));
  }
  void writeArchive(const std::string &name, const std::vector<std::pair<std::string, std::string>> &members) {
    zipFile archive = zipOpen64((folder / name).c_str(), APPEND_STATUS_CREATE);
    for (const auto &[member, content] : members) {
      zipOpenNewFileInZip64(archive, member.c_str(), nullptr, nullptr, 0, nullptr, 0, nullptr, Z_DEFLATED, 6, 0);
      zipWriteInFileInZip(archive, content.data(), unsigned(content.size()));
      zipCloseFileInZip(archive);
    }
    zipClose(archive, nullptr);
  }
  /// Loads three points with these labels.
  Dataset labelled(const std::string &labels, int64_t classes) {
    write("x.npy", npy("<f4", "3, 2", raw<float>({0, 0, 0, 0, 0, 0})));
    write("y.npy", labels);
    options.labels = (folder / "y.npy").string();
    WantedData wanted = vectorOf(2, 0, 1);
    wanted.classes = classes;
    return load("x.npy", wanted);
  }
  std::string labelFailure(const std::string &labels, int64_t classes = 3) {
    try {
      labelled(labels, classes);
    } catch (const UserError &e) {
      return e.what();
    }
    return "no error";
  }
};

using Labels = std::vector<int32_t>;

/// (N, C, L) is read as (N, C, 1, L).
TEST_F(Arrays, SequencesOfSeveralChannels) {
  writeCounting("short.npy", "2, 3, 4", 24);
  writeCounting("long.npy", "2, 3, 1, 4", 24);
  Bytes read = bytesOf(load("short.npy", imageOf(3, 1, 4)));
  EXPECT_EQ(read, bytesOf(load("long.npy", imageOf(3, 1, 4))));
  EXPECT_EQ((Bytes{read.begin(), read.begin() + 6}), (Bytes{0, 4, 8, 1, 5, 9}));
  EXPECT_NE(failure("short.npy", imageOf(4, 1, 3)).find("what is read is (N, 4, 1, 3), (N, 1, 3, 4) and (N, 4, 3)"),
            std::string::npos);
}

TEST_F(Arrays, ChannelsFirstAndLastByTheDeclaredShape) {
  writeCounting("first.npy", "2, 3, 2, 2", 24);
  EXPECT_EQ(imageBytes(load("first.npy", imageOf(3, 2, 2)), 1),
            (Bytes{12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23}));
  for (int channels : {1, 2, 3, 4, 5, 10}) {
    // (N, H, W, C) is stored as it lies in memory.
    std::string c = std::to_string(channels);
    writeCounting("last.npy", "2, 3, 2, " + c, size_t(12 * channels));
    EXPECT_EQ(bytesOf(load("last.npy", imageOf(channels, 3, 2))), counting(size_t(12 * channels))) << channels;
    EXPECT_EQ(note, "");
    writeCounting("first.npy", "2, " + c + ", 3, 2", size_t(12 * channels));
    Bytes first = bytesOf(load("first.npy", imageOf(channels, 3, 2)));
    for (int i = 0; i < 12 * channels; ++i) { // (image, pixel, channel)
      int image = i / (6 * channels), pixel = i / channels % 6, channel = i % channels;
      EXPECT_EQ(first[size_t(i)], image * 6 * channels + channel * 6 + pixel);
    }
  }
  writeCounting("grey.npy", "2, 3, 2", 12);
  EXPECT_EQ(bytesOf(load("grey.npy", imageOf(1, 3, 2))), counting(12));
  writeCounting("flat.npy", "2, 6", 12);
  EXPECT_EQ(bytesOf(load("flat.npy", imageOf(1, 3, 2))), counting(12));
  write("floats.npy", npy("<f4", "1, 1, 2, 3", raw<float>({0, .1f, .2f, .3f, .4f, .5f})));
  EXPECT_EQ(numbersOf(load("floats.npy", imageOf(3, 1, 2)), imageOf(3, 1, 2)),
            (std::vector<float>{0, .1f, .2f, .3f, .4f, .5f}));
}

TEST_F(Arrays, BytesOfAnotherSizeAreResized) {
  write("large.npy", npy("|u1", "1, 4, 4, 3", std::string(48, 90)));
  EXPECT_EQ(bytesOf(load("large.npy", imageOf(3, 2, 2))), Bytes(12, 90));
  EXPECT_EQ(note, "images of 3 x 4 x 4 are cropped and resized to 3 x 2 x 2");
  EXPECT_EQ(bytesOf(load("large.npy", imageOf(1, 4, 4))), Bytes(16, 90));
  EXPECT_EQ(note, "images of 3 x 4 x 4 become 1 x 4 x 4");
  write("grey.npy", npy("|u1", "1, 1, 4, 4", std::string(16, 90)));
  EXPECT_EQ(bytesOf(load("grey.npy", imageOf(3, 2, 2))), Bytes(12, 90));
  write("ten.npy", npy("|u1", "1, 10, 6, 6", std::string(360, 90)));
  EXPECT_EQ(bytesOf(load("ten.npy", imageOf(10, 3, 3))), Bytes(90, 90));
}

TEST_F(Arrays, WhatFitsInNoWayOrInTwoIsRefusedWithBothShapes) {
  auto refused = [&](const std::string &shape, size_t count, const WantedData &wanted, const std::string &declared) {
    write("x.npy", npy("|u1", shape, std::string(count, 7)));
    fails("x.npy", wanted, "has the shape (" + shape + "), the model declares " + declared);
  };
  refused("2, 28, 28, 10", 15680, imageOf(1, 28, 28), "image(1, 28, 28)");
  refused("2, 10, 28, 28", 15680, imageOf(1, 28, 28), "image(1, 28, 28)");
  refused("2, 28, 28, 2", 3136, imageOf(1, 28, 28), "image(1, 28, 28)");
  refused("2, 28, 28, 4", 6272, imageOf(3, 28, 28), "image(3, 28, 28)");
  refused("5, 3, 3, 3", 135, imageOf(3, 3, 3), "image(3, 3, 3), and its channels may be the first axis");
  refused("2, 3, 8, 3", 144, imageOf(3, 4, 4), "image(3, 4, 4), and its channels may be the first axis");
  refused("2, 48", 96, imageOf(3, 4, 4), "image(3, 4, 4)");          // in which order?
  refused("2, 49", 98, imageOf(1, 4, 4), "image(1, 4, 4)");          // of which size?
  refused("28, 28, 1", 784, imageOf(1, 28, 28), "image(1, 28, 28)"); // one image, and not 28
  refused("3, 8, 8", 192, imageOf(3, 8, 8), "image(3, 8, 8)");
  refused("8, 8, 3", 192, imageOf(3, 8, 8), "image(3, 8, 8)");
  refused("2, 16, 1", 32, imageOf(1, 4, 4), "image(1, 4, 4)");
  refused("2, 2, 8", 32, imageOf(1, 4, 4), "image(1, 4, 4)"); // other sides, as many numbers
  refused("2, 1, 30", 60, imageOf(1, 4, 4), "image(1, 4, 4)");
  refused("2, 1, 1, 4, 4", 32, imageOf(1, 4, 4), "image(1, 4, 4)");
  refused("5", 5, imageOf(1, 1, 5), "image(1, 1, 5)");
  refused("2, 3", 6, vectorOf(2, 0, 9), "vector(2)");
  write("floats.npy", npy("<f4", "1, 4, 4", std::string(64, 0)));
  fails("floats.npy", imageOf(1, 2, 2), "has the shape (1, 4, 4), the model declares image(1, 2, 2)");
  writeCounting("cube.npy", "2, 1, 2, 1", 4); // with one channel both ways are the same
  EXPECT_EQ(bytesOf(load("cube.npy", imageOf(1, 2, 1))), counting(4));
}

TEST_F(Arrays, NumbersOfEveryType) {
  WantedData wanted = vectorOf(2, -300, 70000);
  auto reads = [&](const std::string &type, const std::string &content, const std::vector<float> &expected) {
    write("x.npy", npy(type, "1, 2", content));
    EXPECT_EQ(numbersOf(load("x.npy", wanted), wanted), expected) << type;
  };
  reads("|u1", raw<uint8_t>({3, 255}), {3, 255}); // a vector takes them as they are
  reads("|i1", raw<int8_t>({-3, 127}), {-3, 127});
  reads("|b1", raw<uint8_t>({0, 1}), {0, 1});
  reads("<i2", raw<int16_t>({-300, 258}), {-300, 258});
  reads("<u2", raw<uint16_t>({65535, 258}), {65535, 258});
  reads("<i4", raw<int32_t>({-300, 65536}), {-300, 65536});
  reads("<u4", raw<uint32_t>({1, 65536}), {1, 65536});
  reads("<i8", raw<int64_t>({-300, 65536}), {-300, 65536});
  reads("<u8", raw<uint64_t>({1, 65536}), {1, 65536});
  reads("<f4", raw<float>({0.5f, -1.25f}), {0.5f, -1.25f});
  reads("<f8", raw<double>({0.5, -1.25}), {0.5f, -1.25f});
  reads(">f4", std::string("\x3f\0\0\0\xbf\xa0\0\0", 8), {0.5f, -1.25f});
  reads(">f8", std::string("\x3f\xe0\0\0\0\0\0\0\xbf\xf4\0\0\0\0\0\0", 16), {0.5f, -1.25f});
  reads(">i2", std::string("\x01\x02\xff\xfe", 4), {258, -2});
  reads(">u4", std::string("\0\1\0\0\0\0\0\1", 8), {65536, 1});
  // 1.5, -2, the smallest number and the largest below 70000
  reads("<f2", raw<uint16_t>({0x3e00, 0xc000}), {1.5f, -2});
  reads("<f2", raw<uint16_t>({0x0001, 0x7bff}), {5.9604644775390625e-8f, 65504});
  reads(">f2", std::string("\x3e\0\xc0\0", 4), {1.5f, -2});
  for (const char *type : {"<c8", "<f16", "<U4", "|S1", "|O", "<M8", "<f1", "|b2", "f4"}) {
    write("x.npy", npy(type, "1, 2", std::string(16, 0)));
    fails("x.npy", wanted,
          std::string("holds numbers of type '") + type + "'; bool, integers, and floats of 2, 4 or 8");
  }
  write("x.npy", npy("<f4", "1, 2", std::string(8, 0), true));
  fails("x.npy", wanted, "is in Fortran order; save numpy.ascontiguousarray of it");
  write("x.npy", npy("|b1", "1, 1, 2", raw<uint8_t>({0, 1})));
  EXPECT_EQ(bytesOf(load("x.npy", imageOf(1, 1, 2))), (Bytes{0, 255}));
}

TEST_F(Arrays, NumbersBeyondTheRangeAreToldWithTheirRow) {
  auto one = [&](double value, double lo, double hi) {
    write("x.npy", npy("<f8", "2, 1", raw<double>({std::isfinite(lo) ? lo : 0, value})));
    return failure("x.npy", vectorOf(1, lo, hi));
  };
  EXPECT_NE(one(3, -1, 2).find("row 1 (the first is 0) holds 3, outside the declared range [-1, 2]"), std::string::npos)
      << one(3, -1, 2);
  EXPECT_NE(one(-1.001, -1, 2).find("holds -1.001"), std::string::npos);
  EXPECT_NE(one(NAN, -1, 2).find("row 1 (the first is 0) holds nan"), std::string::npos);
  EXPECT_NE(one(-NAN, -INFINITY, INFINITY).find("nan"), std::string::npos);
  EXPECT_NE(one(INFINITY, 0, INFINITY).find("row 1 (the first is 0) holds inf"), std::string::npos);
  // A number that rounding puts just outside the range is clipped.
  for (double almost : {1.0000001, 1.000009}) {
    ASSERT_EQ(one(almost, 0, 1), "no error") << almost;
    EXPECT_EQ(numbersOf(load("x.npy", vectorOf(1, 0, 1)), vectorOf(1, 0, 1), 1), std::vector<float>{1});
  }
  EXPECT_NE(one(1.0001, 0, 1), "no error");
  write("x.npy", npy("<i8", "1, 1, 1", raw<int64_t>({200})));
  fails("x.npy", imageOf(1, 1, 1), "or save bytes (uint8), which are scaled from 0 to 255");
}

TEST_F(Arrays, BytesThatReachToOneAreWarnedOf) {
  write("x.npy", npy("|u1", "2, 1, 2", raw<uint8_t>({0, 1, 1, 0})));
  load("x.npy", imageOf(1, 1, 2));
  EXPECT_EQ(note.find("warning: "), 0u) << note;
  EXPECT_NE(note.find("x.npy: the largest of its bytes is 1"), std::string::npos) << note;
  load("x.npy", vectorOf(2, 0, 1));
  EXPECT_EQ(note, "");
}

TEST_F(Arrays, LabelsOfEveryForm) {
  for (const std::string &y :
       {npy("<i8", "3,", raw<int64_t>({2, 0, 1})), npy("<i8", "3, 1", raw<int64_t>({2, 0, 1})),
        npy("<f4", "3,", raw<float>({2, 0, 1})), npy("<f8", "3, 1", raw<double>({2, 0, 1})),
        npy("|u1", "3,", raw<uint8_t>({2, 0, 1})), npy(">i2", "3,", std::string("\0\2\0\0\0\1", 6)),
        npy("|u1", "3, 3", raw<uint8_t>({0, 0, 1, 1, 0, 0, 0, 1, 0})),
        npy("<f4", "3, 3", raw<float>({0, 0, 1, 1, 0, 0, 0, 1, 0}))})
    EXPECT_EQ(labelled(y, 3).labels, (Labels{2, 0, 1}));
  EXPECT_EQ(labelled(npy("|b1", "3,", raw<uint8_t>({1, 0, 1})), 2).labels, (Labels{1, 0, 1}));
}

TEST_F(Arrays, LabelsThatAreNone) {
  auto says = [&](const std::string &labels, const std::string &message) {
    std::string said = labelFailure(labels);
    EXPECT_NE(said.find(message), std::string::npos) << said;
    EXPECT_NE(said.find(folder.string()), std::string::npos) << said;
  };
  says(npy("<i8", "3,", raw<int64_t>({1, 2, 3})), "has labels 1 to 3; the model declares 3 classes, 0 to 2: take 1");
  says(npy("<i8", "3,", raw<int64_t>({0, 1, 7})), "has labels 0 to 7; the model declares 3 classes, 0 to 2");
  says(npy("<i8", "3,", raw<int64_t>({0, -1, 1})), "y.npy: row 1 (the first is 0) holds -1: labels are whole numbers");
  says(npy("<f4", "3,", raw<float>({0, 1, 0.5f})), "row 2 (the first is 0) holds 0.5: labels are whole numbers");
  says(npy("<f4", "3,", raw<float>({NAN, 1, 0})), "row 0 (the first is 0) holds nan");
  says(npy("<f8", "3,", raw<double>({0, 1e30, 0})), "row 1 (the first is 0) holds 1e+30");
  says(npy("<i8", "2,", raw<int64_t>({0, 1})), "the shape (2) of the labels does not belong to 3 images");
  says(npy("<i8", "1, 3", raw<int64_t>({0, 1, 2})), "the shape (1, 3) of the labels does not belong to 3 images");
  says(npy("|u1", "3, 2", std::string(6, 0)), "the shape (3, 2) of the labels does not belong to 3 classes");
  says(npy("|u1", "3, 1, 1", std::string(3, 0)), "the shape (3, 1, 1) of the labels is none of (N,), (N, 1)");
  says(npy("|u1", "3, 3", raw<uint8_t>({1, 0, 0, 1, 0, 1, 0, 0, 1})), "row 1 (the first is 0) holds 1: one of");
  says(npy("|u1", "3, 3", raw<uint8_t>({1, 0, 0, 0, 0, 0, 0, 0, 1})), "row 1 (the first is 0) holds 0: one of");
  says(npy("|u1", "3, 3", raw<uint8_t>({1, 0, 0, 0, 1, 0, 0, 7, 1})), "row 2 (the first is 0) holds 7: one of");
  labelled(npy("<i8", "3,", raw<int64_t>({1, 2, 2})), 4);
  EXPECT_EQ(note, "warning: the data has labels 1 to 2; the model declares 4 classes, 0 to 3");
}

TEST_F(Arrays, ArchivesAndTheNamesInThem) {
  std::string x = npy("|u1", "2, 1, 2", raw<uint8_t>({10, 20, 30, 40})), y = npy("<i8", "2,", raw<int64_t>({1, 0}));
  std::string x2 = npy("|u1", "1, 1, 2", raw<uint8_t>({50, 60})), y2 = npy("<i8", "1,", raw<int64_t>({1}));
  WantedData wanted = imageOf(1, 1, 2, 2);
  for (auto [images, labels] : {std::pair("x_train.npy", "y_train.npy"),
                                {"train_images.npy", "train_labels.npy"},
                                {"x.npy", "y.npy"},
                                {"X.npy", "Y.npy"},
                                {"images.npy", "labels.npy"},
                                {"arr_0.npy", "arr_1.npy"}}) {
    writeArchive("a.npz", {{"other.npy", x2}, {labels, y}, {images, x}});
    Dataset data = load("a.npz", wanted);
    EXPECT_EQ(bytesOf(data), (Bytes{10, 20, 30, 40})) << images;
    EXPECT_EQ(data.labels, (Labels{1, 0})) << images;
    EXPECT_EQ(load("a.npz", wanted, Part::Test).count, 0);
  }
  writeArchive("a.npz", {{"x_train.npy", x}, {"y_train.npy", y}, {"x_test.npy", x2}, {"y_test.npy", y2}});
  Dataset test = load("a.npz", wanted, Part::Test);
  EXPECT_EQ(bytesOf(test), (Bytes{50, 60}));
  EXPECT_EQ(test.labels, Labels{1});
  writeArchive("a.npz", {{"faces.npy", x}, {"who.npy", y}});
  fails("a.npz", wanted,
        "holds no images of a known name (x_train, train_images, x, images, arr_0); it holds faces, who");
  writeArchive("a.npz", {{"x.npy", x}, {"who.npy", y}});
  fails("a.npz", wanted, "holds no array named y, and the model needs labels for x; it holds x, who");
  // The labels of both parts are in a second archive.
  writeArchive("a.npz", {{"x_train.npy", x}, {"x_test.npy", x2}});
  writeArchive("b.npz", {{"y_train.npy", y}, {"y_test.npy", y2}});
  options.labels = (folder / "b.npz").string();
  EXPECT_EQ(load("a.npz", wanted).labels, (Labels{1, 0}));
  EXPECT_EQ(load("a.npz", wanted, Part::Test).labels, Labels{1});
  writeArchive("b.npz", {{"arr_0.npy", y}});
  EXPECT_EQ(load("a.npz", wanted).labels, (Labels{1, 0}));
  writeArchive("b.npz", {{"who.npy", y}});
  fails("a.npz", wanted,
        "b.npz: holds no labels of a known name (arr_0, y_train, train_labels, y, labels, arr_1); it holds who");
}

/// Numbers beside the images that cannot be labels, such as targets of a regression, are ignored.
TEST_F(Arrays, WhatIsNoLabelIsLeftWhereNoneIsNeeded) {
  std::string x = npy("|u1", "2, 1, 2", raw<uint8_t>({10, 20, 30, 40}));
  writeArchive("a.npz", {{"x.npy", x}, {"y.npy", npy("<f4", "2,", raw<float>({0.25f, 3}))}});
  WantedData wanted = imageOf(1, 1, 2);
  EXPECT_EQ(load("a.npz", wanted).count, 2);
  wanted.compare = true;
  Dataset data = load("a.npz", wanted);
  EXPECT_EQ(data.count, 2);
  EXPECT_TRUE(data.labels.empty());
  EXPECT_NE(note.find("is not used as labels: row 0 (the first is 0) holds 0.25"), std::string::npos) << note;
}

TEST_F(Arrays, FilesThatAreCutDamagedOrLie) {
  WantedData wanted = vectorOf(2, 0, 1);
  auto fails = [&](const std::string &name, const std::string &content, const std::string &message) {
    write(name, content);
    DataFolder::fails(name, wanted, message);
  };
  std::string whole = npy("<f4", "3, 2", std::string(24, 0));
  fails("a.npy", "", "is empty");
  fails("a.npy", "hello, this is no array", "is not an array of NumPy");
  fails("a.npy", whole.substr(0, 60), "is cut off in its header");
  fails("a.npy", whole.substr(0, 140), "has 12 bytes of numbers, its header says (3, 2) of 4 bytes each");
  fails("a.npy", whole + "more", "has 28 bytes of numbers, its header says (3, 2)");
  fails("a.npy", npy("<f4", "99999999999999, 2", "1234"), "its header says (99999999999999, 2)");
  fails("a.npy", npy("<f4", "99999999999999999999, 2", "1234"), "its header has no shape that can be read");
  fails("a.npy", npy("<f4", "-3, 2", std::string(24, 0)), "its header has no shape that can be read");
  fails("a.npy", npy("<f4", "0, 2", ""), "has the shape (0, 2): it holds nothing");
  fails("a.npy", npy("<f4", "3, 0, 72057594037927935, 72057594037927935", ""), "it holds nothing");
  fails("a.npy", npy("<f4", "", "1234"), "has the shape (), the model declares vector(2)");
  fails("a.npz", "", "is empty");
  fails("a.npz", "hello, this is no archive", "cannot be opened as an .npz");
  std::filesystem::create_directory(folder / "folder.npy");
  DataFolder::fails("folder.npy", wanted, "is not a file");
  options.labels = (folder / "none.npy").string();
  write("a.npy", whole);
  wanted.classes = 2;
  DataFolder::fails("a.npy", wanted, "none.npy: cannot be opened: No such file or directory");
  DataFolder::fails("", wanted, "goes with --data FILE.npy or FILE.npz, not with " + folder.string());
  options.labels.clear();
  DataFolder::fails("a.npy", wanted, "the model needs labels and the data has none; --labels names a file of them");
  wanted.classes = 0;
  writeArchive("a.npz", {{"x.npy", whole}});
  std::ifstream file(folder / "a.npz", std::ios::binary);
  std::string archive{std::istreambuf_iterator<char>(file), {}};
  fails("a.npz", archive.substr(0, archive.size() / 2), "cannot be opened as an .npz (zip) archive: it is cut off");
  for (size_t i = 40; i < 50; ++i) { // inside the compressed bytes
    std::string damaged = archive;
    damaged[i] ^= 0x10;
    write("a.npz", damaged);
    EXPECT_NE(failure("a.npz", wanted), "no error") << i;
  }
}

TEST_F(Arrays, AShareIsHeldOut) {
  write("x.npy", npy("|u1", "50, 1", raw(counting(50))));
  options.holdout = 0.2;
  WantedData wanted = vectorOf(1, 0, 255);
  Dataset train = load("x.npy", wanted), test = load("x.npy", wanted, Part::Test);
  EXPECT_EQ(train.count, 40);
  EXPECT_EQ(test.count, 10);
  Bytes all = bytesOf(train);
  for (uint8_t byte : bytesOf(test))
    all.push_back(byte);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, counting(50));
  EXPECT_NE(bytesOf(test), counting(10)) << "not simply the first ones";
  options.holdout = 1;
  EXPECT_NE(failure("x.npy", wanted).find("--holdout must be"), std::string::npos);
}

} // namespace
} // namespace ganrt
