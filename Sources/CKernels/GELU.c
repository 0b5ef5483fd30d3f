// The gated GELU and its gradient.

#include "CKernels.h"
#include "elementary.h"

PK_DISPATCHED void pk_gated_gelu(
    const float *restrict x, const float *restrict gates, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const float gate = gates[i];
    out[i] = x[i] * (0.5f * gate * (1 + pk_erf(gate * 0.70710678f)));
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
