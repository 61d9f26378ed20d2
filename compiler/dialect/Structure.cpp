// Operations that hold others or bind values to the outside: steps, kernels, states, draws. Here are their verifiers
// and syntax.
#include "compiler/dialect/Gan.h"

#define GET_OP_CLASSES
#include "compiler/dialect/GanOps.cpp.inc"

using namespace mlir;

namespace gan {

LogicalResult DrawOp::verify() {
  Type element = tensorOf(getResult()).getElementType();
  if (getKind() == DrawKind::Mask)
    return element.isUnsignedInteger(8) && getKeep() ? success() : emitOpError("a mask is of bytes and needs `keep`");
  return element.isF32() ? success() : emitOpError("draws f32");
}

LogicalResult UnpackOp::verify() {
  if ((int64_t)getOffset() + tensorOf(getResult()).getNumElements() > tensorOf(getPacked()).getNumElements())
    return emitOpError("field leaves the packed state");
  return success();
}

LogicalResult PackOp::verify() {
  int64_t sum = 0;
  for (Value part : getParts())
    sum += tensorOf(part).getNumElements();
  if (tensorOf(getResult()).getRank() != 1 || tensorOf(getResult()).getDimSize(0) != sum)
    return emitOpError("result must be a vector of ") << sum << " elements";
  return success();
}

LogicalResult GradientOp::verify() {
  if (getWrt().size() != getGradients().size())
    return emitOpError("needs one result for each of `wrt`");
  for (auto [x, g] : llvm::zip(getWrt(), getGradients()))
    if (x.getType() != g.getType())
      return emitOpError("a gradient has its variable's type");
  return success();
}

/// Parses a region with one block whose arguments are written next to the operands: `(%a = %x : t, ...)`.
static ParseResult parseBoundRegion(OpAsmParser &parser, OperationState &state, StringRef kind) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> results;
  auto parseOne = [&]() -> ParseResult {
    return failure(parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()) || parser.parseColonType(arguments.back().type));
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseOne) ||
      parser.parseOptionalArrowTypeList(results))
    return failure();
  for (auto [argument, operand] : llvm::zip(arguments, operands))
    if (parser.resolveOperand(operand, argument.type, state.operands))
      return failure();
  state.addTypes(results);
  (void)kind;
  return failure(parser.parseRegion(*state.addRegion(), arguments) ||
                 parser.parseOptionalAttrDictWithKeyword(state.attributes));
}

static void printBoundRegion(OpAsmPrinter &printer, Operation *op, ArrayRef<StringRef> elided) {
  printer << " (";
  llvm::interleaveComma(llvm::zip(op->getRegion(0).getArguments(), op->getOperands()), printer, [&](auto pair) {
    printer << std::get<0>(pair) << " = " << std::get<1>(pair) << " : " << std::get<0>(pair).getType();
  });
  printer << ")";
  printer.printOptionalArrowTypeList(op->getResultTypes());
  printer << " ";
  printer.printRegion(op->getRegion(0), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDictWithKeyword(op->getAttrs(), elided);
}

ParseResult StepOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr name;
  if (parser.parseAttribute(name, "name", state.attributes))
    return failure();
  return parseBoundRegion(parser, state, "step");
}

void StepOp::print(OpAsmPrinter &printer) {
  printer << " " << getNameAttr();
  printBoundRegion(printer, *this, {"name"});
}

/// Checks that a region's arguments match the operands and its terminator's values match the results.
static LogicalResult verifyBound(Operation *op) {
  Block &block = op->getRegion(0).front();
  if (block.getArgumentTypes() != op->getOperandTypes())
    return op->emitOpError("block arguments must have the operands' types");
  if (!isa<YieldOp>(block.getTerminator()) || block.getTerminator()->getOperandTypes() != op->getResultTypes())
    return op->emitOpError("must yield values of the results' types");
  return success();
}

LogicalResult StepOp::verify() {
  if (getOperandTypes() != getResultTypes())
    return emitOpError("results must have the types of the states before the step");
  if (getEvery() < 1 || getTimes() < 1)
    return emitOpError("`every` and `times` are at least 1");
  return verifyBound(*this);
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &state) {
  StringAttr label;
  if (parser.parseAttribute(label, "label", state.attributes))
    return failure();
  return parseBoundRegion(parser, state, "kernel");
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << " " << getLabelAttr();
  printBoundRegion(printer, *this, {"label"});
}

LogicalResult KernelOp::verify() {
  if (getBody().getBlocks().size() != 1 || getNumResults() == 0)
    return emitOpError("has one block and at least one result");
  for (Operation &op : getBody().front().without_terminator())
    if (!isMap(&op) && !isReduction(&op) && !isContraction(&op) && !isa<DrawOp>(op))
      return emitOpError("cannot hold ") << op.getName();
  return verifyBound(*this);
}

} // namespace gan
