// Root mean square norm of a row, and its gradient.

#include <math.h>

#include "CKernels.h"
#include "dispatch.h"
#include "centred_sums.h"

PK_DISPATCHED void pk_rms_norm(
    const float *restrict x, const float *restrict gain, float *restrict out, size_t count,
    float epsilon) {
  if (count == 0) return;
  const double square = centred_square_sum(x, count, 0) / (double)count;
  const float scale = (float)(1 / sqrt(square + (double)epsilon));
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale * gain[i];
}

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
