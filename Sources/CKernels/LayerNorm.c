// Layer norm of a row and its gradient; rows less their mean.

#include <math.h>

#include "CKernels.h"
#include "dispatch.h"
#include "centred_sums.h"

PK_DISPATCHED void pk_layer_norm(
    const float *restrict x, const float *restrict gain, const float *restrict bias,
    float *restrict out, size_t count, float epsilon) {
  if (count == 0) return;
  const double mean = centred_sum(x, count, 0) / (double)count;
  const double variance = centred_square_sum(x, count, mean) / (double)count;
  // Doubles until the one rounding: an error in mean or scale would be shared by the whole row.
  const double scale = 1 / sqrt(variance + (double)epsilon);
  for (size_t i = 0; i < count; i++) {
    out[i] = (float)(((double)x[i] - mean) * scale * (double)gain[i] + (double)bias[i]);
  }
}

// Row, gain and all gradients: [count].
PK_DISPATCHED void pk_layer_norm_gradient(const pk_norm_row *row, float epsilon) {
  const float *restrict x = row->x, *restrict gain = row->gain, *restrict dy = row->dy;
  float *restrict dx = row->dx;
  double *restrict dgain = row->dgain, *restrict dbias = row->dbias;
  const size_t count = row->count;
  if (count == 0) return;
  const double mean = centred_sum(x, count, 0) / (double)count;
  size_t i = 0;
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

PK_DISPATCHED void pk_take_away_mean(float *x, size_t count) {
  if (count == 0) return;
  const double mean = centred_sum(x, count, 0) / (double)count;
  for (size_t i = 0; i < count; i++) x[i] = (float)((double)x[i] - mean);
}
