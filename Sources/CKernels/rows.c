// What happens to one row at a time: norms, the gated GELU, tokens put together.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "elementary.h"

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

PK_DISPATCHED void pk_take_away_mean(float *x, size_t count) {
  if (count == 0) return;
  const double mean = centred_sum(x, count, 0) / (double)count;
  for (size_t i = 0; i < count; i++) x[i] = (float)((double)x[i] - mean);
}

PK_DISPATCHED void pk_rms_norm(
    const float *restrict x, const float *restrict gain, float *restrict out, size_t count,
    float epsilon) {
  if (count == 0) return;
  const double square = centred_square_sum(x, count, 0) / (double)count;
  const float scale = (float)(1 / sqrt(square + (double)epsilon));
  for (size_t i = 0; i < count; i++) out[i] = x[i] * scale * gain[i];
}

PK_DISPATCHED void pk_gated_gelu(
    const float *restrict x, const float *restrict gates, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float gate = gates[i];
    out[i] = x[i] * (0.5f * gate * (1 + pk_erf(gate * 0.70710678f)));
  }
}

// Data [channels], rows [axes][features], out [channels + axes * features].
PK_DISPATCHED void pk_standardised_token(
    const pk_token *token, double mean, double scale, float *restrict out) {
  const float *restrict data = token->data;
  const size_t channels = token->channels, features = token->features;
  for (size_t i = 0; i < channels; i++) out[i] = (float)((data[i] - mean) * scale);
  out += channels;
  for (size_t axis = 0; axis < token->axes; axis++) {
    const float *restrict row = token->rows[axis];
    for (size_t i = 0; i < features; i++) out[i] = (float)((row[i] - mean) * scale);
    out += features;
  }
}
