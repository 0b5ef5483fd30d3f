// Which of OpenBLAS's kernels run. A release of OpenBLAS knows the processors of its day by their
// model numbers; on one that came later it may fall back on kernels of 2004, whose products take
// five times as long. Debian 12's 0.3.21 does so on Xeons of family 6, model 207. OPENBLAS_CORETYPE,
// its own remedy, is read when it chooses, so the choice is made once more, with the features that
// the processor says it has. That happens while the program is loaded: none of our threads is there
// yet, OpenBLAS's own have ended (blas_threads.c), and no product has been computed.

#define _POSIX_C_SOURCE 200809L

#include "CKernels.h"

#if defined(__linux__) && defined(__x86_64__)

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// OpenBLAS's own functions. Weak: a build for one processor alone lacks the last two, and another
// library of the same interface all of them.
__attribute__((weak)) char *openblas_get_corename(void);
__attribute__((weak)) void gotoblas_dynamic_init(void);
__attribute__((weak)) void gotoblas_dynamic_quit(void);

static const char variable[] = "OPENBLAS_CORETYPE";

/// Whether kernels are of a time before AVX2: what OpenBLAS falls back on is one of them.
static int is_old(const char *core) {
  static const char *const names[] = {
      "Unknown", "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2",
      "Penryn", "Dunnington", "Nehalem", "Sandybridge", "Athlon", "Opteron", "Opteron_SSE3",
      "Barcelona", "Nano", "Bobcat", "Generic"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcasecmp(core, names[i]) == 0) return 1;
  }
  return 0;
}

/// Whether the processor computes 512 bits in two halves: Zen 4, the one of its family with AVX-512.
/// Products take it longer by kernels of 512 bits than by those of 256.
static int is_halving(void) {
  __builtin_cpu_init();
  return __builtin_cpu_is("amdfam19h") && __builtin_cpu_supports("avx512f");
}

/// Whether kernels are of 512 bits.
static int is_wide(const char *core) {
  static const char *const names[] = {"SkylakeX", "Cooperlake", "Sapphirerapids"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcasecmp(core, names[i]) == 0) return 1;
  }
  return 0;
}

/// The best kernels for the processor, or NULL where it has nothing above AVX.
static const char *best_core(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && !is_halving()) {
    return "SkylakeX";
  }
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? "Haswell" : NULL;
}

__attribute__((constructor)) static void choose_core(void) {
  if (!openblas_get_corename || !gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
  if (getenv(variable)) return;
  const char *core = openblas_get_corename();
  if (is_wide(core) && is_halving()) {
    core = "Haswell";
  } else if (is_old(core)) {
    core = best_core();
  } else {
    return;
  }
  if (!core || setenv(variable, core, 1) != 0) return;
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(variable);
}

const char *pk_blas_core(void) {
  return openblas_get_corename ? openblas_get_corename() : "";
}

#else

// Elsewhere the library is one of the system's or knows its processors.
const char *pk_blas_core(void) { return ""; }

#endif
