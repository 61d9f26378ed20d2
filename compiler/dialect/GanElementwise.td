// Element-wise operations: one line each, carrying value and derivatives as C++ expressions. The same text is
// instantiated with Halide expressions (the kernel), with double (constant folding) and with an IR-building value (the backward graph).
//   x, y, z: operands   r: the result   g: gradient of the result   "" : no gradient
// Vocabulary: + - * / unary -, literals, and the functions named after the operations below (Scalar.h lists them).
#ifndef GAN_ELEMENTWISE_TD
#define GAN_ELEMENTWISE_TD
include "compiler/dialect/GanDialect.td"

class Gan_ElementwiseOp<string mnemonic, int arity, string valueText, list<string> gradients, string doc>
    : Gan_DiffOp<mnemonic, [Gan_Elementwise, SameOperandsAndResultType]> {
  let summary = doc;
  let results = (outs Gan_Float:$result);
  string params = !cond(!eq(arity, 1): "const E &x", !eq(arity, 2): "const E &x, const E &y", true: "const E &x, const E &y, const E &z");
  string unused = !cond(!eq(arity, 1): "", !eq(arity, 2): "(void)y;", true: "(void)y; (void)z;");
  string gx = !head(gradients);
  string gy = !if(!gt(arity, 1), gradients[1], "");
  string gz = !if(!gt(arity, 2), gradients[2], "");
  let extraClassDeclaration = [{
    static constexpr int arity = }] # arity # [{;
    /// Value at one point.
    template <class E> static E value(}] # params # [{) { return }] # valueText # [{; }
    /// Gradient with respect to operand `i` at one point; `none` where there is none.
    template <class E> static E derivative(int i, const E &g, const E &r, }] # params # [{, const E &none) {
      (void)g; (void)r; (void)x; }] # unused # [{
      switch (i) {
      case 0: return }] # !if(!eq(gx, ""), "none", gx) # [{;
      case 1: return }] # !if(!eq(gy, ""), "none", gy) # [{;
      default: return }] # !if(!eq(gz, ""), "none", gz) # [{;
      }
    }
  }];
}
class Gan_Unary<string mnemonic, string value, string gx, string doc> : Gan_ElementwiseOp<mnemonic, 1, value, [gx], doc> {
  let arguments = (ins Gan_Float:$x);
  let assemblyFormat = "$x attr-dict `:` type($result)";
}
class Gan_Binary<string mnemonic, string value, string gx, string gy, string doc> : Gan_ElementwiseOp<mnemonic, 2, value, [gx, gy], doc> {
  let arguments = (ins Gan_Float:$x, Gan_Float:$y);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($result)";
}
class Gan_Ternary<string mnemonic, string value, string gx, string gy, string gz, string doc>
    : Gan_ElementwiseOp<mnemonic, 3, value, [gx, gy, gz], doc> {
  let arguments = (ins Gan_Float:$x, Gan_Float:$y, Gan_Float:$z);
  let assemblyFormat = "$x `,` $y `,` $z attr-dict `:` type($result)";
}

def Gan_AddOp : Gan_Binary<"add", "x + y", "g", "g", "sum">;
def Gan_SubOp : Gan_Binary<"sub", "x - y", "g", "-g", "difference">;
def Gan_MulOp : Gan_Binary<"mul", "x * y", "g * y", "g * x", "product">;
def Gan_DivOp : Gan_Binary<"div", "x / y", "g / y", "-(g * (r / y))", "quotient">;
def Gan_MaxOp : Gan_Binary<"max", "max(x, y)", "select(gt(y, x), 0.0, select(eq(x, y), 0.5 * g, g))", "select(gt(x, y), 0.0, select(eq(x, y), 0.5 * g, g))", "larger, NaN where either is; a tie shares its gradient">;
def Gan_MinOp : Gan_Binary<"min", "min(x, y)", "select(gt(x, y), 0.0, select(eq(x, y), 0.5 * g, g))", "select(gt(y, x), 0.0, select(eq(x, y), 0.5 * g, g))", "smaller, NaN where either is; a tie shares its gradient">;
def Gan_PowOp : Gan_Binary<"pow", "pow(x, y)", "select(y, g * (y * pow(x, y - 1.0)), 0.0)", "select(eq(x, 0.0) * eq(max(y, 0.0), y), 0.0, g * (r * log(x)))", "x to the power of y; gradient 0 for x^0, and for the exponent of 0">;
def Gan_GtOp : Gan_Binary<"gt", "gt(x, y)", "", "", "1 where x > y, else 0">;
def Gan_EqOp : Gan_Binary<"eq", "eq(x, y)", "", "", "1 where x == y, else 0">;
def Gan_LeakyReluOp : Gan_Binary<"leaky_relu", "select(gt(x, 0.0), x, y * x)", "select(gt(x, 0.0), g, g * y)", "select(gt(x, 0.0), 0.0, g * x)", "x, or slope y times x where x <= 0">;
def Gan_SelectOp : Gan_Ternary<"select", "select(x, y, z)", "", "select(x, g, 0.0)", "select(x, 0.0, g)", "y where x is not 0, else z">;
def Gan_ClampOp : Gan_Ternary<"clamp", "min(max(x, y), z)", "select(gt(y, x), 0.0, select(eq(r, x), g, 0.0))", "select(gt(z, y), select(gt(y, x), g, 0.0), 0.0)", "select(gt(y, z), g, select(gt(x, z), g, 0.0))", "x kept in [y, z]; the bounds let gradients through">;

def Gan_NegOp : Gan_Unary<"neg", "-x", "-g", "negation">;
def Gan_ExpOp : Gan_Unary<"exp", "exp(x)", "g * r", "e to the x">;
def Gan_Expm1Op : Gan_Unary<"expm1", "expm1(x)", "g * (r + 1.0)", "exp(x) - 1 without cancellation">;
def Gan_LogOp : Gan_Unary<"log", "log(x)", "g / x", "natural logarithm">;
def Gan_SqrtOp : Gan_Unary<"sqrt", "sqrt(x)", "g * 0.5 / r", "square root">;
def Gan_AbsOp : Gan_Unary<"abs", "abs(x)", "g * (gt(x, 0.0) - gt(0.0, x))", "magnitude; gradient 0 at 0">;
def Gan_SquareOp : Gan_Unary<"square", "x * x", "g * (2.0 * x)", "square">;
def Gan_ReluOp : Gan_Unary<"relu", "max(x, 0.0)", "select(eq(r, 0.0), 0.0, g)", "max(x, 0); gradient 0 at 0">;
def Gan_SigmoidOp : Gan_Unary<"sigmoid", "sigmoid(x)", "g * (1.0 - r) * r", "1 / (1 + exp(-x))">;
def Gan_TanhOp : Gan_Unary<"tanh", "tanh(x)", "g * (1.0 - r * r)", "hyperbolic tangent">;
def Gan_SoftplusOp : Gan_Unary<"softplus", "softplus(x)", "g * sigmoid(x)", "log(1 + exp(x)), stable">;
def Gan_ErfOp : Gan_Unary<"erf", "erf(x)", "g * 1.1283791670955126 * exp(-(x * x))", "error function">;

#endif
