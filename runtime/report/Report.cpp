// The page is report/report.html with the data inserted as JSON; the page's script makes everything visible from it.
#include "runtime/report/Report.h"
#include "runtime/base/Files.h"
#include "runtime/program/Layout.h"
#include "runtime/report/ReportData.h"

#include <ctime>

namespace ganrt {

extern const char reportPage[]; ///< text of report/report.html with its style and scripts

namespace {

Json blocks(const gan_program &program) {
  Json out = Json::array();
  for (uint32_t b = 0; b < program.num_blocks; ++b) {
    const gan_block &block = program.blocks[b];
    size_t parameters = 0;
    for (uint32_t i = 0; i < program.num_states; ++i)
      if (program.states[i].role == GAN_ROLE_PARAMETER && program.states[i].block == std::string(block.name))
        parameters += elementsOf(program.states[i].layout);
    out.push_back({{"name", block.name}, {"kind", block.kind}, {"layers", block.layers}, {"parameters", parameters}});
  }
  return out;
}

/// The names of the curves of objectives that are maximized.
Json maximized(const gan_program &program) {
  Json out = Json::array();
  for (uint32_t g = 0; g < program.num_graphs; ++g)
    for (uint32_t i = 0; i < program.graphs[g].num_observations && program.graphs[g].kind == GAN_GRAPH_TRAIN; ++i)
      if (const gan_observation &o = program.graphs[g].observations[i]; o.kind == GAN_OBSERVE_LOSS && o.maximize)
        out.push_back(o.name);
  return out;
}

} // namespace

void writeReport(const gan_program &program, const std::string &folder, RunStatus status) {
  constexpr const char *statuses[] = {"running", "finished", "stopped"};
  Json config = reportConfig(folder);
  config.erase("source"); // the page takes it from the program instead
  Json run{{"model", program.model},
           {"status", statuses[size_t(status)]},
           {"written", int64_t(std::time(nullptr))},
           {"config", config},
           {"curves", reportCurves(folder)},
           {"maximized", maximized(program)},
           {"times", reportTimes(folder)},
           {"quality", reportQuality(folder)},
           {"source", program.source_text},
           {"blocks", blocks(program)}};
  std::string page = reportPage, dataMark = "@DATA@", picturesMark = "@PICTURES@";
  size_t data = page.find(dataMark), pictures = page.find(picturesMark);
  std::string out =
      page.substr(0, data) + scriptText(run) + page.substr(data + dataMark.size(), pictures - data - dataMark.size());
  appendPictures(folder, out);
  out += page.substr(pictures + picturesMark.size());
  NewFile file(folder + "/report.html");
  file.write(out.data(), out.size());
  file.commit();
}

} // namespace ganrt
