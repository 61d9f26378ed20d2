// See Calls.h.
#include "compiler/ptx/Calls.h"
#include "compiler/ptx/Opcodes.h"

#include <algorithm>

namespace ptx {
namespace {

/// (NAME, ..)
std::vector<std::string_view> namesInParentheses(Cursor &in) {
  std::vector<std::string_view> names;
  in.expect("(");
  while (!in.accept(")")) {
    names.push_back(in.word());
    if (!in.is(")"))
      in.expect(",");
  }
  return names;
}

/// The variables of a function, in parentheses that are left out where there are none.
std::vector<Variable> readVariables(Cursor &in) {
  std::vector<Variable> variables;
  if (!in.accept("("))
    return variables;
  while (!in.accept(")")) {
    variables.push_back(readVariable(in));
    if (!in.is(")"))
      in.expect(",");
  }
  return variables;
}

[[noreturn]] void fail(const Call &call, const std::string &message) {
  throw ParseError(call.line, message + " in the call of '" + call.name + "'");
}

void bind(const std::vector<Variable> &variables, const std::vector<std::string_view> &given, const Call &call,
          const Names &caller, Names &own) {
  if (given.size() != variables.size())
    fail(call, std::to_string(given.size()) + " variables instead of " + std::to_string(variables.size()));
  for (size_t k = 0; k < given.size(); ++k) {
    const Register *r = caller.find(nameOfVariable(given[k]));
    if (!r)
      fail(call, "'" + std::string(given[k]) + "' is no variable in .param");
    if (sizeOf(r->type) != sizeOf(variables[k].type))
      fail(call, "variable '" + std::string(given[k]) + "' of a size that does not fit");
    own.bind(nameOfVariable(variables[k].name), *r);
  }
}

} // namespace

Functions functionsOf(Cursor in) {
  Functions functions;
  while (!in.atEnd()) {
    if (in.next().text != ".func")
      continue;
    Cursor head = in;
    if (in.is("("))
      in.skipThrough(")");
    std::string_view name = in.next().text;
    while (!in.is("{") && !in.is(";") && !in.atEnd())
      in.next();
    if (in.is("{"))
      functions.try_emplace(name, head);
  }
  return functions;
}

bool atCall(const Cursor &in) {
  std::string_view opcode = in.peek(!in.is("@") ? 0 : in.peek(1).text == "!" ? 3 : 2).text;
  return opcode == "call" || opcode == "call.uni";
}

Call readCall(Cursor &in, const Names &names) {
  Call call;
  call.line = in.line();
  if (in.accept("@")) {
    call.skip = Instruction();
    call.skip->control = Control::Return;
    call.skip->guardNegated = !in.accept("!");
    call.skip->guard = names.guard(in);
  }
  in.next();
  if (in.is("(")) {
    call.results = namesInParentheses(in);
    in.expect(",");
  }
  call.name = std::string(in.word());
  if (in.accept(","))
    call.arguments = namesInParentheses(in);
  in.expect(";");
  return call;
}

Variable readVariable(Cursor &in) {
  in.expect(".param");
  bool isScalar = !in.is(".align");
  Type type = isScalar ? readType(in) : Type::None;
  std::string name(isScalar ? in.word() : "");
  if (!isScalar || type == Type::Pred || in.is("["))
    in.fail("only scalars are supported as parameters and results of functions");
  return {name, type};
}

void enterFunction(Cursor &in, const Call &call, const Names &caller, Names &own) {
  std::vector<Variable> results = readVariables(in);
  in.expect(call.name);
  for (std::string_view name : call.results) // the function would overwrite what it was given
    if (std::find(call.arguments.begin(), call.arguments.end(), name) != call.arguments.end())
      fail(call, "'" + std::string(name) + "' is an argument and a result");
  bind(results, call.results, call, caller, own);
  bind(readVariables(in), call.arguments, call, caller, own);
  while (!in.is("{") && !in.atEnd()) // directives, which say nothing about what it computes
    in.next();
}

void leaveFunction(Kernel &kernel, size_t begin) {
  for (size_t n = begin; n < kernel.code.size(); ++n)
    if (Instruction &i = kernel.code[n]; i.control == Control::Return) {
      i.control = Control::Branch;
      i.target = int32_t(kernel.code.size());
    }
}

} // namespace ptx
