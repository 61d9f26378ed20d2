// Every buffer has a place; a state is updated where it lies.
// RUN: ganc emit --stage=planned %models/vae.gan | FileCheck %s
// CHECK: gan.graph train
// CHECK: gan.read "E" {place = #gan.place<state, 0>}
// CHECK: gan.kernel "E.1 linear"
// CHECK: places = [#gan.place<arena,
// CHECK: gan.kernel "adam E"
// CHECK: inplace = array<i64: 1, 7, 5>
// CHECK-SAME: places = {{.*}}#gan.place<state, 0>
