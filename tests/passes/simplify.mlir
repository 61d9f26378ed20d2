// Stable forms of logarithms, and algebra.
// RUN: gan-opt %s -gan-simplify | FileCheck %s

// CHECK-LABEL: gan.graph "log of a sigmoid"
// CHECK-NOT: gan.log
// CHECK: gan.softplus
gan.graph "log of a sigmoid" {
  %x = gan.read "x" : tensor<4x3xf32>
  %p = gan.sigmoid %x : tensor<4x3xf32>
  %l = gan.log %p : tensor<4x3xf32>
  gan.observe "value" "l" step -1, %l {} : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph "log of one minus a sigmoid"
// CHECK-NOT: gan.log
// CHECK: gan.softplus
gan.graph "log of one minus a sigmoid" {
  %x = gan.read "x" : tensor<4x3xf32>
  %p = gan.sigmoid %x : tensor<4x3xf32>
  %one = gan.constant 1.0 : tensor<4x3xf32>
  %q = gan.sub %one, %p : tensor<4x3xf32>
  %l = gan.log %q : tensor<4x3xf32>
  gan.observe "value" "l" step -1, %l {} : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph "neutral elements"
// CHECK-NEXT: %[[X:.*]] = gan.read "x"
// CHECK-NEXT: gan.observe "value" "l" step -1, %[[X]]
gan.graph "neutral elements" {
  %x = gan.read "x" : tensor<4x3xf32>
  %zero = gan.constant 0.0 : tensor<4x3xf32>
  %one = gan.constant 1.0 : tensor<4x3xf32>
  %a = gan.add %x, %zero : tensor<4x3xf32>
  %b = gan.mul %one, %a : tensor<4x3xf32>
  %c = gan.neg %b : tensor<4x3xf32>
  %d = gan.neg %c : tensor<4x3xf32>
  gan.observe "value" "l" step -1, %d {} : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph "constants fold"
// CHECK: gan.constant 5.000000e+00
// CHECK-NOT: gan.add
gan.graph "constants fold" {
  %a = gan.constant 2.0 : tensor<3xf32>
  %b = gan.constant 3.0 : tensor<3xf32>
  %c = gan.add %a, %b : tensor<3xf32>
  gan.observe "value" "l" step -1, %c {} : tensor<3xf32>
}
