// `ganc export`: a block of a trained model as an ONNX file or a PyTorch module. It reads a run's folder, which holds
// the model's text beside the checkpoints. It belongs to ganc and not to the trainer, because ganc knows a model's
// layers, while a trainer is kernels and tables.
#include "compiler/driver/Files.h"
#include "compiler/driver/Frontend.h"
#include "compiler/driver/Named.h"
#include "compiler/driver/Options.h"
#include "compiler/export/ExportError.h"
#include "compiler/export/Onnx.h"
#include "compiler/export/Torch.h"
#include "dsl/Text.h"

#include "llvm/Support/JSON.h"

#include <cstdio>
#include <filesystem>
#include <tuple>

namespace fs = std::filesystem;

namespace gan {

static void describeExport(po::options_description &options) {
  options.add_options()("onnx", po::value<std::string>()->value_name("BLOCK"),
                        "the block as an ONNX model (version 17)");
  options.add_options()("torch", po::value<std::string>()->value_name("BLOCK"),
                        "the block as a Python file with a torch.nn module, and its weights as .safetensors");
  options.add_options()("out,o", po::value<std::string>()->value_name("FILE"),
                        "the file to write (BLOCK.onnx, BLOCK.py)");
  options.add_options()("model", po::value<std::string>()->value_name("MODEL.gan"),
                        "the model of a checkpoint that lies in no run folder");
}

/// The newest checkpoint of a run. That of a finished run is `final`.
static std::string newestOf(const std::string &run) {
  std::tuple<int64_t, int, std::string> newest{-1, 0, ""};
  std::error_code error;
  for (fs::directory_iterator it(run + "/checkpoints", error), end; !error && it != end; it.increment(error)) {
    std::string stem = it->path().stem();
    if (it->path().extension() != ".safetensors" || stem.starts_with("before-nan"))
      continue;
    int rank = stem == "final" ? 2 : stem == "last" ? 1 : 0;
    newest = std::max(newest, std::tuple(Weights::iterationOf(it->path()), rank, it->path().string()));
  }
  if (std::get<0>(newest) < 0)
    throw UserError(dsl::printable(run) + ": is no run folder with a checkpoint, as train --out makes one");
  return std::get<2>(newest);
}

/// The text of the model that a run trains.
static std::string sourceOf(const std::string &run) {
  std::string path = run + "/config.json";
  auto config = llvm::json::parse(readFile(path));
  const llvm::json::Object *object = config ? config->getAsObject() : nullptr;
  std::optional<llvm::StringRef> source = object ? object->getString("source") : std::nullopt;
  if (!config)
    llvm::consumeError(config.takeError());
  if (!source)
    throw UserError(dsl::printable(path) + ": has no text of a model; --model MODEL.gan names it");
  return source->str();
}

static LoadedModel modelOf(const CommandLine &line, const std::string &run) {
  bool given = line.has("model");
  std::string path = given ? line.text("model") : run + "/config.json";
  std::optional<LoadedModel> loaded = loadModel(path, given ? readModel(path) : sourceOf(run), std::nullopt);
  if (!loaded)
    throw UserError(dsl::printable(path) + ": the model has mistakes");
  return std::move(*loaded);
}

static const dsl::Block &blockOf(const dsl::Model &model, const std::string &name) {
  return named(model.blocks, name, "the model has no block", "it has");
}

static void writeOnnx(const CommandLine &line, const dsl::Model &model, Weights &weights) {
  std::string name = line.text("onnx"), path = line.has("out") ? line.text("out") : name + ".onnx";
  writeFile(path, onnxOf(model, blockOf(model, name), weights, GANC_VERSION));
  printf("%s\n", dsl::printable(path).c_str());
}

static void writeTorch(const CommandLine &line, const dsl::Model &model, Weights &weights) {
  std::string name = line.text("torch"), path = line.has("out") ? line.text("out") : name + ".py";
  if (!path.ends_with(".py"))
    throw UserError(dsl::printable(path) + ": a PyTorch module is a .py");
  fs::path beside = fs::path(path).replace_extension(".safetensors");
  TorchFiles files = torchOf(model, blockOf(model, name), weights, beside.filename(), GANC_VERSION);
  writeFile(beside, files.safetensors);
  writeFile(path, files.python);
  printf("%s\n%s\n", dsl::printable(path).c_str(), dsl::printable(beside.string()).c_str());
}

static int runExport(const CommandLine &line) {
  if (line.files.size() != 1)
    throw UserError("ganc export needs one run folder or checkpoint");
  if (line.has("onnx") == line.has("torch"))
    throw UserError("ganc export needs --onnx BLOCK or --torch BLOCK");
  std::string where = line.files[0];
  bool folder = fs::is_directory(where);
  std::string run = folder ? where : (fs::path(where).parent_path() / "..").string();
  try {
    LoadedModel loaded = modelOf(line, run);
    Weights weights(folder ? newestOf(where) : where);
    line.has("onnx") ? writeOnnx(line, loaded.model, weights) : writeTorch(line, loaded.model, weights);
  } catch (const ExportError &e) {
    throw UserError(e.what());
  }
  return 0;
}

const Command exportCommand{"export",
                            "write a trained block as ONNX or as a PyTorch module",
                            "RUN --onnx|--torch BLOCK [options]",
                            "export runs/vae --onnx P -o p.onnx\nexport runs/vae --torch E -o encoder.py",
                            describeExport,
                            runExport};

} // namespace gan
