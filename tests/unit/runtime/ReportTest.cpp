// Tests report.html for run folders made by hand: the page shows what is in the folder, however broken that is.
#include "runtime/report/Report.h"
#include "runtime/base/Error.h"
#include "runtime/base/Files.h"
#include "runtime/base/Json.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ganrt {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::string pngStart = "\x89PNG\r\n\x1a\n";

std::string decoded(const std::string &base64) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0, held = 0;
  EXPECT_EQ(base64.size() % 4, 0u);
  for (char c : base64.substr(0, base64.find('='))) {
    bits = bits << 6 | uint32_t(letters.find(c));
    if ((held += 6) >= 8)
      out += char(bits >> (held -= 8) & 255);
  }
  return out;
}

class Report : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::path(BINARY_FOLDER) / "test-work" / "report-page" /
             testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder);
    fs::create_directories(folder);
    block = {"E<b>", "encoder", "0 flatten -> (4)\n", nullptr};
    states[0].name = states[1].name = states[2].name = "w";
    states[0].block = states[1].block = "E<b>";
    states[2].block = "P";
    states[1].role = GAN_ROLE_OPTIMIZER;
    for (gan_state &s : states)
      s.layout.rank = 2, s.layout.shape[0] = 3, s.layout.shape[1] = 4;
    program.model = "m</title>";
    program.source_text = "# </script><!-- <script> & \"q\"\nmodel m\n";
    program.blocks = &block, program.num_blocks = 1;
    program.states = states, program.num_states = 3;
  }
  void put(const std::string &name, const std::string &bytes) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  /// The JSON in the page's element with this id.
  Json data(const std::string &id, RunStatus status = RunStatus::Running) {
    writeReport(program, folder, status);
    page = readWholeFile(folder / "report.html");
    std::string open = "<script type=\"application/json\" id=\"" + id + "\">";
    size_t begin = page.find(open) + open.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  }

  fs::path folder;
  gan_block block{};
  gan_state states[3]{};
  gan_program program{};
  std::string page;
};

TEST_F(Report, AnEmptyFolder) {
  Json run = data("run", RunStatus::Stopped), pictures = data("pictures");
  EXPECT_EQ(run["status"], "stopped");
  EXPECT_EQ(run["config"], Json::object());
  EXPECT_EQ(run["curves"], Json::array());
  EXPECT_EQ(run["blocks"][0]["parameters"], 12);
  EXPECT_FALSE(run["times"].contains("elapsed"));
  for (const char *kind : {"samples", "reconstructions", "traversals"})
    EXPECT_EQ(pictures[kind], Json({{"count", 0}, {"frames", Json::array()}}));
}

TEST_F(Report, TextsCannotEndTheScript) {
  put("config.json", R"({"source_path": "</script>.gan", "source": "x", "options": {"data": "<!--"}})");
  Json run = data("run");
  EXPECT_EQ(run["source"], program.source_text);
  EXPECT_EQ(run["model"], program.model);
  EXPECT_EQ(run["blocks"][0]["name"], "E<b>");
  EXPECT_EQ(run["config"], Json::parse(R"({"source_path": "</script>.gan", "options": {"data": "<!--"}})"));
  for (const char *text : {"m</title>", "E<b>", "</script><!--", "</script>.gan"})
    EXPECT_EQ(page.find(text), std::string::npos) << text;
  EXPECT_EQ(page.find("@DATA@"), std::string::npos);
  EXPECT_EQ(page.find("http"), page.find("http://www.w3.org/2000/svg")) << "nothing is loaded";
}

TEST_F(Report, BrokenFilesGiveWhatIsWhole) {
  put("config.json", R"({"iterations": 5)");
  put("metrics.jsonl",
      "{\"iteration\":100,\"loss\":1.5,\"note\":\"text\"}\n{\"iter{\"iteration\":150,\"loss\":9}\n[1]\n"
      "{\"iteration\":200,\"loss\":null}\n"
      "{\"epoch\":1,\"iteration\":200,\"train\":{\"loss\":2},\"test\":{\"error\":0.5}}\n"
      "{\"epoch\":2,\"iteration\":300,\"train\":7}\n{\"iteration\":300,\"loss\":1.2");
  put("timings.jsonl", "{\"iteration\":100,\"kernels\":[{\"label\":\"a\",\"ms\":1},{\"label\":\"b\"},3]}\n\n{\"it");
  fs::create_directories(folder / "samples" / "epoch-0001.png");
  put("samples/epoch-0002.png", pngStart.substr(0, 3));
  put("traversals", "not a folder");
  Json run = data("run");
  EXPECT_EQ(run["config"], Json::object());
  EXPECT_EQ(run["curves"],
            Json::parse(R"([{"name":"loss","train":[[100,1.5],[200,null]],"epochs":[[200,2.0]],"test":[]},
                                           {"name":"error","train":[],"epochs":[],"test":[[200,0.5]]}])"));
  EXPECT_EQ(run["times"]["kernels"], Json::parse(R"([{"label":"a","ms":1}])"));
  EXPECT_EQ(data("pictures")["samples"]["frames"], Json::array());
}

TEST_F(Report, LongCurvesKeepTheirEndsAndExtremes) {
  std::string lines;
  for (int i = 1; i <= 20'000; ++i)
    lines += Json{{"iteration", i},
                  {"loss", i == 7'777    ? 50
                           : i == 12'345 ? -50
                                         : std::sin(i)},
                  {"few", 1}}
                 .dump() +
             "\n";
  put("metrics.jsonl", lines);
  Json points = data("run")["curves"][0]["train"];
  EXPECT_LE(points.size(), 1000u);
  EXPECT_GE(points.size(), 900u);
  EXPECT_EQ(points.front()[0], 1);
  EXPECT_EQ(points.back()[0], 20'000);
  bool high = false, low = false;
  for (size_t i = 0; i < points.size(); ++i) {
    EXPECT_TRUE(!i || points[i - 1][0] < points[i][0]);
    high |= points[i] == Json{7'777, 50.0};
    low |= points[i] == Json{12'345, -50.0};
  }
  EXPECT_TRUE(high && low);
}

TEST_F(Report, AResumedRunCountsAllItsTime) {
  put("metrics.jsonl",
      "{\"iteration\":100,\"loss\":1}\n{\"iteration\":200,\"loss\":2}\n{\"iteration\":300,\"loss\":3}\n"
      "{\"iteration\":200,\"loss\":4}\n");
  put("timings.jsonl",
      "{\"iteration\":100,\"elapsed\":10,\"images_per_second\":5}\n{\"iteration\":200,\"elapsed\":20}\n"
      "{\"iteration\":200,\"elapsed\":8,\"images_per_second\":6,\"device\":\"cuda:0\"}\n");
  Json run = data("run");
  EXPECT_EQ(run["curves"][0]["train"], Json::parse("[[100,1.0],[200,4.0]]"));
  EXPECT_EQ(run["times"],
            Json::parse(R"({"iteration":200,"device":"cuda:0","speed":[[100,5.0],[200,6.0]],"elapsed":28.0,
                                          "seconds_per_iteration":0.14})"));
}

TEST_F(Report, PicturesAreThoseOfTheFolder) {
  auto bytes = [](int epoch) { return pngStart + std::string(size_t(epoch % 7), char(epoch)) + "\xff\xfe"; };
  for (int epoch : {1, 2, 9'999, 10'000}) {
    char name[48];
    snprintf(name, sizeof name, "samples/epoch-%04d.png", epoch);
    put(name, bytes(epoch));
  }
  for (int epoch = 1; epoch <= 300; ++epoch)
    put("reconstructions/epoch-" + std::to_string(epoch) + ".png", bytes(epoch));
  put("traversals/c<.png", bytes(3));
  put("traversals/notes.txt", "x");
  Json pictures = data("pictures");
  EXPECT_EQ(pictures["samples"]["frames"][2]["label"], "epoch 9999");
  EXPECT_EQ(pictures["samples"]["frames"][3]["label"], "epoch 10000");
  EXPECT_EQ(pictures["traversals"]["frames"].size(), 1u);
  EXPECT_EQ(pictures["traversals"]["frames"][0]["label"], "c<");
  const Json &frames = pictures["reconstructions"]["frames"];
  EXPECT_EQ(pictures["reconstructions"]["count"], 300);
  EXPECT_EQ(frames.size(), 40u);
  EXPECT_EQ(frames.front()["label"], "epoch 1");
  EXPECT_EQ(frames.back()["label"], "epoch 300");
  for (const Json &frame : frames) {
    std::string image = frame["image"], head = "data:image/png;base64,";
    ASSERT_EQ(image.substr(0, head.size()), head);
    EXPECT_EQ(decoded(image.substr(head.size())), bytes(std::stoi(frame["label"].get<std::string>().substr(6))));
  }
}

TEST_F(Report, LargePicturesAreFewer) {
  for (int epoch = 1; epoch <= 60; ++epoch)
    put("samples/epoch-" + std::to_string(epoch) + ".png", pngStart + std::string(1'000'000, 'x'));
  Json frames = data("pictures")["samples"]["frames"];
  EXPECT_LT(page.size(), 20'000'000u);
  EXPECT_GE(frames.size(), 8u);
  EXPECT_EQ(frames.front()["label"], "epoch 1");
  EXPECT_EQ(frames.back()["label"], "epoch 60");
}

TEST_F(Report, AFolderThatIsGoneIsSaid) {
  fs::remove_all(folder);
  try {
    writeReport(program, folder, RunStatus::Running);
    FAIL();
  } catch (const UserError &e) {
    EXPECT_NE(std::string(e.what()).find("report.html"), std::string::npos);
  }
}

} // namespace
} // namespace ganrt
