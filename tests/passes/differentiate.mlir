// The reverse walk: only what is asked for is computed.
// RUN: gan-opt %s -gan-differentiate | FileCheck %s

// No weight gradient for a block that is not updated: one product going back, to the input alone.
// CHECK-LABEL: gan.graph evaluate "through a frozen layer"
// CHECK: %[[W:.*]] = gan.read "w"
// CHECK: gan.matmul %{{.*}}, %[[W]] {transpose_rhs}
// CHECK: gan.matmul %{{.*}}, %[[W]] :
// CHECK-NOT: gan.matmul
// CHECK-NOT: gan.gradient
gan.graph evaluate "through a frozen layer" {
  %x = gan.read "x" : tensor<4x3xf32>
  %w = gan.read "w" : tensor<5x3xf32>
  %y = gan.matmul %x, %w {transpose_rhs} : (tensor<4x3xf32>, tensor<5x3xf32>) -> tensor<4x5xf32>
  %s = gan.reduce_sum %y over [0, 1] : (tensor<4x5xf32>) -> tensor<f32>
  %g = gan.gradient %s wrt %x : (tensor<f32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  gan.observe value "g" step -1, %g : tensor<4x3xf32>
}

// CHECK-LABEL: gan.graph evaluate "nothing passes a stop"
// CHECK: %[[ZERO:.*]] = gan.constant 0.0
// CHECK: gan.observe value "g" step -1, %[[ZERO]]
gan.graph evaluate "nothing passes a stop" {
  %x = gan.read "x" : tensor<4xf32>
  %y = gan.stop %x : tensor<4xf32>
  %z = gan.square %y : tensor<4xf32>
  %s = gan.reduce_sum %z over [0] : (tensor<4xf32>) -> tensor<f32>
  %g = gan.gradient %s wrt %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  gan.observe value "g" step -1, %g : tensor<4xf32>
}

// What is broadcast twice has two sums of gradients, rather than one of a sum as large as what it was broadcast to.
// CHECK-LABEL: gan.graph evaluate "a bias of two layers"
// CHECK-NOT: gan.add {{.*}} : tensor<4x5xf32>
// CHECK-COUNT-2: gan.reduce_sum {{.*}} -> tensor<5xf32>
// CHECK: gan.add {{.*}} : tensor<5xf32>
gan.graph evaluate "a bias of two layers" {
  %x = gan.read "x" : tensor<4x5xf32>
  %b = gan.read "b" : tensor<5xf32>
  %bias = gan.broadcast %b to [1] : (tensor<5xf32>) -> tensor<4x5xf32>
  %y = gan.mul %x, %bias : tensor<4x5xf32>
  %z = gan.mul %y, %bias : tensor<4x5xf32>
  %s = gan.reduce_sum %z over [0, 1] : (tensor<4x5xf32>) -> tensor<f32>
  %g = gan.gradient %s wrt %b : (tensor<f32>, tensor<5xf32>) -> tensor<5xf32>
  gan.observe value "g" step -1, %g : tensor<5xf32>
}
