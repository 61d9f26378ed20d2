// Stable forms of logarithms, and algebra.
// RUN: gan-opt %s -gan-simplify | FileCheck %s

// CHECK-LABEL: gan.graph evaluate "log of a sigmoid"
// CHECK-NOT: gan.log
// CHECK: gan.softplus
gan.graph evaluate "log of a sigmoid" {
  %x = gan.read "x" : tensor<4x3xf32>
  %p = gan.sigmoid %x : tensor<4x3xf32>
  %l = gan.log %p : tensor<4x3xf32>
  gan.observe value "l" step -1, %l : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "log of one minus a sigmoid"
// CHECK-NOT: gan.log
// CHECK: gan.softplus
gan.graph evaluate "log of one minus a sigmoid" {
  %x = gan.read "x" : tensor<4x3xf32>
  %p = gan.sigmoid %x : tensor<4x3xf32>
  %one = gan.constant 1.0 : tensor<4x3xf32>
  %q = gan.sub %one, %p : tensor<4x3xf32>
  %l = gan.log %q : tensor<4x3xf32>
  gan.observe value "l" step -1, %l : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "neutral elements"
// CHECK-NEXT: %[[X:.*]] = gan.read "x"
// CHECK-NEXT: gan.observe value "l" step -1, %[[X]]
gan.graph evaluate "neutral elements" {
  %x = gan.read "x" : tensor<4x3xf32>
  %zero = gan.constant 0.0 : tensor<4x3xf32>
  %one = gan.constant 1.0 : tensor<4x3xf32>
  %a = gan.add %x, %zero : tensor<4x3xf32>
  %b = gan.mul %one, %a : tensor<4x3xf32>
  %c = gan.neg %b : tensor<4x3xf32>
  %d = gan.neg %c : tensor<4x3xf32>
  gan.observe value "l" step -1, %d : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "constants fold"
// CHECK: gan.constant 5.000000e+00
// CHECK-NOT: gan.add
gan.graph evaluate "constants fold" {
  %a = gan.constant 2.0 : tensor<3xf32>
  %b = gan.constant 3.0 : tensor<3xf32>
  %c = gan.add %a, %b : tensor<3xf32>
  gan.observe value "l" step -1, %c : tensor<3xf32>
}

// CHECK-LABEL: gan.graph evaluate "convolutions over the whole image"
// CHECK-NOT: gan.conv
// CHECK-COUNT-3: gan.matmul
// CHECK: gan.conv %
gan.graph evaluate "convolutions over the whole image" {
  %x = gan.read "x" : tensor<2x4x4x3xf32>
  %w = gan.read "w" : tensor<4x4x3x5xf32>
  %y = gan.conv %x, %w stride [1, 1] pad [0, 0] : (tensor<2x4x4x3xf32>, tensor<4x4x3x5xf32>) -> tensor<2x1x1x5xf32>
  %dx = gan.conv_input_grad %y, %w stride [2, 2] pad [0, 0] : (tensor<2x1x1x5xf32>, tensor<4x4x3x5xf32>) -> tensor<2x4x4x3xf32>
  %dw = gan.conv_weight_grad %x, %y stride [1, 1] pad [0, 0] : (tensor<2x4x4x3xf32>, tensor<2x1x1x5xf32>) -> tensor<4x4x3x5xf32>
  %padded = gan.conv %x, %w stride [4, 4] pad [1, 1] : (tensor<2x4x4x3xf32>, tensor<4x4x3x5xf32>) -> tensor<2x1x1x5xf32>
  gan.observe value "dx" step -1, %dx : tensor<2x4x4x3xf32>
  gan.observe value "dw" step -1, %dw : tensor<4x4x3x5xf32>
  gan.observe value "padded" step -1, %padded : tensor<2x1x1x5xf32>
}

// CHECK-LABEL: gan.graph evaluate "maximum over nothing"
// CHECK-NOT: gan.reduce_max
gan.graph evaluate "maximum over nothing" {
  %x = gan.read "x" : tensor<4x3xf32>
  %m = gan.reduce_max %x over [] : (tensor<4x3xf32>) -> tensor<4x3xf32>
  gan.observe value "m" step -1, %m : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "log of one plus an exponential"
// CHECK-NOT: gan.exp
// CHECK: %[[S:.*]] = gan.softplus
// CHECK-NEXT: gan.observe value "l" step -1, %[[S]]
gan.graph evaluate "log of one plus an exponential" {
  %x = gan.read "x" : tensor<4x3xf32>
  %one = gan.constant 1.0 : tensor<4x3xf32>
  %e = gan.exp %x : tensor<4x3xf32>
  %a = gan.add %one, %e : tensor<4x3xf32>
  %l = gan.log %a : tensor<4x3xf32>
  gan.observe value "l" step -1, %l : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "log of a sum of exponentials, 3 and one behind a reshape"
// CHECK-NOT: gan.exp
// CHECK-NOT: gan.log
// CHECK: gan.max
// CHECK-COUNT-2: gan.softplus
gan.graph evaluate "log of a sum of exponentials, 3 and one behind a reshape" {
  %x = gan.read "x" : tensor<12xf32>
  %y = gan.read "y" : tensor<4x3xf32>
  %three = gan.constant 3.0 : tensor<4x3xf32>
  %f = gan.exp %x : tensor<12xf32>
  %g = gan.reshape %f : (tensor<12xf32>) -> tensor<4x3xf32>
  %e = gan.exp %y : tensor<4x3xf32>
  %a = gan.add %g, %three : tensor<4x3xf32>
  %b = gan.add %a, %e : tensor<4x3xf32>
  %l = gan.log %b : tensor<4x3xf32>
  gan.observe value "l" step -1, %l : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "logs that stay"
// CHECK-COUNT-3: gan.log
gan.graph evaluate "logs that stay" {
  %x = gan.read "x" : tensor<4x3xf32>
  %minus = gan.constant -1.0 : tensor<4x3xf32>
  %e = gan.exp %x : tensor<4x3xf32>
  %a = gan.add %e, %minus : tensor<4x3xf32>
  %l = gan.log %a : tensor<4x3xf32>
  %b = gan.add %e, %x : tensor<4x3xf32>
  %m = gan.log %b : tensor<4x3xf32>
  %c = gan.mul %x, %x : tensor<4x3xf32>
  %n = gan.log %c : tensor<4x3xf32>
  gan.observe value "l" step -1, %l : tensor<4x3xf32>
  gan.observe value "m" step -1, %m : tensor<4x3xf32>
  gan.observe value "n" step -1, %n : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "log of a mean of exponentials"
// CHECK: gan.reduce_max
// CHECK: gan.exp
// CHECK: gan.log
// CHECK-NOT: gan.log
gan.graph evaluate "log of a mean of exponentials" {
  %x = gan.read "x" : tensor<4x3xf32>
  %third = gan.constant 0.25 : tensor<4xf32>
  %e = gan.exp %x : tensor<4x3xf32>
  %s = gan.reduce_sum %e over [1] : (tensor<4x3xf32>) -> tensor<4xf32>
  %m = gan.mul %s, %third : tensor<4xf32>
  %l = gan.log %m : tensor<4xf32>
  gan.observe value "l" step -1, %l : tensor<4xf32>
}

// CHECK-LABEL: gan.graph evaluate "sigmoids written out"
// CHECK-NOT: gan.div
// CHECK-COUNT-2: gan.sigmoid
// CHECK: gan.expm1
// CHECK-NOT: gan.exp
gan.graph evaluate "sigmoids written out" {
  %x = gan.read "x" : tensor<3xf32>
  %y = gan.read "y" : tensor<3xf32>
  %one = gan.constant 1.0 : tensor<3xf32>
  %e = gan.exp %x : tensor<3xf32>
  %f = gan.exp %y : tensor<3xf32>
  %a = gan.add %one, %e : tensor<3xf32>
  %p = gan.div %one, %a : tensor<3xf32>
  %b = gan.add %f, %e : tensor<3xf32>
  %q = gan.div %e, %b : tensor<3xf32>
  %r = gan.sub %one, %e : tensor<3xf32>
  gan.observe value "p" step -1, %p : tensor<3xf32>
  gan.observe value "q" step -1, %q : tensor<3xf32>
  gan.observe value "r" step -1, %r : tensor<3xf32>
}

// NaN times 0 is NaN.
// CHECK-LABEL: gan.graph evaluate "nothing times"
// CHECK: gan.mul
gan.graph evaluate "nothing times" {
  %x = gan.read "x" : tensor<3xf32>
  %zero = gan.constant 0.0 : tensor<3xf32>
  %p = gan.mul %zero, %x : tensor<3xf32>
  gan.observe value "p" step -1, %p : tensor<3xf32>
}

// CHECK-LABEL: gan.graph evaluate "selection by a constant"
// CHECK-NEXT: %[[X:.*]] = gan.read "x"
// CHECK-NEXT: gan.observe value "p" step -1, %[[X]]
gan.graph evaluate "selection by a constant" {
  %x = gan.read "x" : tensor<3xf32>
  %one = gan.constant 1.0 : tensor<3xf32>
  %p = gan.select %one, %x, %one : tensor<3xf32>
  gan.observe value "p" step -1, %p : tensor<3xf32>
}
