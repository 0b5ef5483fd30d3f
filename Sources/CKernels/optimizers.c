// One step of an optimiser for a run of parameters, in the order of torch's arithmetic.

#include <math.h>

#include "CKernels.h"
#include "elementary.h"

PK_DISPATCHED void pk_adamw(
    float *restrict x, const float *restrict gradient, float *restrict mean,
    float *restrict square, size_t count, const pk_moments *moments, float factor, float rate,
    float decay) {
  const float b2 = moments->beta2, fresh1 = moments->fresh1, fresh2 = moments->fresh2;
  const float root = moments->square_correction, epsilon = moments->epsilon;
  const float step = rate / moments->mean_correction, kept = 1 - rate * decay;
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i] * factor;
    mean[i] = mean[i] + (g - mean[i]) * fresh1;
    square[i] = square[i] * b2 + g * g * fresh2;
    x[i] = x[i] * kept - step * mean[i] / (sqrtf(square[i]) / root + epsilon);
  }
}

PK_DISPATCHED void pk_lamb_direction(
    const float *restrict x, float *restrict gradient, float *restrict mean,
    float *restrict square, size_t count, const pk_moments *moments, float factor, float decay) {
  const float b2 = moments->beta2, fresh1 = moments->fresh1, fresh2 = moments->fresh2;
  const float root = moments->square_correction, epsilon = moments->epsilon;
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i] * factor;
    mean[i] = mean[i] + (g - mean[i]) * fresh1;
    square[i] = square[i] * b2 + g * g * fresh2;
    gradient[i] = mean[i] / moments->mean_correction / (sqrtf(square[i]) / root + epsilon)
        + decay * x[i];
  }
}
