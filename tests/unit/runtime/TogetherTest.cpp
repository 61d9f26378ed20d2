// Tests data of several declarations: tables, samples that belong together by name or by order, and samples that do
// not.
#include "DataFolder.h"
#include "runtime/base/Error.h"
#include "runtime/data/Batches.h"
#include "runtime/device/Threads.h"
#include "runtime/generate/Picture.h"
#include "tests/unit/runtime/TinyProgram.h"

namespace fs = std::filesystem;

namespace ganrt {
namespace {

class DataTogether : public DataFolder {
protected:
  void picture(const std::string &name, uint8_t grey) const {
    fs::create_directories((folder / name).parent_path());
    writePng(folder / name, Grid{2, 2, 1, 1, {std::vector<uint8_t>(4, grey)}, 0});
  }
  /// A model of an image and a vector of two numbers.
  static WantedData imageAndVector() {
    WantedData wanted = imageOf(1, 2, 2), vector = vectorOf(2, -1, 1);
    wanted.name = "x", vector.name = "a";
    wanted.others = {vector};
    wanted.declared = {"x", "a"};
    return wanted;
  }
  Dataset loadWith(const std::string &x, const std::string &a, const WantedData &wanted) {
    startKernels(1);
    options.where = (folder / x).string();
    options.others = {{"a", (folder / a).string()}};
    note.clear();
    return loadData(options, Part::Train, wanted, note);
  }
  std::string failureWith(const std::string &x, const std::string &a, const WantedData &wanted) {
    try {
      loadWith(x, a, wanted);
    } catch (const UserError &e) {
      std::string text = e.what(), own = folder.string() + "/";
      for (size_t at; (at = text.find(own)) != std::string::npos;)
        text.erase(at, own.size());
      return text;
    }
    return "no error";
  }
  static float numberAt(const Dataset &data, int64_t sample, size_t k) {
    std::vector<uint8_t> buffer;
    return reinterpret_cast<const float *>(data.view(sample, buffer))[k];
  }
};

TEST_F(DataTogether, RowsOfATableBelongToPicturesByName) {
  for (int i = 0; i < 4; ++i)
    picture("photos/p" + std::to_string(i) + ".png", uint8_t(i));
  write("a.csv", "file,Smile,\"Eyes, open\"\np3.jpg,1,-1\np1.jpg,0.5,0\np0.jpg,-1,1\np2.jpg,0,1\nelse.jpg,0,0\n");
  Dataset data = loadWith("photos", "a.csv", imageAndVector());
  ASSERT_EQ(data.count, 4);
  ASSERT_EQ(data.others.size(), 1u);
  const Dataset &a = data.others[0];
  EXPECT_EQ(a.count, 4);
  std::vector<float> smiles;
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(imageBytes(data, i)[0], i);
    smiles.push_back(numberAt(a, i, 0));
  }
  EXPECT_EQ(smiles, (std::vector<float>{-1, 0.5, 0, 1}));
  EXPECT_NE(note.find("1 of a have no partner and are left out"), std::string::npos) << note;
  picture("photos/p9.png", 9);
  EXPECT_EQ(failureWith("photos", "a.csv", imageAndVector()),
            "x has 5 samples in photos, a has 5 in a.csv; 1 have no partner of the same name there: p9.png (--unpaired "
            "where samples do not belong together)");
}

TEST_F(DataTogether, WithoutNamesTheOrderCounts) {
  for (int i = 0; i < 3; ++i)
    picture("photos/p" + std::to_string(i) + ".png", uint8_t(i));
  write("a.csv", "0,1\n0.5,0\n-1,1\n");
  Dataset data = loadWith("photos", "a.csv", imageAndVector());
  EXPECT_EQ(numberAt(data.others[0], 2, 0), -1);
  write("a.csv", "0,1\n0.5,0\n");
  EXPECT_EQ(failureWith("photos", "a.csv", imageAndVector()),
            "x has 3 samples in photos, a has 2 in a.csv: as many of both are needed, in the same order (--unpaired "
            "where they do not belong together)");
}

TEST_F(DataTogether, AHeldOutShareIsOfTheSameSamples) {
  std::string rows = "u,v\n";
  for (int i = 0; i < 10; ++i) {
    picture("photos/p" + std::to_string(i) + ".png", uint8_t(i * 10));
    rows += "0." + std::to_string(i) + ",0\n";
  }
  write("a.csv", rows);
  options.holdout = 0.3;
  startKernels(1);
  options.where = (folder / "photos").string();
  options.others = {{"a", (folder / "a.csv").string()}};
  Parts parts = loadParts(options, imageAndVector(), note);
  EXPECT_EQ(parts.train.count, 7);
  EXPECT_EQ(parts.test.count, 3);
  for (const Dataset *part : {&parts.train, &parts.test})
    for (int64_t i = 0; i < part->count; ++i)
      EXPECT_NEAR(numberAt(part->others[0], i, 0) * 100, imageBytes(*part, i)[0], 1e-4);
}

TEST_F(DataTogether, SamplesThatDoNotBelongTogetherHaveOrdersOfTheirOwn) {
  for (int i = 0; i < 6; ++i)
    picture("photos/p" + std::to_string(i) + ".png", uint8_t(i));
  std::string rows = "u,v\n";
  for (int i = 0; i < 37; ++i)
    rows += "0." + std::to_string(10 + i) + ",0\n";
  write("a.csv", rows);
  options.unpaired = true;
  Dataset data = loadWith("photos", "a.csv", imageAndVector());
  EXPECT_EQ(data.count, 6);
  EXPECT_EQ(data.others[0].count, 37);
  EXPECT_TRUE(data.others[0].unpaired);
  gan_input input{};
  input.name = "a@D";
  EXPECT_EQ(&data.of(input), &data.others[0]);
  input.name = "x";
  EXPECT_EQ(&data.of(input), &data);
}

TEST_F(DataTogether, LabelsOfATable) {
  for (int i = 0; i < 3; ++i)
    picture("photos/p" + std::to_string(i) + ".png", uint8_t(i));
  write("jobs.csv", "image,age,job\np2.png,30,cook\np0.png,40,baker\np1.png,50,cook\n");
  WantedData wanted = imageOf(1, 2, 2), label;
  wanted.name = "x", label.label = "a", label.classes = 2;
  wanted.others = {label};
  wanted.declared = {"x", "a"};
  Dataset data = loadWith("photos", "jobs.csv:job", wanted);
  EXPECT_EQ(data.others[0].labels, (std::vector<int32_t>{0, 1, 1}));
  EXPECT_EQ(data.others[0].classes, (std::vector<std::string>{"baker", "cook"}));
  EXPECT_EQ(failureWith("photos", "jobs.csv", wanted),
            "jobs.csv: a label is one column, and there are age, job; jobs.csv:NAME chooses it");
}

TEST_F(DataTogether, ListsOfCelebA) {
  picture("photos/000001.png", 1), picture("photos/000002.png", 2);
  write("list.txt", "2\n5_o_Clock_Shadow Young\n000002.jpg -1  1\n000001.jpg  1 -1\n");
  Dataset data = loadWith("photos", "list.txt", imageAndVector());
  EXPECT_EQ(numberAt(data.others[0], 0, 0), 1);
  EXPECT_EQ(numberAt(data.others[0], 1, 1), 1);
}

TEST_F(DataTogether, WhatIsWrongWithATable) {
  picture("photos/p0.png", 1);
  auto failure = [&](const std::string &text, const std::string &source = "a.csv") {
    write("a.csv", text);
    return failureWith("photos", source, imageAndVector());
  };
  EXPECT_EQ(failure("u,v\n1,\n"), "a.csv: line 2, column v: a value is missing: fill the cell, or leave the row out");
  EXPECT_EQ(failure("u,v\n1,cook\n"),
            "a.csv: line 2, column v: `cook` is no number; a column of categories is data of its own, categorical(k)");
  EXPECT_EQ(failure("u,v\n1,0\n0,3\n"), "a.csv: line 3, column v: 3 lies outside the declared range [-1, 1]");
  EXPECT_EQ(failure("u,v\n1\n"), "a.csv: line 2 has 1 cells, the header 2");
  EXPECT_EQ(failure("u,v,w\n1,0,1\n"),
            "a.csv: has 3 columns (u, v, w), the model declares a vector(2); a.csv:NAME,NAME "
            "chooses some");
  EXPECT_EQ(failure("u,v,w\n1,0,1\n", "a.csv:u,ww"), "a.csv: has no column ww: did you mean w?");
  EXPECT_EQ(failure("u,v,w\n1,0,1\n", "a.csv:u,w"), "no error");
  EXPECT_EQ(failure(""), "a.csv: holds no rows");
}

TEST_F(DataTogether, APictureIsCutIntoData) {
  for (int i = 0; i < 3; ++i) { // 2 rows of 4 pixels: 10 11 12 13 / 20 21 22 23 and so on
    auto pixel = [&](int row, int column) { return uint8_t(100 * i % 200 + 10 * (row + 1) + column); };
    Bytes pixels;
    for (int row = 0; row < 2; ++row)
      for (int column = 0; column < 4; ++column)
        pixels.push_back(pixel(row, column));
    fs::create_directories(folder / "halves");
    writePng(folder / ("halves/p" + std::to_string(i) + ".png"), Grid{2, 4, 1, 1, {pixels}, 0});
  }
  auto load = [&](bool rows, int64_t height, int64_t width) {
    WantedData wanted = imageOf(1, height, width), other = wanted;
    wanted.name = "a", other.name = "b";
    wanted.others = {other};
    wanted.declared = {"a", "b"};
    options.where.clear();
    options.others = {{"a", (folder / "halves").string(), {0, 2, rows}},
                      {"b", (folder / "halves").string(), {1, 2, rows}}};
    return loadData(options, Part::Train, wanted, note);
  };
  startKernels(1);
  Dataset data = load(false, 2, 2);
  EXPECT_EQ(imageBytes(data, 0), (Bytes{10, 11, 20, 21}));
  EXPECT_EQ(imageBytes(data.others[0], 0), (Bytes{12, 13, 22, 23}));
  EXPECT_EQ(imageBytes(data.others[0], 1), (Bytes{112, 113, 122, 123}));
  data = load(true, 1, 4);
  EXPECT_EQ(imageBytes(data, 1), (Bytes{110, 111, 112, 113}));
  EXPECT_EQ(imageBytes(data.others[0], 1), (Bytes{120, 121, 122, 123}));
  EXPECT_EQ(options.shown(), "a,b=" + (folder / "halves").string() + " split rows");
  for (const char *name : {"halves/q0.png", "halves/q1.png"})
    writePng(folder / name, Grid{2, 3, 1, 1, {Bytes(6, 1)}, 0});
  try {
    load(false, 2, 2);
    FAIL();
  } catch (const UserError &e) {
    EXPECT_EQ(std::string(e.what()),
              (folder / "halves/q0.png").string() +
                  " has 3 x 2 pixels, which 2 equal parts by columns do not divide; so do 1 more "
                  "not");
  }
  EXPECT_EQ(load(true, 1, 4).count, 5); // two rows divide
}

TEST_F(DataTogether, PartsOfAPictureAreAlteredAlike) {
  WantedData wanted = imageOf(1, 8, 8), large = imageOf(1, 16, 16);
  Dataset first = emptyDataset(wanted, false), second = emptyDataset(large, false);
  std::vector<float> image(64), twice(256);
  for (int64_t y = 0; y < 8; ++y)
    for (int64_t x = 0; x < 8; ++x)
      image[size_t(y * 8 + x)] = float(x) / 8; // the place of a pixel's middle is (x + 1/2) / 8 in both
  for (int64_t y = 0; y < 16; ++y)
    for (int64_t x = 0; x < 16; ++x)
      twice[size_t(y * 16 + x)] = (float(x) + 0.5f) / 16 - 0.5f / 8;
  Augmentation augmentation = readAugmentation("flip, crop 0.4");
  for (uint64_t j = 0; j < 20; ++j) {
    std::vector<float> a = image, b = twice;
    Alteration drawn = drawAlteration(augmentation, first, 3, 0, 1, j);
    alter(first, drawn, -1, 1, a.data());
    alter(second, drawn, -1, 1, b.data());
    for (size_t x = 0; x < 8; ++x) // a pixel of the small image is the mean of two of the large one, but for borders
      if (a[x] > 0.01f && a[x] < 0.86f) {
        EXPECT_NEAR(a[x], (b[2 * x] + b[2 * x + 1]) / 2, 1e-5) << j;
      }
  }
}

TEST_F(DataTogether, SourcesAreThoseOfTheModel) {
  picture("photos/p0.png", 1);
  WantedData wanted = imageAndVector();
  options.where = (folder / "photos").string();
  auto failure = [&] {
    try {
      loadData(options, Part::Train, wanted, note);
    } catch (const UserError &e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(failure(), "the model declares data a: --data a=SOURCE tells where it is");
  options.others = {{"b", "photos"}};
  EXPECT_EQ(failure(), "--data b=photos: the model declares no data b; it has x, a");
}

} // namespace
} // namespace ganrt
