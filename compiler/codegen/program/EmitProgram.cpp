// Writes program.c: state, constants and kernels. EmitGraph.cpp writes each graph's tables.
#include "compiler/codegen/program/EmitProgram.h"
#include "compiler/codegen/program/CText.h"
#include "compiler/codegen/program/EmitDevice.h"
#include "compiler/codegen/program/EmitGraph.h"
#include "compiler/passes/Places.h"
#include "runtime/program.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace gan {
namespace {

std::string kernelTable(CArrays &arrays, const std::vector<ProgramKernel> &kernels) {
  std::vector<std::string> rows;
  for (auto &[info, schedule, deviceSchedule] : kernels) {
    std::vector<std::string> args;
    for (const KernelArg &arg : info.args)
      args.push_back(cStruct({{"dtype", "GAN_" + llvm::StringRef(arg.dtype).upper()},
                              {"rank", std::to_string(arg.extents.size())},
                              {"extent", cList(arg.extents)},
                              {"written", arg.written ? "1" : "0"}}));
    std::string name = arrays.add("gan_arg", info.symbol + "_args", args);
    rows.push_back(cStruct({{"name", cString(info.symbol)},
                            {"run", info.symbol + "_argv"},
                            {"args", name},
                            {"num_args", std::to_string(args.size())},
                            {"flops", cDouble(info.flops)},
                            {"bytes", cDouble(info.bytes)},
                            {"anchor", cString(info.anchor)},
                            {"schedule", cString(schedule)}}));
  }
  return arrays.add("gan_kernel", "kernels", rows);
}

class ProgramEmitter {
public:
  ProgramEmitter(ModuleOp module, const ProgramText &text, const std::vector<ProgramKernel> &kernels,
                 const std::vector<ProgramDevice> &devices, const std::map<Operation *, unsigned> &kernelOf)
      : module(module), text(text), kernels(kernels), devices(devices), kernelOf(kernelOf) {}

  ProgramFiles run() {
    std::string constantRows = constants(), stateRows = states(), blockRows = blocks(), stepRows = steps(),
                streamRows = streams(), kernelRows = kernelTable(arrays, kernels), deviceRows = deviceTable(),
                graphRows = graphs(), refusalRows = refusals(), plateauRows = plateaus(),
                chance = emitNumber(arrays, "first_chance", text.firstChance, numbers);
    std::string out = "// The tables of model " + text.model + ", written by ganc " + text.version +
                      ". See program.h.\n#include \"program.h\"\n#include <math.h>\n\n";
    for (const ProgramKernel &kernel : kernels)
      out += "int " + kernel.info.symbol + "_argv(void **);\n";
    if (!devices.empty())
      out += "extern const uint8_t gan_device_code[];\n";
    if (text.shared)
      out += "extern const gan_transport gan_mpi;\n";
    out += "\n" + arrays.text() + "\nconst gan_program gan_program_table = {\n";
    auto field = [&](StringRef name, const std::string &value) { out += "    ." + name.str() + " = " + value + ",\n"; };
    field("version", "GAN_PROGRAM_VERSION");
    field("ganc_version", cString(text.version));
    field("model", cString(text.model));
    field("source_path", cString(text.sourcePath));
    field("source_text", cString(text.sourceText));
    field("source_hash", cString(text.sourceHash));
    field("target", cString(text.target));
    field("cpu_features", cString(text.cpuFeatures));
    field("batch", std::to_string(text.batch));
    field("epochs", std::to_string(text.epochs));
    field("epoch_iterations", std::to_string(text.epochIterations));
    field("state_bytes", std::to_string(module->getAttrOfType<IntegerAttr>("gan.state_bytes").getInt()));
    field("first_chance", chance);
    for (auto &[name, rows, count] :
         {std::tuple("constants", constantRows, numbers.size()), std::tuple("states", stateRows, numStates),
          std::tuple("blocks", blockRows, blockIndex.size()), std::tuple("steps", stepRows, numSteps),
          std::tuple("streams", streamRows, text.streams.size()), std::tuple("kernels", kernelRows, kernels.size()),
          std::tuple("devices", deviceRows, devices.size()), std::tuple("graphs", graphRows, numGraphs),
          std::tuple("plateaus", plateauRows, text.plateaus.size()),
          std::tuple("refusals", refusalRows, text.refusals.size())}) {
      field(name, rows);
      field("num_" + std::string(name), std::to_string(count));
    }
    if (!devices.empty())
      field("device_code", "gan_device_code");
    if (text.shared)
      field("transport", "&gan_mpi");
    return {out + "};\n", bytes};
  }

private:
  std::string constants() {
    module.walk([&](ConstantNumberOp op) { numbers.push_back(op.getName().str()); });
    std::vector<std::string> rows;
    module.walk([&](ConstantNumberOp op) {
      std::string terms = emitNumber(arrays, "constant_" + std::to_string(rows.size()), op.getNumber(), numbers);
      rows.push_back(cStruct({{"name", cString(op.getName())}, {"value", terms}}));
    });
    return arrays.add("gan_constant", "constants", rows);
  }

  std::string states() {
    std::vector<std::string> rows;
    module.walk([&](StateOp op) {
      Place base = placeOf(op.getPlaceAttr());
      auto type = cast<Tensor>(op.getType());
      for (auto field : op.getFields().getAsRange<FieldAttr>())
        rows.push_back(stateRow(op, field, base, type.getElementType()));
    });
    numStates = rows.size();
    return arrays.add("gan_state", "states", rows);
  }

  static std::string stateRow(StateOp op, FieldAttr field, Place base, Type element) {
    static_assert(int(Role::Optimizer) == GAN_ROLE_OPTIMIZER && int(InitKind::UnitVector) == GAN_INIT_UNIT_VECTOR);
    Place place{base.space, base.offset + field.getOffset() * (element.getIntOrFloatBitWidth() / 8)};
    return cStruct({{"name", cString(field.getName().getValue())},
                    {"block", cString(op.getNetwork())},
                    {"role", cName("GAN_ROLE_", op.getRole())},
                    {"layout", emitLayout(layoutOf(field.getLayout(), element))},
                    {"address", emitAddress(place)},
                    {"init", cName("GAN_INIT_", field.getInit())},
                    {"init_a", cDouble(field.getA().getValueAsDouble())},
                    {"init_b", cDouble(field.getB().getValueAsDouble())},
                    {"fan_in", std::to_string(field.getFanIn())},
                    {"fan_out", std::to_string(field.getFanOut())}});
  }

  std::string blocks() {
    std::vector<std::string> rows;
    module.walk([&](NetworkOp op) {
      blockIndex.push_back(op.getSymName().str());
      auto from = op->getAttrOfType<StringAttr>("gan.file");
      std::string file = from ? cString(from.getValue()) : "0";
      rows.push_back(cStruct({{"name", cString(op.getSymName())},
                              {"kind", cString(op.getKind())},
                              {"layers", cString(op.getLayers())},
                              {"file", file}}));
    });
    return arrays.add("gan_block", "blocks", rows);
  }

  std::string steps() {
    std::vector<std::string> rows;
    module.walk([&](StepOp op) {
      if (op.getUsers())
        return;
      std::vector<std::string> updated;
      for (int64_t b : op.getBlocks())
        updated.push_back(std::to_string(b));
      std::string list = arrays.add("uint32_t", "step_" + std::to_string(rows.size()) + "_blocks", updated);
      rows.push_back(cStruct({{"name", cString(op.getName())},
                              {"every", std::to_string(op.getEvery())},
                              {"times", std::to_string(op.getTimes())},
                              {"stream", std::to_string((int64_t)op.getStream())},
                              {"blocks", list},
                              {"num_blocks", std::to_string(updated.size())}}));
    });
    numSteps = rows.size();
    return arrays.add("gan_step", "steps", rows);
  }

  std::string streams() {
    std::vector<std::string> rows;
    for (const ProgramText::Stream &s : text.streams)
      rows.push_back(
          cStruct({{"name", cString(s.name)}, {"count", std::to_string(s.count)}, {"seed", std::to_string(s.seed)}}));
    return arrays.add("gan_stream", "streams", rows);
  }

  std::string plateaus() {
    std::vector<std::string> rows;
    for (const ProgramText::Plateau &p : text.plateaus)
      rows.push_back(cStruct(
          {{"metric", cString(p.metric)}, {"maximize", p.maximize ? "1" : "0"}, {"epochs", std::to_string(p.epochs)}}));
    return arrays.add("gan_plateau", "plateaus", rows);
  }

  std::string refusals() {
    std::vector<std::string> rows;
    for (auto &[command, why] : text.refusals)
      rows.push_back(cStruct({{"command", cString(command)}, {"why", cString(why)}}));
    return arrays.add("gan_refusal", "refusals", rows);
  }

  std::string deviceTable() {
    std::vector<std::string> rows;
    for (const ProgramDevice &device : devices)
      rows.push_back(emitDevice(arrays, device, kernels, bytes));
    return arrays.add("gan_device", "devices", rows);
  }

  std::string graphs() {
    std::vector<std::string> rows;
    module.walk([&](GraphOp op) { rows.push_back(emitGraph(arrays, module, op, kernelOf, numbers)); });
    numGraphs = rows.size();
    return arrays.add("gan_graph", "graphs", rows);
  }

  ModuleOp module;
  const ProgramText &text;
  const std::vector<ProgramKernel> &kernels;
  const std::vector<ProgramDevice> &devices;
  const std::map<Operation *, unsigned> &kernelOf;
  CArrays arrays;
  std::string bytes; ///< of gan_device_code
  std::vector<std::string> numbers, blockIndex;
  size_t numStates = 0, numSteps = 0, numGraphs = 0;
};

} // namespace

ProgramFiles emitProgram(ModuleOp module, const ProgramText &text, const std::vector<ProgramKernel> &kernels,
                         const std::vector<ProgramDevice> &devices, const std::map<Operation *, unsigned> &kernelOf) {
  return ProgramEmitter(module, text, kernels, devices, kernelOf).run();
}

ProgramFiles emitKernelProgram(const ProgramKernel &kernel, const std::optional<ProgramDevice> &device) {
  CArrays arrays;
  std::string rows = kernelTable(arrays, {kernel}), bytes, function = "int " + kernel.info.symbol + "_argv(void **",
              more;
  if (device) {
    std::string table = arrays.add("gan_device", "devices", {emitDevice(arrays, *device, {kernel}, bytes)});
    more = ", .devices = " + table + ", .num_devices = 1, .device_code = gan_device_code";
    function += "buffers) { return buffers != 0; }\nextern const uint8_t gan_device_code[];\n";
  } else {
    function += ");\n";
  }
  return {"// One kernel, to be measured.\n#include \"program.h\"\n#include <math.h>\n\n" + function +
              "int gan_measure_kernel(const gan_program *, int, char **);\n\n" + arrays.text() +
              "\nstatic const gan_program program = {.version = GAN_PROGRAM_VERSION, .model = \"kernel\", .kernels = " +
              rows + ", .num_kernels = 1" + more + "};\n\nint main(int argc, char **argv) { return " +
              "gan_measure_kernel(&program, argc, argv); }\n",
          bytes};
}

} // namespace gan
