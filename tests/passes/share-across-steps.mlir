// What two steps that always run compute from the same values outside them is computed once.
// RUN: gan-opt %s -gan-share-across-steps | FileCheck %s

// CHECK-LABEL: gan.graph evaluate "always"
// CHECK: gan.exp
// CHECK: gan.step
// CHECK-NOT: gan.exp
gan.graph evaluate "always" {
  %x = gan.read "x" : tensor<4xf32>
  %w = gan.read "w" : tensor<4xf32>
  %a = gan.step "A" (%p = %w : tensor<4xf32>) -> (tensor<4xf32>) {
    %e = gan.exp %x : tensor<4xf32>
    %n = gan.add %p, %e : tensor<4xf32>
    gan.yield %n : tensor<4xf32>
  } attributes {blocks = array<i64: 0>, every = 1 : i64, index = 0 : i64, times = 1 : i64}
  %b = gan.step "B" (%p = %a : tensor<4xf32>) -> (tensor<4xf32>) {
    %e = gan.exp %x : tensor<4xf32>
    %n = gan.mul %p, %e : tensor<4xf32>
    gan.yield %n : tensor<4xf32>
  } attributes {blocks = array<i64: 0>, every = 1 : i64, index = 1 : i64, times = 1 : i64}
  gan.write "w", %b : tensor<4xf32>
}

// A step that does not always run keeps its own.
// CHECK-LABEL: gan.graph evaluate "sometimes"
// CHECK: gan.step
// CHECK: gan.exp
// CHECK: gan.step
// CHECK: gan.exp
gan.graph evaluate "sometimes" {
  %x = gan.read "x" : tensor<4xf32>
  %w = gan.read "w" : tensor<4xf32>
  %a = gan.step "A" (%p = %w : tensor<4xf32>) -> (tensor<4xf32>) {
    %e = gan.exp %x : tensor<4xf32>
    %n = gan.add %p, %e : tensor<4xf32>
    gan.yield %n : tensor<4xf32>
  } attributes {blocks = array<i64: 0>, every = 1 : i64, index = 0 : i64, times = 1 : i64}
  %b = gan.step "B" (%p = %a : tensor<4xf32>) -> (tensor<4xf32>) {
    %e = gan.exp %x : tensor<4xf32>
    %n = gan.mul %p, %e : tensor<4xf32>
    gan.yield %n : tensor<4xf32>
  } attributes {blocks = array<i64: 0>, every = 2 : i64, index = 1 : i64, times = 1 : i64}
  gan.write "w", %b : tensor<4xf32>
}
