// Tokens put together, standardised.

#include "CKernels.h"
#include "dispatch.h"

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
