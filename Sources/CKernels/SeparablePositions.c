// Tokens of positions before they are standardised, brought to planes of data and scales.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "lanes.h"

// The largest of some floats' absolute values; NaN is passed over. What is behind them may be being
// written, and is not read.
PK_INLINE float largest_size(const float *x, size_t count) {
  lanes best = {0};
  for (size_t i = 0; i < count; i += PK_LANES) {
    integers bits = {0};
    memcpy(&bits, x + i, sizeof(float) * (count - i < PK_LANES ? count - i : PK_LANES));
    const lanes size = (lanes)(bits & INT32_MAX);
    raise_to(&best, &size);
  }
  return largest_lane(&best);
}

// Several positions at once, which the library's root, with its errno, does not allow.
#if __has_builtin(__builtin_elementwise_sqrt)
#define ROOT __builtin_elementwise_sqrt
#else
#define ROOT sqrt
#endif

// The arrays are parameters of their own: compilers heed restrict on parameters alone.
PK_INLINE void row_planes(
    const pk_position_row *row, const float *restrict data, const double *restrict sums,
    const double *restrict squares, float *restrict scale, float *restrict planes,
    size_t plane_stride, size_t channels) {
  const size_t count = row->count;
  const double row_sum = row->row_sum, row_square = row->row_square;
  const double width = row->width, epsilon = row->epsilon;
  const double share = 1 / width;
  for (size_t i = 0; i < count; i++) {
    double sum = sums[i] + row_sum, square = squares[i] + row_square;
    for (size_t c = 0; c < channels; c++) {
      const double value = data[i * channels + c];
      sum += value;
      square += value * value;
    }
    const double mean = sum * share, variance = square * share - mean * mean;
    const double factor = 1 / ROOT((variance > 0 ? variance : 0) + epsilon);
    scale[i] = (float)factor;
    for (size_t c = 0; c < channels; c++) {
      planes[c * plane_stride + i] = (float)(data[i * channels + c] * factor);
    }
  }
}

PK_DISPATCHED void pk_position_row_planes(
    const pk_position_row *row, float *scale, float *planes, size_t plane_stride, float *limits) {
  const size_t channels = row->channels, count = row->count;
  FOR_CHANNELS(
      channels, row_planes(
                    row, row->data, row->sums, row->squares, scale, planes, plane_stride,
                    CHANNELS));
  for (size_t c = 0; c < channels; c++) {
    limits[c] = largest_size(planes + c * plane_stride, count);
  }
  limits[channels] = largest_size(scale, count);
}
