// One step of an optimiser for a run of parameters, in the order of torch's arithmetic.

#include <math.h>

#include "CKernels.h"
#include "elementary.h"

// Parameters, gradient and both means: [count].
PK_DISPATCHED void pk_adamw(const pk_optimiser_run *run, const pk_optimiser_step *step) {
  const float *restrict gradient = run->read;
  float *restrict x = run->changed, *restrict mean = run->mean, *restrict square = run->square;
  const size_t count = run->count;
  const float b2 = step->beta2, fresh1 = step->fresh1, fresh2 = step->fresh2;
  const float root = step->square_correction, epsilon = step->epsilon, factor = step->factor;
  const float length = step->rate / step->mean_correction, kept = 1 - step->rate * step->decay;
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i] * factor;
    mean[i] = mean[i] + (g - mean[i]) * fresh1;
    square[i] = square[i] * b2 + g * g * fresh2;
    x[i] = x[i] * kept - length * mean[i] / (sqrtf(square[i]) / root + epsilon);
  }
}

// The same; the direction takes the gradient's place.
PK_DISPATCHED void pk_lamb_direction(const pk_optimiser_run *run, const pk_optimiser_step *step) {
  const float *restrict x = run->read;
  float *restrict gradient = run->changed, *restrict mean = run->mean;
  float *restrict square = run->square;
  const size_t count = run->count;
  const float b2 = step->beta2, fresh1 = step->fresh1, fresh2 = step->fresh2;
  const float root = step->square_correction, epsilon = step->epsilon, factor = step->factor;
  const float correction = step->mean_correction, decay = step->decay;
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i] * factor;
    mean[i] = mean[i] + (g - mean[i]) * fresh1;
    square[i] = square[i] * b2 + g * g * fresh2;
    gradient[i] = mean[i] / correction / (sqrtf(square[i]) / root + epsilon) + decay * x[i];
  }
}
