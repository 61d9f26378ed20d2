// A flattened image needs no transposition where the weight that it meets can be stored in its order: the state keeps
// PyTorch's shape outside and has its columns permuted inside.
// RUN: ganc emit --stage=planned %tests/models/tiny_dcgan.gan | FileCheck %s
// CHECK: name = "D.4.weight"
// CHECK-SAME: view = [1, 7, 4, 4], order = [0, 2, 3, 1]
// CHECK: gan.graph train
// CHECK: gan.kernel "D.4 linear"
// CHECK-NOT: gan.transpose
// CHECK: attributes
