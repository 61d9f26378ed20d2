// Reads the declarations of a PTX file: variables, kernels with their parameters, registers and labels. Instructions go
// to Decoder.cpp, calls to Calls.cpp. What only debuggers want is skipped.
#include "compiler/ptx/Calls.h"
#include "compiler/ptx/Decoder.h"
#include "compiler/ptx/Opcodes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ptx {
namespace {

using Symbols = std::map<std::string, Symbol, std::less<>>;

/// Zeros at an address that suits every access.
AlignedBytes alignedBytes(size_t bytes) {
  size_t size = bytes / 256 * 256 + 256;
  AlignedBytes memory(static_cast<uint8_t *>(std::aligned_alloc(256, size)));
  std::memset(memory.get(), 0, size);
  return memory;
}

class Parser {
public:
  explicit Parser(const std::vector<Token> &tokens) : in(tokens), functions(functionsOf(in)) {}

  Module run() {
    while (!in.atEnd())
      topLevel();
    return std::move(module);
  }

private:
  void topLevel() {
    if (in.accept(".version") || in.accept(".address_size")) {
      in.next();
    } else if (in.accept(".target")) {
      do
        in.next();
      while (in.accept(","));
    } else if (in.is(".file") || in.is(".loc")) {
      skipLine();
    } else if (in.accept(".section")) {
      in.next();
      in.skipBraces();
    } else if (in.accept(".visible") || in.accept(".weak") || in.accept(".common")) {
    } else if (in.accept(".extern")) {
      isExtern = true;
    } else if (in.accept(".entry")) {
      kernel();
    } else if (in.accept(".func")) {
      function();
    } else if (in.is(".global") || in.is(".const") || in.is(".shared")) {
      variable(symbols, nullptr, nullptr);
    } else {
      in.fail("unknown directive '" + std::string(in.peek().text) + "'");
    }
  }

  void skipLine() {
    int line = in.line();
    while (!in.atEnd() && in.line() == line)
      in.next();
  }

  /// Device functions are read where they are called.
  void function() {
    while (!in.is("{") && !in.is(";") && !in.atEnd())
      in.next();
    if (in.is("{"))
      in.skipBraces();
    else
      in.expect(";");
    isExtern = false;
  }

  /// .global, .const, .shared or .local [.align N] TYPE NAME[COUNT].. [= values];
  void variable(Symbols &into, Kernel *owner, const Names *names) {
    std::string_view space = in.word();
    int align = 1;
    while (in.is(".align") || in.is(".attribute")) {
      if (in.accept(".align"))
        align = int(in.integer());
      else
        in.next(), in.skipThrough(")");
    }
    Type element = readType(in);
    std::string name(in.word());
    int64_t count = 1;
    bool open = false;
    while (in.accept("[")) {
      if (in.is("]"))
        open = true;
      else
        count *= in.integer();
      in.expect("]");
    }
    align = std::max(align, sizeOf(element));
    int64_t bytes = open ? 0 : count * sizeOf(element);
    if (bytes > INT32_MAX)
      in.fail("'" + name + "' is too large");
    if (space == ".shared") {
      int &used = owner ? owner->sharedBytes : sharedBytes;
      if (names && names->dynamicUsed)
        in.fail("shared memory is declared after the dynamic one was used");
      used = open ? used : roundUp(used, align);
      into[name] = {Space::Shared, uint64_t(used), open};
      used += int(bytes);
    } else if (space == ".local") {
      if (!owner)
        in.fail("local memory outside a kernel");
      owner->localBytes = roundUp(owner->localBytes, align);
      into[name] = {Space::Local, uint64_t(owner->localBytes)};
      owner->localBytes += int(bytes);
    } else if (isExtern) {
      in.fail("'" + name + "' is in another file");
    } else {
      into[name] = {Space::Global, array(name, element, size_t(bytes))};
    }
    isExtern = false;
    in.expect(";");
  }

  /// The bytes of a global array with its initial values; returns the address.
  uint64_t array(const std::string &name, Type element, size_t bytes) {
    module.arrays.push_back({name, alignedBytes(bytes), bytes});
    uint8_t *place = module.arrays.back().bytes.get();
    if (in.accept("=")) {
      bool list = in.accept("{");
      size_t size = size_t(sizeOf(element));
      for (size_t at = 0; !in.is("}") && !in.is(";"); at += size) {
        bool negative = in.accept("-");
        uint64_t bits = numberBits(in, in.word(), negative, element);
        if (at + size > bytes)
          in.fail("'" + name + "' has more values than elements");
        std::memcpy(place + at, &bits, size);
        in.accept(",");
      }
      if (list)
        in.expect("}");
    }
    return uint64_t(reinterpret_cast<uintptr_t>(place));
  }

  void kernel() {
    Kernel k;
    k.name = std::string(in.word());
    k.sharedBytes = sharedBytes;
    Names names(k, symbols);
    if (in.accept("(")) {
      while (!in.accept(")")) {
        parameter(k, names);
        in.accept(",");
      }
    }
    directives(k);
    body(k, names);
    k.sharedBytes = roundUp(k.sharedBytes, dynamicAlignment);
    module.kernels[k.name] = std::move(k);
  }

  /// .param TYPE [.ptr [.SPACE] [.align N]] NAME
  void parameter(Kernel &k, Names &names) {
    in.expect(".param");
    if (in.is(".align"))
      in.fail("parameters that are arrays are not supported");
    Type element = readType(in);
    while (in.peek().text[0] == '.') {
      if (in.accept(".align"))
        in.integer();
      else
        in.next();
    }
    std::string name(in.word());
    if (in.is("["))
      in.fail("parameters that are arrays are not supported");
    int size = sizeOf(element), end = k.params.empty() ? 0 : k.params.back().offset + sizeOf(k.params.back().type);
    k.params.push_back({roundUp(end, size), element});
    names.symbols[name] = {Space::Param, uint64_t(k.params.back().offset)};
  }

  void directives(Kernel &k) {
    while (!in.is("{")) {
      std::string_view word = in.word();
      std::vector<int> numbers;
      while (startsWithDigit(in.peek().text)) {
        numbers.push_back(int(in.integer()));
        in.accept(",");
      }
      numbers.resize(3, 1);
      if (word == ".maxntid")
        std::copy(numbers.begin(), numbers.end(), k.maxThreads.begin());
      else if (word == ".reqntid")
        std::copy(numbers.begin(), numbers.end(), k.threads.begin());
      else if (word != ".minnctapersm" && word != ".maxnreg" && word != ".noreturn")
        in.fail("unknown directive '" + std::string(word) + "'");
    }
  }

  void body(Kernel &k, Names &names) {
    std::map<std::string, int, std::less<>> labels;
    std::vector<Jump> jumps;
    in.expect("{");
    for (int depth = 1; depth > 0;) {
      if (in.accept("{")) {
        names.openScope(), ++depth;
      } else if (in.accept("}")) {
        names.closeScope(), --depth;
      } else if (in.accept(".reg")) {
        registers(names);
      } else if (in.is(".shared") && !inside.empty()) {
        in.fail("shared memory of device functions is not supported"); // one for all calls
      } else if (in.is(".local") || in.is(".shared")) {
        variable(names.symbols, &k, &names);
      } else if (in.accept(".pragma")) {
        in.skipThrough(";");
      } else if (in.is(".loc")) {
        skipLine();
      } else if (in.is(".param")) {
        Variable variable = readVariable(in);
        names.declare(nameOfVariable(variable.name), variable.type);
        in.expect(";");
      } else if (atCall(in)) {
        call(k, names);
      } else if (in.peek(1).text == ":") {
        labels[std::string(in.word())] = int(k.code.size());
        in.expect(":");
      } else if (in.atEnd()) {
        in.fail("the body of '" + k.name + "' has no end");
      } else {
        decode(in, names, k, jumps);
      }
    }
    for (const Jump &jump : jumps) {
      auto label = labels.find(jump.label);
      if (label == labels.end())
        throw ParseError(jump.line, "no label '" + jump.label + "'");
      k.code[jump.instruction].target = label->second;
    }
  }

  /// Reads the function's body as if it stood here.
  void call(Kernel &k, Names &names) {
    Call call = readCall(in, names);
    auto function = functions.find(call.name);
    if (function == functions.end())
      throw ParseError(call.line, "no device function '" + call.name + "' with a body");
    if (std::find(inside.begin(), inside.end(), call.name) != inside.end())
      throw ParseError(call.line, "'" + call.name + "' calls itself, and recursion is not supported");
    size_t begin = k.code.size();
    if (call.skip) {
      k.code.push_back(*call.skip);
      k.places.push_back({call.line, "call " + call.name, "call"});
    }
    Cursor behind = std::exchange(in, function->second);
    Names own(k, symbols);
    enterFunction(in, call, names, own);
    inside.push_back(call.name);
    body(k, own);
    inside.pop_back();
    leaveFunction(k, begin);
    in = behind;
    names.dynamicUsed |= own.dynamicUsed;
  }

  /// .reg TYPE NAME<COUNT>, ..;
  void registers(Names &names) {
    Type element = readType(in);
    do {
      std::string name(in.word());
      if (in.accept("<")) {
        int64_t count = in.integer();
        for (int64_t n = 0; n < count; ++n)
          names.declare(name + std::to_string(n), element);
        in.expect(">");
      } else {
        names.declare(name, element);
      }
    } while (in.accept(","));
    in.expect(";");
  }

  Cursor in;
  const Functions functions;
  std::vector<std::string> inside; ///< the functions whose bodies are read, each in that of the one before
  Module module;
  Symbols symbols;
  int sharedBytes = 0; ///< of the module's variables
  bool isExtern = false;
};

} // namespace

Module parse(const std::string &text) {
  std::vector<Token> tokens = tokensOf(text);
  return Parser(tokens).run();
}

} // namespace ptx
