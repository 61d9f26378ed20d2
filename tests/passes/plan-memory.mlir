// Every buffer has a place; a state is updated where it lies.
// RUN: ganc emit --stage=planned %models/vae.gan | FileCheck %s
// CHECK: gan.graph train
// CHECK: gan.read "E" {place = #gan.place<state, 0>}
// CHECK: gan.kernel "E.1 linear"
// CHECK: places = [#gan.place<arena,
// CHECK: gan.kernel "adam E"
// CHECK: inplace = array<i64: 1, 7, 5>
// CHECK-SAME: places = {{.*}}#gan.place<state, 0>
// Without sharing, each buffer has bytes of its own: the arena is as large as all of them together.
// RUN: ganc emit --stage=fused %models/vae.gan | gan-opt -gan-plan-memory=share=false | FileCheck %s --check-prefix=ALONE
// ALONE: arena_bytes = [[BYTES:[0-9]+]] : i64
// ALONE-SAME: sum_bytes = [[BYTES]] : i64
