// Sixteen floats at once, for loops over positions whose sums the compiler keeps in registers only
// if it is told: a vector where the processor has such long ones, several elsewhere. They are
// passed by address, since how they are passed otherwise depends on the processor. Of a position's
// data channels the usual numbers are unrolled.
#ifndef PK_LANES_H
#define PK_LANES_H

#include <stddef.h>
#include <stdint.h>

#include "dispatch.h"

typedef float lanes __attribute__((vector_size(4 * PK_LANES)));
typedef int32_t integers __attribute__((vector_size(4 * PK_LANES)));
// The same anywhere in memory; integers also where floats are.
typedef float loose_lanes __attribute__((vector_size(4 * PK_LANES), aligned(4)));
typedef int32_t loose_integers __attribute__((vector_size(4 * PK_LANES), aligned(4), may_alias));

// Data channels for which loops are unrolled; others are counted at run time.
enum { UNROLLED = 4 };

// Loops for the usual numbers of channels.
#define FOR_CHANNELS(count, call)                     \
  do {                                                \
    switch (count) {                                  \
      case 1: { enum { CHANNELS = 1 }; call; break; } \
      case 2: { enum { CHANNELS = 2 }; call; break; } \
      case 3: { enum { CHANNELS = 3 }; call; break; } \
      case 4: { enum { CHANNELS = 4 }; call; break; } \
      default: { const size_t CHANNELS = (count); call; } \
    }                                                 \
  } while (0)

// A NaN in y is passed over.
PK_INLINE void raise_to(lanes *x, const lanes *y) {
  const integers above = *y > *x;
  *x = (lanes)(((integers)*y & above) | ((integers)*x & ~above));
}

// Gives the lanes after the first few a value.
PK_INLINE void keep_first(lanes *x, size_t count, float value) {
  for (size_t j = 0; j < PK_LANES; j++) {
    if (j >= count) (*x)[j] = value;
  }
}

// Lanes come together in halves, so that every processor adds in one order.
PK_INLINE float lane_sum(const lanes *x) {
  typedef float half __attribute__((vector_size(32), aligned(4)));
  typedef float quarter __attribute__((vector_size(16), aligned(4)));
  const float *first = (const float *)x;
  const half eight = *(const half *)first + *(const half *)(first + 8);
  const quarter low = {eight[0], eight[1], eight[2], eight[3]};
  const quarter high = {eight[4], eight[5], eight[6], eight[7]};
  const quarter four = low + high;
  return (four[0] + four[2]) + (four[1] + four[3]);
}

PK_INLINE float largest_lane(const lanes *x) {
  float best[PK_LANES];
  for (int j = 0; j < PK_LANES; j++) best[j] = (*x)[j];
  for (int half = PK_LANES / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; j++) best[j] = best[j + half] > best[j] ? best[j + half] : best[j];
  }
  return best[0];
}

// 2^x for x of at most about 120, where a softmax's differences are: up to -125 it is 0, so that it
// is never subnormal, and so it is for NaN, which is a difference of infinities. The polynomial of
// degree 6 is 1 at 0 and has the least largest relative error that such a one can have, 2e-9; the
// float's own exponent takes the power's whole part by addition. As integers, so that a processor with
// masks leaves out what is too small in the same step as that addition.
PK_INLINE void exp2_bits(const lanes *x, integers *out) {
  const float magic = 12582912.0f;
  const lanes shifted = *x + magic;
  const lanes r = *x - (shifted - magic);
  lanes p = r * 1.53533205e-4f + 1.3398926e-3f;
  p = p * r + 9.61843785e-3f;
  p = p * r + 5.55033235e-2f;
  p = p * r + 2.40226479e-1f;
  p = p * r + 6.93147203e-1f;
  p = p * r + 1.0f;
  *out = ((integers)p + ((integers)shifted << 23)) & (*x > -125.0f);
}

PK_INLINE void exp2_lanes(const lanes *x, lanes *out) {
  integers bits;
  exp2_bits(x, &bits);
  *out = (lanes)bits;
}

#endif
