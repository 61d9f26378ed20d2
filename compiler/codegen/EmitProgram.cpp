// Writes program.c: state, constants, kernels; each graph's tables are EmitGraph.cpp's.
#include "compiler/codegen/EmitProgram.h"
#include "compiler/codegen/CText.h"
#include "compiler/codegen/EmitGraph.h"
#include "compiler/passes/Places.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace gan {
namespace {

class ProgramEmitter {
public:
  ProgramEmitter(ModuleOp module, const ProgramText &text, const std::vector<ProgramKernel> &kernels,
                 const std::map<Operation *, unsigned> &kernelOf)
      : module(module), text(text), kernels(kernels), kernelOf(kernelOf) {}

  std::string run() {
    std::string constantRows = constants(), stateRows = states(), blockRows = blocks(), stepRows = steps(),
                streamRows = streams(), kernelRows = kernelTable(), graphRows = graphs(), refusalRows = refusals(),
                chance = emitNumber(arrays, "first_chance", text.firstChance, numbers);
    std::string out = "// The tables of model " + text.model + ", written by ganc " + text.version +
                      ". See program.h.\n#include \"program.h\"\n#include <math.h>\n\n";
    for (const ProgramKernel &kernel : kernels)
      out += "int " + kernel.info.symbol + "_argv(void **);\n";
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
          std::tuple("graphs", graphRows, numGraphs), std::tuple("refusals", refusalRows, text.refusals.size())}) {
      field(name, rows);
      field("num_" + std::string(name), std::to_string(count));
    }
    return out + "};\n";
  }

private:
  std::string constants() {
    module.walk([&](ConstantNumberOp op) { numbers.push_back(op.getName().str()); });
    std::vector<std::string> rows;
    module.walk([&](ConstantNumberOp op) {
      std::string terms = emitNumber(arrays, "constant_" + std::to_string(rows.size()), op.getNumber(), numbers);
      rows.push_back("{" + cString(op.getName()) + ", " + terms + "}");
    });
    return arrays.add("gan_constant", "constants", rows);
  }

  std::string states() {
    std::vector<std::string> rows;
    module.walk([&](StateOp op) {
      Place base = placeFromAttr(op->getAttr("place"));
      auto type = cast<Tensor>(op.getType());
      for (auto field : op.getFields().getAsRange<DictionaryAttr>())
        rows.push_back(stateRow(op, field, base, type.getElementType()));
    });
    numStates = rows.size();
    return arrays.add("gan_state", "states", rows);
  }

  static std::string stateRow(StateOp op, DictionaryAttr field, Place base, Type element) {
    auto number = [&](StringRef name) {
      auto attribute = dyn_cast_or_null<FloatAttr>(field.get(name));
      return cDouble(attribute ? attribute.getValueAsDouble() : 0);
    };
    auto integer = [&](StringRef name) {
      auto attribute = dyn_cast_or_null<IntegerAttr>(field.get(name));
      return attribute ? attribute.getInt() : 0;
    };
    auto init = dyn_cast_or_null<StringAttr>(field.get("init"));
    Place place{base.space, base.offset + integer("offset") * (element.getIntOrFloatBitWidth() / 8)};
    return "{" + cString(cast<StringAttr>(field.get("name")).getValue()) + ", " + cString(op.getNetwork()) +
           ", GAN_ROLE_" + op.getRole().upper() + ", " + emitLayout(layoutOf(field, element)) + ", " +
           emitAddress(place) + ", GAN_INIT_" + (init ? init.getValue().upper() : "CONSTANT") + ", " + number("a") +
           ", " + number("b") + ", " + std::to_string(integer("fan_in")) + ", " + std::to_string(integer("fan_out")) +
           "}";
  }

  std::string blocks() {
    std::vector<std::string> rows;
    module.walk([&](NetworkOp op) {
      blockIndex.push_back(op.getSymName().str());
      rows.push_back("{" + cString(op.getSymName()) + ", " + cString(op.getKind()) + ", " + cString(op.getLayers()) +
                     "}");
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
      rows.push_back("{" + cString(op.getName()) + ", " + std::to_string(op.getEvery()) + ", " +
                     std::to_string(op.getTimes()) + ", " + std::to_string((int64_t)op.getStream()) + ", " + list +
                     ", " + std::to_string(updated.size()) + "}");
    });
    numSteps = rows.size();
    return arrays.add("gan_step", "steps", rows);
  }

  std::string streams() {
    std::vector<std::string> rows;
    for (const ProgramText::Stream &s : text.streams)
      rows.push_back("{" + cString(s.name) + ", " + std::to_string(s.count) + ", " + std::to_string(s.seed) + "}");
    return arrays.add("gan_stream", "streams", rows);
  }

  std::string refusals() {
    std::vector<std::string> rows;
    for (auto &[command, why] : text.refusals)
      rows.push_back("{" + cString(command) + ", " + cString(why) + "}");
    return arrays.add("gan_refusal", "refusals", rows);
  }

  std::string kernelTable() {
    std::vector<std::string> rows;
    for (auto &[info, schedule] : kernels) {
      std::vector<std::string> args;
      for (const KernelArg &arg : info.args)
        args.push_back("{GAN_" + llvm::StringRef(arg.dtype).upper() + ", " + std::to_string(arg.extents.size()) + ", " +
                       cList(arg.extents) + ", " + (arg.written ? "1" : "0") + "}");
      std::string name = arrays.add("gan_arg", info.symbol + "_args", args);
      rows.push_back("{" + cString(info.symbol) + ", " + info.symbol + "_argv, " + name + ", " +
                     std::to_string(args.size()) + ", " + cDouble(info.flops) + ", " + cDouble(info.bytes) + ", " +
                     cString(info.anchor) + ", " + cString(schedule) + "}");
    }
    return arrays.add("gan_kernel", "kernels", rows);
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
  const std::map<Operation *, unsigned> &kernelOf;
  CArrays arrays;
  std::vector<std::string> numbers, blockIndex;
  size_t numStates = 0, numSteps = 0, numGraphs = 0;
};

} // namespace

std::string emitProgram(ModuleOp module, const ProgramText &text, const std::vector<ProgramKernel> &kernels,
                        const std::map<Operation *, unsigned> &kernelOf) {
  return ProgramEmitter(module, text, kernels, kernelOf).run();
}

} // namespace gan
