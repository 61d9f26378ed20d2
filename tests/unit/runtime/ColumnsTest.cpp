// Tests columns of a table that a model binds its data to: what is read, how categories are numbered, what is
// standardised, and the sentence for everything that can be wrong.
#include "runtime/data/Columns.h"
#include "DataFolder.h"
#include "runtime/data/TrainingData.h"
#include "runtime/device/Threads.h"
#include "runtime/generate/Picture.h"

#include <cmath>
#include <limits>

namespace fs = std::filesystem;

namespace ganrt {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class Columns : public DataFolder {
protected:
  static WantedData numbers(const std::string &name, Words columns, double lo = -infinity, double hi = infinity) {
    WantedData wanted = vectorOf(int64_t(columns.size()), lo, hi);
    wanted.name = name, wanted.columns = std::move(columns);
    return wanted;
  }
  static WantedData category(const std::string &name, int64_t count, const std::string &column) {
    WantedData wanted;
    wanted.label = name, wanted.classes = count, wanted.columns = {column};
    return wanted;
  }
  /// A model of an age, a body and a city.
  static WantedData people(int64_t cities = 3) {
    WantedData wanted = numbers("age", {"age"});
    wanted.others = {numbers("body", {"height", "weight"}), category("city", cities, "city")};
    wanted.declared = {"age", "body", "city"};
    return wanted;
  }
  Parts parts(const std::string &name, const WantedData &wanted) {
    startKernels(1);
    options.where = (folder / name).string();
    note.clear();
    return loadParts(options, wanted, note);
  }
  std::string failureOf(const std::string &text, const WantedData &wanted) {
    write("t.csv", text);
    try {
      parts("t.csv", wanted);
    } catch (const UserError &e) {
      std::string said = e.what(), own = folder.string() + "/";
      for (size_t at; (at = said.find(own)) != std::string::npos;)
        said.erase(at, own.size());
      return said;
    }
    return "no error";
  }
  static std::vector<float> values(const Dataset &data, int64_t i) {
    std::vector<float> out(size_t(data.imageBytes()));
    scaledImage(data, i, Scale(data.lo, data.hi), out.data());
    return out;
  }
};

const char *const table = "city,weight,age,height,more\n"
                          "Ulm,70,30,1.7,x\n"
                          "\"Bad, am See\",90,50,1.9,x\n"
                          "\n"
                          "Bern,80,40,1.8,x\n";

TEST_F(Columns, OneTableIsTheSourceOfAll) {
  write("t.csv", table);
  Dataset data = parts("t.csv", people()).train;
  EXPECT_EQ(data.count, 3);
  EXPECT_EQ(data.name, "age");
  ASSERT_EQ(data.others.size(), 2u);
  EXPECT_EQ(values(data, 1), std::vector<float>{50});
  EXPECT_EQ(values(data.others[0], 2), (std::vector<float>{1.8f, 80}));
  EXPECT_EQ(data.others[1].labels, (std::vector<int32_t>{2, 0, 1}));
  EXPECT_EQ(data.others[1].classes, (Words{"Bad, am See", "Bern", "Ulm"}));
  TableScheme scheme = schemeOf(data);
  EXPECT_EQ(scheme.header, (Words{"city", "weight", "age", "height", "more"}));
  EXPECT_EQ(scheme, schemeOf("c", Json::parse(jsonOf(scheme).dump())));
}

TEST_F(Columns, ASourceOfItsOwnAndOneBesidePictures) {
  write("t.csv", table);
  write("other.csv", "height,weight\n1,2\n3,4\n5,6\n");
  options.others = {{"body", (folder / "other.csv").string()}};
  Dataset data = parts("t.csv", people()).train;
  EXPECT_EQ(values(data.others[0], 2), (std::vector<float>{5, 6}));
  for (int i = 0; i < 3; ++i) {
    fs::create_directories(folder / "photos");
    writePng(folder / ("photos/p" + std::to_string(i) + ".png"), Grid{2, 2, 1, 1, {Bytes(4, uint8_t(i))}, 0});
  }
  WantedData wanted = imageOf(1, 2, 2), age = numbers("age", {"age"});
  wanted.name = "x", wanted.others = {age}, wanted.declared = {"x", "age"};
  options.others.clear();
  options.table = (folder / "t.csv").string();
  data = parts("photos", wanted).train;
  EXPECT_EQ(imageBytes(data, 2)[0], 2);
  EXPECT_EQ(values(data.others[0], 2), std::vector<float>{40});
}

TEST_F(Columns, NumbersOfCategories) {
  WantedData wanted = category("city", 3, "c");
  wanted.declared = {"city"};
  WantedData alone;
  alone.others = {wanted}, alone.declared = {"city"};
  write("t.csv", "a,c\n1,2\n1,0\n1,2\n");
  Dataset data = parts("t.csv", alone).train;
  EXPECT_EQ(data.labels, (std::vector<int32_t>{2, 0, 2})); // as they are, whichever occur
  EXPECT_EQ(data.classes, (Words{"0", "1", "2"}));
  write("t.csv", "a,c\n1,100\n1,20\n1,3\n");
  data = parts("t.csv", alone).train;
  EXPECT_EQ(data.classes, (Words{"3", "20", "100"})); // in the order of numbers, not of texts
  EXPECT_EQ(data.labels, (std::vector<int32_t>{2, 1, 0}));
  options.scheme.categories["city"] = {"100", "3", "20"}; // a run has fixed it
  EXPECT_EQ(parts("t.csv", alone).train.labels, (std::vector<int32_t>{0, 2, 1}));
}

TEST_F(Columns, StandardisedOverTheTrainingPart) {
  std::string text = "age,height,weight,city\n";
  for (int i = 0; i < 40; ++i)
    text += std::to_string(i) + "," + std::to_string(i % 5) + ",7,Ulm\n";
  write("t.csv", text);
  options.standardize = true, options.holdout = 0.25;
  Parts both = parts("t.csv", people(1));
  ASSERT_EQ(both.train.count, 30);
  for (const Dataset *data : {&both.train, &both.train.others[0]})
    for (size_t k = 0; k < size_t(data->imageBytes()); ++k) {
      double sum = 0, squares = 0;
      for (int64_t i = 0; i < data->count; ++i) {
        auto v = double(values(*data, i)[k]);
        sum += v / 30, squares += v * v / 30;
      }
      EXPECT_NEAR(sum, 0, 1e-6);
      EXPECT_NEAR(squares, k == 1 ? 0 : 1, 1e-5); // all weights are the same
    }
  const Standard &age = *both.train.standard;
  EXPECT_EQ(age.mean, both.test.standard->mean);
  EXPECT_NEAR(age.undone(0, values(both.test, 0)[0]), std::round(age.undone(0, values(both.test, 0)[0])), 1e-4);
  EXPECT_EQ(both.train.others[0].standard->deviation[1], 1);
  options.standardize = false; // a command reads with what the run keeps
  options.scheme = schemeOf(both.train);
  Parts again = parts("t.csv", people(1));
  EXPECT_EQ(values(again.test, 3), values(both.test, 3));
  WantedData ranged = people(1);
  ranged.lo = 0, ranged.hi = 100;
  options.standardize = true, options.scheme = {};
  both = parts("t.csv", ranged);
  EXPECT_FALSE(both.train.standard);
  EXPECT_TRUE(both.train.others[0].standard);
  EXPECT_NE(note.find("not standardised, because the model declares their range: age"), std::string::npos) << note;
}

TEST_F(Columns, WhatIsWrongWithATable) {
  EXPECT_EQ(failureOf("aged,height,weight,city\n1,2,3,Ulm\n", people()),
            "t.csv: has no column age, to which the model binds data age: did you mean aged?");
  EXPECT_EQ(failureOf("city,weight,age,height\nUlm,1,2,3\n\nUlm,1,,3\nUlm,1,?,3\n", people()),
            "t.csv: line 4, column age: a value is missing, and 1 more in this column: fill the cell, or leave the row "
            "out");
  EXPECT_EQ(failureOf("city,weight,age,height\nNA,1,2,3\n", people()),
            "t.csv: line 2, column city: a value is missing: fill the cell, or leave the row out");
  EXPECT_EQ(failureOf("city,weight,age,height\nUlm,1,old,3\n", people()),
            "t.csv: line 2, column age: `old` is no number; a column of categories is data of its own, categorical(k)");
  EXPECT_EQ(
      failureOf("city,weight,age,height\nUlm,1,2,3\nBern,1,2,3\nBonn,1,2,3\n", people(2)),
      "t.csv: column city has 3 categories (Bern, Bonn, Ulm), the model declares categorical(2); Bonn in line 4 is "
      "one more: declare data city: categorical(3), or join some");
  EXPECT_EQ(failureOf("city,weight,age,height\nUlm,1,2,3\n", people()), "no error");
  EXPECT_NE(note.find("column city has 1 categories (Ulm), the model declares categorical(3)"), std::string::npos);
  options.scheme.categories["city"] = {"Bern", "Bonn", "Ulm"};
  EXPECT_EQ(
      failureOf("city,weight,age,height\nUlm,1,2,3\nBernn,1,2,3\n", people()),
      "t.csv: line 3, column city: there is no category Bernn in what the model was trained on: did you mean Bern?");
  options.scheme = {};
  write("t.npy", "");
  options.others = {{"city", (folder / "t.npy").string()}};
  EXPECT_EQ(failureOf("city,weight,age,height\nUlm,1,2,3\n", people()),
            "--data t.npy: the model binds data city to column city of a table, a .csv or .txt");
  options.others.clear();
  options.standardize = true;
  WantedData ranged = numbers("age", {"age"}, 0, 100);
  ranged.declared = {"age"};
  EXPECT_EQ(failureOf("age\n1\n", ranged), "--standardize: the model binds no numbers to columns of a table without a "
                                           "range: `data age: vector(1) from \"age\"`");
  options.standardize = false;
  EXPECT_EQ(failureOf("age\n101\n", ranged), "t.csv: line 2, column age: 101 lies outside the declared range [0, 100]");
  options.where.clear();
  EXPECT_THROW(loadParts(options, people(), note), UserError);
}

} // namespace
} // namespace ganrt
