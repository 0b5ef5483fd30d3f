// Arithmetic on runs of floats: factors, sums, maxima and products.

#include "CKernels.h"
#include "elementary.h"

PK_DISPATCHED void pk_scale(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

PK_DISPATCHED void pk_add_scaled(
    float *restrict y, const float *restrict x, float a, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] += a * x[i];
}

PK_DISPATCHED void pk_raise_to(float *restrict y, const float *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

PK_DISPATCHED double pk_sum(const float *x, size_t count) {
  // Lanes are emptied into a double every so often, so that error does not grow with count.
  const size_t stretch = 4096;
  double total = 0;
  for (size_t start = 0; start < count; start += stretch) {
    const size_t end = count - start < stretch ? count : start + stretch;
    float lanes[PK_LANES] = {0};
    size_t i = start;
    for (; i + PK_LANES <= end; i += PK_LANES) {
      for (int j = 0; j < PK_LANES; j++) lanes[j] += x[i + j];
    }
    for (int j = 0; j < PK_LANES; j++) total += lanes[j];
    for (; i < end; i++) total += x[i];
  }
  return total;
}

PK_DISPATCHED double pk_dot(const float *restrict x, const float *restrict y, size_t count) {
  double lanes[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int j = 0; j < 8; j++) lanes[j] += (double)x[i + j] * (double)y[i + j];
  }
  double total = 0;
  for (int j = 0; j < 8; j++) total += lanes[j];
  for (; i < count; i++) total += (double)x[i] * (double)y[i];
  return total;
}

PK_DISPATCHED void pk_add_column_sums(
    const float *x, size_t rows, size_t columns, size_t stride, double *restrict sums) {
  for (size_t row = 0; row < rows; row++) {
    const float *restrict values = x + row * stride;
    for (size_t i = 0; i < columns; i++) sums[i] += values[i];
  }
}
