// Gradients of what rows.c and exponentials.c compute, and of softmax attention.

#include <math.h>

#include "CKernels.h"
#include "elementary.h"

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

// Row, gain and all gradients: [count].
PK_DISPATCHED void pk_layer_norm_gradient(const pk_norm_row *row, float epsilon) {
  const float *restrict x = row->x, *restrict gain = row->gain, *restrict dy = row->dy;
  float *restrict dx = row->dx;
  double *restrict dgain = row->dgain, *restrict dbias = row->dbias;
  const size_t count = row->count;
  if (count == 0) return;
  double lanes[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int j = 0; j < 8; j++) lanes[j] += x[i + j];
  }
  double total = 0;
  for (int j = 0; j < 8; j++) total += lanes[j];
  for (; i < count; i++) total += x[i];
  const double mean = total / (double)count;
  // The row's variance, what the gradient has along the row, and the gradient's mean; doubles, as
  // forward, since what is left of large terms is the row's gradient.
  double squares[8] = {0}, along[8] = {0}, sums[8] = {0};
  for (i = 0; i + 8 <= count; i += 8) {
    for (int j = 0; j < 8; j++) {
      const double d = x[i + j] - mean, g = (double)dy[i + j] * gain[i + j];
      squares[j] += d * d;
      along[j] += d * g;
      sums[j] += g;
    }
  }
  double square = 0, dot = 0, sum = 0;
  for (int j = 0; j < 8; j++) square += squares[j], dot += along[j], sum += sums[j];
  for (; i < count; i++) {
    const double d = x[i] - mean, g = (double)dy[i] * gain[i];
    square += d * d;
    dot += d * g;
    sum += g;
  }
  const double scale = 1 / sqrt(square / (double)count + (double)epsilon);
  const double pull = dot * scale * scale / (double)count;
  const double centre = sum / (double)count;
  for (i = 0; i < count; i++) {
    const double d = x[i] - mean;
    dgain[i] += dy[i] * (d * scale);
    dbias[i] += dy[i];
    dx[i] = (float)(scale * ((double)dy[i] * gain[i] - centre - d * pull));
  }
}

// The same, without a bias.
PK_DISPATCHED void pk_scaled_norm_gradient(const pk_norm_row *row, float scale, int follows) {
  const float *restrict x = row->x, *restrict gain = row->gain, *restrict dy = row->dy;
  float *restrict dx = row->dx;
  double *restrict dgain = row->dgain;
  const size_t count = row->count;
  double dot = 0;
  for (size_t i = 0; i < count; i++) dot += (double)x[i] * (double)dy[i] * (double)gain[i];
  const float pull =
      follows ? (float)(dot * (double)scale * scale * scale / (double)count) : 0.0f;
  for (size_t i = 0; i < count; i++) {
    dgain[i] += (double)dy[i] * x[i] * scale;
    dx[i] = scale * gain[i] * dy[i] - x[i] * pull;
  }
}

PK_DISPATCHED void pk_gated_gelu_gradient(
    const float *restrict x, const float *restrict gates, const float *restrict dout,
    float *restrict dx, float *restrict dgates, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float gate = gates[i];
    const float share = 0.5f * (1 + pk_erf(gate * 0.70710678f));
    const float density = 0.39894228f * pk_exp(-0.5f * gate * gate);
    dx[i] = dout[i] * gate * share;
    dgates[i] = dout[i] * x[i] * (share + gate * density);
  }
}

PK_DISPATCHED void pk_softmax_gradient(
    const float *restrict weights, float *restrict gradients, double mean, size_t count) {
  for (size_t i = 0; i < count; i++) {
    gradients[i] = weights[i] * (float)((double)gradients[i] - mean);
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

// Dropout

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
