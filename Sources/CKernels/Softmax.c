// Softmax of a row, in parts, and down the columns of a block, each beside its gradient.

#include <math.h>

#include "CKernels.h"
#include "elementary.h"

PK_INLINE float lane_total(const float *lanes) {
  float total = 0;
  for (int i = 0; i < PK_LANES; i++) total += lanes[i];
  return total;
}

PK_DISPATCHED float pk_exp_shifted(float *x, size_t count, float shift) {
  float lanes[PK_LANES] = {0};
  size_t i = 0;
  for (; i + PK_LANES <= count; i += PK_LANES) {
    for (int j = 0; j < PK_LANES; j++) {
      const float e = pk_exp(x[i + j] - shift);
      x[i + j] = e;
      lanes[j] += e;
    }
  }
  float total = lane_total(lanes);
  for (; i < count; i++) {
    x[i] = pk_exp(x[i] - shift);
    total += x[i];
  }
  return total;
}

PK_DISPATCHED float pk_maximum(const float *x, size_t count) {
  float lanes[PK_LANES];
  for (int j = 0; j < PK_LANES; j++) lanes[j] = -INFINITY;
  size_t i = 0;
  for (; i + PK_LANES <= count; i += PK_LANES) {
    for (int j = 0; j < PK_LANES; j++) lanes[j] = x[i + j] > lanes[j] ? x[i + j] : lanes[j];
  }
  float largest = -INFINITY;
  for (int j = 0; j < PK_LANES; j++) largest = lanes[j] > largest ? lanes[j] : largest;
  for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

PK_DISPATCHED void pk_softmax_gradient(
    const float *restrict weights, float *restrict gradients, double mean, size_t count) {
  for (size_t i = 0; i < count; i++) {
    gradients[i] = weights[i] * (float)((double)gradients[i] - mean);
  }
}

PK_DISPATCHED void pk_softmax_columns(
    float *block, size_t rows, size_t columns, size_t stride, float *restrict log_sums) {
  float row_maxima[PK_LANES], sums[PK_LANES];
  for (size_t start = 0; start < columns; start += PK_LANES) {
    const size_t width = columns - start < PK_LANES ? columns - start : PK_LANES;
    for (int j = 0; j < PK_LANES; j++) row_maxima[j] = -INFINITY, sums[j] = 0;
    for (size_t row = 0; row < rows; row++) {
      const float *x = block + row * stride + start;
      for (size_t j = 0; j < width; j++) row_maxima[j] = x[j] > row_maxima[j] ? x[j] : row_maxima[j];
    }
    // A column that nothing may look at has zeros, and a sum that gives them again.
    for (size_t j = 0; j < width; j++) row_maxima[j] = row_maxima[j] == -INFINITY ? 0 : row_maxima[j];
    for (size_t row = 0; row < rows; row++) {
      float *x = block + row * stride + start;
      for (size_t j = 0; j < width; j++) {
        x[j] = pk_exp(x[j] - row_maxima[j]);
        sums[j] += x[j];
      }
    }
    for (size_t j = 0; j < width; j++) {
      sums[j] = sums[j] == 0 ? 1 : sums[j];
      log_sums[start + j] = row_maxima[j] + logf(sums[j]);
      sums[j] = 1 / sums[j];
    }
    for (size_t row = 0; row < rows; row++) {
      float *x = block + row * stride + start;
      for (size_t j = 0; j < width; j++) x[j] *= sums[j];
    }
  }
}

PK_DISPATCHED void pk_softmax_columns_gradient(
    const float *weights, float *gradients, size_t rows, size_t columns, size_t stride) {
  for (size_t start = 0; start < columns; start += PK_LANES) {
    const size_t width = columns - start < PK_LANES ? columns - start : PK_LANES;
    float means[PK_LANES] = {0};
    for (size_t row = 0; row < rows; row++) {
      const float *restrict p = weights + row * stride + start;
      const float *restrict g = gradients + row * stride + start;
      for (size_t j = 0; j < width; j++) means[j] += p[j] * g[j];
    }
    for (size_t row = 0; row < rows; row++) {
      const float *restrict p = weights + row * stride + start;
      float *restrict g = gradients + row * stride + start;
      for (size_t j = 0; j < width; j++) g[j] = p[j] * (g[j] - means[j]);
    }
  }
}
