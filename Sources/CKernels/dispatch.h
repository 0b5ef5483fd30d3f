// Builds a function for several x86-64 levels, chosen when the program is loaded. Elsewhere
// (arm64 has NEON always) one build serves.
#ifndef PK_DISPATCH_H
#define PK_DISPATCH_H

#if defined(PK_ONE_LEVEL)
// One build alone, of a level given from outside: the sanitizers of Tests/Fuzzing/Kernels are not
// ready yet when functions are chosen.
#define PK_DISPATCHED PK_ONE_LEVEL
#elif defined(__x86_64__) && defined(__linux__)
#define PK_DISPATCHED                                                                          \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define PK_DISPATCHED
#endif

#define PK_INLINE static inline __attribute__((always_inline))

// Sums run in this many lanes on every processor, so that all add in one order. Their last bits
// may still differ between processors, where products are fused with sums on some.
enum { PK_LANES = 16 };

#endif
