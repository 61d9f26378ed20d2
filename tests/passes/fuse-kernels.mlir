// One anchor a kernel, with its prologue and epilogue.
// RUN: gan-opt %s -gan-fuse-kernels | FileCheck %s

// A product takes its bias and activation with it.
// CHECK-LABEL: gan.graph evaluate "linear and relu"
// CHECK: gan.kernel
// CHECK-NEXT: gan.matmul
// CHECK-NEXT: gan.broadcast
// CHECK-NEXT: gan.add
// CHECK-NEXT: gan.relu
// CHECK-NEXT: gan.yield
// CHECK-NOT: gan.kernel
gan.graph evaluate "linear and relu" {
  %x = gan.read "x" : tensor<4x3xf32>
  %w = gan.read "w" : tensor<5x3xf32>
  %b = gan.read "b" : tensor<5xf32>
  %y = gan.matmul %x, %w {transpose_rhs} : (tensor<4x3xf32>, tensor<5x3xf32>) -> tensor<4x5xf32>
  %bias = gan.broadcast %b to [1] : (tensor<5xf32>) -> tensor<4x5xf32>
  %z = gan.add %y, %bias : tensor<4x5xf32>
  %r = gan.relu %z : tensor<4x5xf32>
  gan.observe value "r" step -1, %r : tensor<4x5xf32>
}

// Element-wise chains and the reduction that reads them are one kernel.
// CHECK-LABEL: gan.graph evaluate "chain and sum"
// CHECK: gan.kernel
// CHECK: gan.exp
// CHECK: gan.mul
// CHECK: gan.reduce_sum
// CHECK: gan.yield
// CHECK-NOT: gan.kernel
gan.graph evaluate "chain and sum" {
  %x = gan.read "x" : tensor<4x3xf32>
  %e = gan.exp %x : tensor<4x3xf32>
  %m = gan.mul %e, %x : tensor<4x3xf32>
  %s = gan.reduce_sum %m over [1] : (tensor<4x3xf32>) -> tensor<4xf32>
  gan.observe value "s" step -1, %s : tensor<4xf32>
}

// Two products are two kernels; a view of the first one's result does not merge them.
// CHECK-LABEL: gan.graph evaluate "two products"
// CHECK-COUNT-2: gan.kernel
// CHECK-NOT: gan.kernel
gan.graph evaluate "two products" {
  %x = gan.read "x" : tensor<4x6xf32>
  %w = gan.read "w" : tensor<6x6xf32>
  %y = gan.matmul %x, %w : (tensor<4x6xf32>, tensor<6x6xf32>) -> tensor<4x6xf32>
  %v = gan.reshape %y : (tensor<4x6xf32>) -> tensor<8x3xf32>
  %u = gan.read "u" : tensor<3x2xf32>
  %z = gan.matmul %v, %u : (tensor<8x3xf32>, tensor<3x2xf32>) -> tensor<8x2xf32>
  gan.observe value "z" step -1, %z : tensor<8x2xf32>
}
