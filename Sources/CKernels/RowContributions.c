// What one row of an attention adds to a map: its weights times how what is explained hangs on them.

#include "CKernels.h"
#include "dispatch.h"

// A weight of 0 adds nothing, whatever stands beside it: a masked key has no product.

PK_DISPATCHED void pk_add_products(
    float *restrict out, const float *restrict weights, const float *restrict products,
    size_t count, float shift, float factor) {
  for (size_t i = 0; i < count; i++) {
    const float part = factor * weights[i] * (products[i] + shift);
    out[i] += weights[i] == 0 ? 0 : part;
  }
}

PK_DISPATCHED void pk_add_positive_products(
    float *restrict out, const float *restrict weights, const float *restrict products,
    size_t count, float shift, float factor) {
  for (size_t i = 0; i < count; i++) {
    const float part = factor * weights[i] * (products[i] + shift);
    out[i] += weights[i] == 0 || part < 0 ? 0 : part;
  }
}

PK_DISPATCHED void pk_add_toggles(
    float *restrict out, const float *restrict weights, const float *restrict products,
    const float *restrict reads, size_t count, float shift) {
  for (size_t i = 0; i < count; i++) {
    const float weight = weights[i];
    const float rest = 1 - weight < 1e-3f ? 1e-3f : 1 - weight;
    // A weight beyond every float is all there is.
    const float coming = 1 / (1 + 1 / weight);
    const float share = reads[i] != 0 ? weight / rest : coming;
    const float part = share * (products[i] + shift);
    out[i] += weight == 0 ? 0 : part;
  }
}
