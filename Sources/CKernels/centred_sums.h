// Sums of a row's distances from a centre, for norms.
#ifndef PK_CENTRED_SUMS_H
#define PK_CENTRED_SUMS_H

#include <stddef.h>

#include "dispatch.h"

// Sums of (x - centre) or its square; eight lanes of double keep rows of thousands exact enough.
PK_INLINE double centred_sum(const float *x, size_t count, double centre) {
  double lanes[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int j = 0; j < 8; j++) lanes[j] += (double)x[i + j] - centre;
  }
  double total = 0;
  for (int j = 0; j < 8; j++) total += lanes[j];
  for (; i < count; i++) total += (double)x[i] - centre;
  return total;
}

PK_INLINE double centred_square_sum(const float *x, size_t count, double centre) {
  double lanes[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int j = 0; j < 8; j++) {
      const double d = (double)x[i + j] - centre;
      lanes[j] += d * d;
    }
  }
  double total = 0;
  for (int j = 0; j < 8; j++) total += lanes[j];
  for (; i < count; i++) total += ((double)x[i] - centre) * ((double)x[i] - centre);
  return total;
}

#endif
