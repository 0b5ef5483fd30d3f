// OpenBLAS's own threads, which are not needed: products run on ours (see Sources/Tensors/Parallel).
// OpenBLAS makes them when it is loaded, and each looks for work for a tenth of a second before it
// sleeps: of two processors one was taken from the first map. They end here, while the program is
// loaded, as they would in a forked process; a program around this one that asks OpenBLAS for several
// threads has them made anew, as there.

#include "CKernels.h"

#if defined(__linux__)

// OpenBLAS's own. Weak: another library of the same interface, or a build without threads, lacks them.
__attribute__((weak)) void openblas_set_num_threads(int count);
__attribute__((weak)) int blas_thread_shutdown_(void);
__attribute__((weak)) extern int blas_server_avail;

// Before other kernels are chosen, which no thread may be using.
__attribute__((constructor(200))) static void end_threads(void) {
  if (!openblas_set_num_threads || !blas_thread_shutdown_) return;
  // In this order: setting a number makes threads where there are none.
  openblas_set_num_threads(1);
  blas_thread_shutdown_();
}

int pk_blas_has_threads(void) { return &blas_server_avail ? blas_server_avail : 0; }

#else

int pk_blas_has_threads(void) { return 0; }

#endif
