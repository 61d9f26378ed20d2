// Halide lowers the host's side to calls of its GPU runtime: halide_<api>_run(.., function, grid, block, shared memory,
// .., arguments, ..). The calls are read here and never made.
#include "compiler/codegen/device/ReadModule.h"

#include <map>
#include <sstream>
#include <stdexcept>

namespace gan {
namespace {

using namespace Halide::Internal;
using Halide::Expr;

/// The positions of what a call of halide_<api>_run is given.
enum RunArgument { Context, Function, Grid, Block = Grid + 3, Shared = Block + 3, Sizes, Values, AreBuffers };

class LaunchReader : public IRVisitor {
public:
  LaunchReader(const LoweredFunc &function, const std::vector<Halide::Buffer<>> &buffers, DeviceCode &code)
      : code(code) {
    size_t position = 0;
    for (const LoweredArgument &argument : function.args)
      if (argument.is_buffer())
        named[argument.name] = {DeviceArgument::Buffer, position++};
    for (const Halide::Buffer<> &buffer : buffers)
      constants[buffer.name()] = {static_cast<const char *>(buffer.data()), buffer.size_in_bytes()};
    function.body.accept(this);
  }

private:
  using IRVisitor::visit;

  int64_t constant(Expr e) {
    for (int depth = 0; depth < 16; ++depth) {
      if (auto value = as_const_int(e))
        return *value;
      if (auto value = as_const_uint(e))
        return int64_t(*value);
      e = simplify(substitute(lets, e));
    }
    std::ostringstream text;
    text << "the size of a launch is not a constant: " << e;
    throw std::runtime_error(text.str());
  }

  DeviceArgument argumentNamed(const std::string &name) {
    if (auto it = named.find(name); it != named.end())
      return it->second;
    auto found = constants.find(name);
    if (found == constants.end())
      throw std::runtime_error("a launch is given `" + name + "`, which nothing made");
    code.constants.push_back(found->second);
    return named[name] = {DeviceArgument::Constant, code.constants.size() - 1};
  }

  void visit(const LetStmt *op) override {
    lets[op->name] = op->value;
    IRVisitor::visit(op);
  }

  /// Between the launches there is memory on the device only; whatever is on the host would be computed there.
  void visit(const Allocate *op) override {
    int64_t elements = op->constant_allocation_size();
    if (elements <= 0)
      throw std::runtime_error("the size of `" + op->name + "` is not a constant");
    code.scratch.push_back(elements * op->type.bytes());
    named[op->name] = {DeviceArgument::Scratch, code.scratch.size() - 1};
    IRVisitor::visit(op);
  }
  void visit(const Store *op) override { throw std::runtime_error("the host would store into `" + op->name + "`"); }

  void visit(const Call *op) override {
    IRVisitor::visit(op);
    if (!starts_with(op->name, "halide_") || !ends_with(op->name, "_run"))
      return;
    DeviceLaunch launch;
    launch.function = op->args[Function].as<StringImm>()->value;
    for (int d = 0; d < 3; ++d) {
      launch.grid[d] = constant(op->args[Grid + d]);
      launch.block[d] = constant(op->args[Block + d]);
    }
    launch.shared = constant(op->args[Shared]);
    const auto *values = op->args[Values].as<Call>(), *areBuffers = op->args[AreBuffers].as<Call>();
    for (size_t i = 0; i + 1 < values->args.size(); ++i) { // the last is a null that ends the list
      if (!constant(areBuffers->args[i]))
        throw std::runtime_error("`" + launch.function + "` is given a number, which all should be in its text");
      const auto *value = values->args[i].as<Variable>();
      launch.arguments.push_back(argumentNamed(value->name.substr(0, value->name.rfind(".buffer"))));
    }
    code.launches.push_back(std::move(launch));
  }

  DeviceCode &code;
  std::map<std::string, Expr> lets;
  std::map<std::string, DeviceArgument> named;
  std::map<std::string, std::string> constants; ///< content of lists by name
};

} // namespace

DeviceCode deviceCode(const Halide::Module &module) {
  DeviceCode code;
  Halide::Buffer<> text = module.get_device_code_buffer();
  code.text.assign(static_cast<const char *>(text.data()), text.size_in_bytes());
  while (!code.text.empty() && code.text.back() == 0)
    code.text.pop_back();
  for (const LoweredFunc &function : module.functions())
    LaunchReader(function, module.buffers(), code);
  return code;
}

} // namespace gan
