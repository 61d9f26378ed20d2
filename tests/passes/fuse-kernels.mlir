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

// An activation that two convolutions read is computed by both: it is never stored.
// CHECK-LABEL: gan.graph evaluate "activation"
// CHECK: gan.kernel
// CHECK: gan.relu
// CHECK-NEXT: gan.conv %
// CHECK: gan.kernel
// CHECK: gan.relu
// CHECK-NEXT: gan.conv_weight_grad
// CHECK-NOT: gan.kernel
gan.graph evaluate "activation" {
  %x = gan.read "x" : tensor<2x8x8x4xf32>
  %w = gan.read "w" : tensor<3x3x4x5xf32>
  %g = gan.read "g" : tensor<2x6x6x5xf32>
  %s = gan.read "s" : tensor<4xf32>
  %scale = gan.broadcast %s to [3] : (tensor<4xf32>) -> tensor<2x8x8x4xf32>
  %m = gan.mul %x, %scale : tensor<2x8x8x4xf32>
  %r = gan.relu %m : tensor<2x8x8x4xf32>
  %y = gan.conv %r, %w stride [1, 1] pad [0, 0] : (tensor<2x8x8x4xf32>, tensor<3x3x4x5xf32>) -> tensor<2x6x6x5xf32>
  %d = gan.conv_weight_grad %r, %g stride [1, 1] pad [0, 0] : (tensor<2x8x8x4xf32>, tensor<2x6x6x5xf32>) -> tensor<3x3x4x5xf32>
  gan.observe value "y" step -1, %y : tensor<2x6x6x5xf32>
  gan.observe value "d" step -1, %d : tensor<3x3x4x5xf32>
}

// One that takes an exponential, or that two large values are read for, is stored.
// CHECK-LABEL: gan.graph evaluate "costly activations"
// CHECK: gan.kernel
// CHECK: gan.tanh
// CHECK-NEXT: gan.yield
// CHECK: gan.conv %
// CHECK: gan.conv_weight_grad
// CHECK: gan.kernel
// CHECK: gan.add
// CHECK-NEXT: gan.yield
// CHECK: gan.conv %
// CHECK: gan.conv_weight_grad
gan.graph evaluate "costly activations" {
  %x = gan.read "x" : tensor<2x8x8x4xf32>
  %z = gan.read "z" : tensor<2x8x8x4xf32>
  %v = gan.read "v" : tensor<2x8x8x4xf32>
  %w = gan.read "w" : tensor<3x3x4x5xf32>
  %g = gan.read "g" : tensor<2x6x6x5xf32>
  %t = gan.tanh %x : tensor<2x8x8x4xf32>
  %y = gan.conv %t, %w stride [1, 1] pad [0, 0] : (tensor<2x8x8x4xf32>, tensor<3x3x4x5xf32>) -> tensor<2x6x6x5xf32>
  %d = gan.conv_weight_grad %t, %g stride [1, 1] pad [0, 0] : (tensor<2x8x8x4xf32>, tensor<2x6x6x5xf32>) -> tensor<3x3x4x5xf32>
  %a = gan.add %v, %z : tensor<2x8x8x4xf32>
  %u = gan.conv %a, %w stride [1, 1] pad [0, 0] : (tensor<2x8x8x4xf32>, tensor<3x3x4x5xf32>) -> tensor<2x6x6x5xf32>
  %e = gan.conv_weight_grad %a, %g stride [1, 1] pad [0, 0] : (tensor<2x8x8x4xf32>, tensor<2x6x6x5xf32>) -> tensor<3x3x4x5xf32>
  gan.observe value "y" step -1, %y : tensor<2x6x6x5xf32>
  gan.observe value "d" step -1, %d : tensor<3x3x4x5xf32>
  gan.observe value "u" step -1, %u : tensor<2x6x6x5xf32>
  gan.observe value "e" step -1, %e : tensor<3x3x4x5xf32>
}

// Sums over one value are one kernel, unless it would have to wait for another large value.
// CHECK-LABEL: gan.graph evaluate "sums"
// CHECK: gan.matmul
// CHECK: gan.kernel
// CHECK: gan.reduce_sum
// CHECK: gan.reduce_sum
// CHECK: gan.matmul
// CHECK: gan.reduce_sum
gan.graph evaluate "sums" {
  %x = gan.read "x" : tensor<512x256xf32>
  %w = gan.read "w" : tensor<256x256xf32>
  %y = gan.matmul %x, %w : (tensor<512x256xf32>, tensor<256x256xf32>) -> tensor<512x256xf32>
  %s = gan.reduce_sum %y over [0] : (tensor<512x256xf32>) -> tensor<256xf32>
  %q = gan.square %y : tensor<512x256xf32>
  %v = gan.reduce_sum %q over [0] : (tensor<512x256xf32>) -> tensor<256xf32>
  %z = gan.matmul %y, %w : (tensor<512x256xf32>, tensor<256x256xf32>) -> tensor<512x256xf32>
  %p = gan.mul %y, %z : tensor<512x256xf32>
  %c = gan.reduce_sum %p over [0] : (tensor<512x256xf32>) -> tensor<256xf32>
  gan.observe value "s" step -1, %s : tensor<256xf32>
  gan.observe value "v" step -1, %v : tensor<256xf32>
  gan.observe value "c" step -1, %c : tensor<256xf32>
}
