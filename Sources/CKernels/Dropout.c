// Dropout, forward and backward alike.

#include "CKernels.h"
#include "dispatch.h"

// A 32-bit mix of a counter with good avalanche: two multiplications between shifts.
PK_INLINE uint32_t mixed(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return x;
}

PK_DISPATCHED void pk_drop(
    float *x, size_t count, uint64_t key, uint64_t first, uint32_t threshold, float scale) {
  const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
  // The counter's upper half joins the key, so that runs of 2^32 differ.
  const uint32_t salt = mixed(high ^ (uint32_t)(first >> 32) * 0x9e3779b9U);
  const uint32_t start = (uint32_t)first;
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = mixed((start + (uint32_t)i) * 0x9e3779b1U ^ low) + salt;
    x[i] = mixed(bits) >= threshold ? x[i] * scale : 0.0f;
  }
}
