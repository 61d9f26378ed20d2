/* The kernel of scalars.ptx:
     clang-15 -target nvptx64-nvidia-cuda -O1 -ffp-contract=off -fno-math-errno -S -emit-llvm scalars.c -o scalars.ll
     sed -i 's/^define\( dso_local\)\? void @scalars(/define ptx_kernel void @scalars(/' scalars.ll
     llc-22 -O1 -march=nvptx64 -mcpu=sm_90 -fp-contract=off scalars.ll -o scalars.ptx */
#include "scalars.h"

int __nvvm_read_ptx_sreg_tid_x(void);
int __nvvm_read_ptx_sreg_ctaid_x(void);
int __nvvm_read_ptx_sreg_ntid_x(void);

void scalars(const Word *x, const Word *y, Word *out) {
  int i = __nvvm_read_ptx_sreg_ctaid_x() * __nvvm_read_ptx_sreg_ntid_x() + __nvvm_read_ptx_sreg_tid_x();
  allScalars(x[i], y[i], out + i * numScalars);
}
