// Attention of a batch's queries to positions, and its gradients, for training. Sixteen queries are
// the lanes of a vector here, so that pictures of any width fill it, and a position's few numbers
// are the same for all of them. Sources/Tensors/Operations/BatchedPositionAttention.swift says what
// is computed.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "lanes.h"

// Positions whose sums stay in registers before they are added to what was summed before, so that
// sums of many positions stay exact.
enum { SPAN = 256 };

static const float PER_LN_2 = 1.44269504f;

// Where the parts of the scratch begin, in lanes.
typedef struct {
  lanes *rows, *tables, *others, *sums;
} parts;

PK_INLINE size_t coordinates(const pk_position_grid *grid) {
  size_t all = 0;
  for (size_t axis = 0; axis < grid->axes; axis++) all += grid->lengths[axis];
  return all;
}

PK_INLINE size_t columns(const pk_position_grid *grid) {
  return grid->channels + grid->axes * grid->features;
}

PK_INLINE parts parts_of(const pk_position_grid *grid, float *scratch) {
  const size_t all = coordinates(grid);
  // Up to the next whole vector.
  lanes *base = (lanes *)(((uintptr_t)scratch + sizeof(lanes) - 1) / sizeof(lanes) * sizeof(lanes));
  const parts result = {
      .rows = base,
      .tables = base + 2 * columns(grid),
      .others = base + 2 * columns(grid) + all,
      .sums = base + 2 * columns(grid) + 2 * all};
  return result;
}

size_t pk_position_grid_scratch(const pk_position_grid *grid) {
  return (2 * columns(grid) + 3 * coordinates(grid) + grid->channels + 2) * PK_LANES;
}

// Rows [count][stride] as lanes [columns], times factor and without the mean over their columns:
// standardised tokens have mean 0, so that no score or average changes.
PK_INLINE void centred_lanes(
    const pk_position_grid *grid, const float *rows, size_t stride, size_t count, float factor,
    lanes *out) {
  const size_t width = columns(grid);
  for (size_t i = 0; i < width; i++) out[i] = (lanes){0};
  for (size_t row = 0; row < count; row++) {
    double mean = 0;
    for (size_t i = 0; i < width; i++) mean += rows[row * stride + i];
    mean /= (double)width;
    for (size_t i = 0; i < width; i++) {
      out[i][row] = (float)((rows[row * stride + i] - mean) * factor);
    }
  }
}

// For every coordinate of every axis, lanes' entries for its features.
PK_INLINE void fill_tables(const pk_position_grid *grid, const lanes *rows, lanes *out) {
  const lanes *own = rows + grid->channels;
  for (size_t axis = 0; axis < grid->axes; axis++, own += grid->features) {
    for (size_t i = 0; i < grid->lengths[axis]; i++, out++) {
      const float *table = grid->tables[axis] + i * grid->features;
      lanes sum = {0};
      for (size_t f = 0; f < grid->features; f++) sum += own[f] * table[f];
      *out = sum;
    }
  }
}

// The other way: sums for every coordinate become sums of features.
PK_INLINE void sum_features(const pk_position_grid *grid, const lanes *sums, lanes *rows) {
  lanes *own = rows + grid->channels;
  for (size_t axis = 0; axis < grid->axes; axis++, own += grid->features) {
    for (size_t f = 0; f < grid->features; f++) own[f] = (lanes){0};
    for (size_t i = 0; i < grid->lengths[axis]; i++, sums++) {
      const float *table = grid->tables[axis] + i * grid->features;
      for (size_t f = 0; f < grid->features; f++) own[f] += *sums * table[f];
    }
  }
}

// Entries, or sums, of the other axes in a row of positions: calls for each with its coordinate.
#define FOR_OTHER_AXES(grid, row, entry, base, body)                                          \
  do {                                                                                        \
    size_t rest_ = (row), end_ = coordinates(grid) - (grid)->lengths[(grid)->axes - 1];       \
    for (size_t axis_ = (grid)->axes - 1; axis_-- > 0;) {                                     \
      const size_t length_ = (grid)->lengths[axis_];                                          \
      end_ -= length_;                                                                        \
      lanes *entry = (base) + end_ + rest_ % length_;                                         \
      rest_ /= length_;                                                                       \
      body;                                                                                   \
    }                                                                                         \
  } while (0)

PK_INLINE void grid_score_lanes(
    const float *position, const lanes *weights, const lanes *entry, const lanes *shift,
    size_t channels, lanes *out) {
  lanes score = (*entry + *shift) * position[0];
  for (size_t c = 0; c < channels; c++) score += weights[c] * position[1 + c];
  *out = score;
}

PK_INLINE void row_shift(const pk_position_grid *grid, size_t row, lanes *tables, lanes *shift) {
  *shift = (lanes){0};
  FOR_OTHER_AXES(grid, row, entry, tables, *shift += *entry);
}

PK_INLINE void find_row_maxima(
    const pk_position_grid *grid, const parts *at, size_t channels, lanes *row_maxima) {
  const size_t width = grid->lengths[grid->axes - 1];
  const size_t last = coordinates(grid) - width, stride = channels + 1;
  lanes best = (lanes){0} - INFINITY;
  for (size_t row = 0; row < grid->count / width; row++) {
    lanes shift;
    row_shift(grid, row, at->tables, &shift);
    const float *position = grid->positions + row * width * stride;
    for (size_t x = 0; x < width; x++, position += stride) {
      lanes score;
      grid_score_lanes(position, at->rows, at->tables + last + x, &shift, channels, &score);
      raise_to(&best, &score);
    }
  }
  *row_maxima = best;
}

// What the backward pass weighs positions by, instead of the softmax's weights themselves.
typedef struct {
  const lanes *rows, *tables;
  lanes factor, mean;
} position_gradient;

// Sums over positions of weights, or of weights times their gradients, times tokens: of every
// coordinate, of data, and of themselves, into totals[channels + 1].
PK_INLINE void sum_positions(
    const pk_position_grid *grid, const parts *at, const lanes *row_maxima,
    const position_gradient *back,
    size_t channels, lanes *totals) {
  const size_t all = coordinates(grid), width = grid->lengths[grid->axes - 1];
  const size_t last = all - width, stride = channels + 1;
  for (size_t i = 0; i < all; i++) at->sums[i] = (lanes){0};
  for (size_t c = 0; c <= channels; c++) totals[c] = (lanes){0};
  const lanes row_maximum = *row_maxima;
  for (size_t row = 0; row < grid->count / width; row++) {
    lanes shift, other = {0}, along = {0};
    row_shift(grid, row, at->tables, &shift);
    if (back) row_shift(grid, row, (lanes *)back->tables, &other);
    for (size_t start = 0; start < width; start += SPAN) {
      const size_t end = start + SPAN < width ? start + SPAN : width;
      const float *position = grid->positions + (row * width + start) * stride;
      lanes weight = {0}, scaled = {0}, data[UNROLLED];
      for (size_t c = 0; c < UNROLLED; c++) data[c] = (lanes){0};
      for (size_t x = start; x < end; x++, position += stride) {
        lanes score, w;
        grid_score_lanes(position, at->rows, at->tables + last + x, &shift, channels, &score);
        score -= row_maximum;
        exp2_lanes(&score, &w);
        if (back) {
          lanes gradient;
          grid_score_lanes(
              position, back->rows, back->tables + last + x, &other, channels, &gradient);
          w *= back->factor * (gradient - back->mean);
        }
        const lanes part = w * position[0];
        weight += w;
        scaled += part;
        at->sums[last + x] += part;
        if (channels <= UNROLLED) {
          for (size_t c = 0; c < channels; c++) data[c] += w * position[1 + c];
        } else {
          for (size_t c = 0; c < channels; c++) totals[1 + c] += w * position[1 + c];
        }
      }
      totals[0] += weight;
      along += scaled;
      for (size_t c = 0; c < channels && channels <= UNROLLED; c++) totals[1 + c] += data[c];
    }
    FOR_OTHER_AXES(grid, row, sum, at->sums, *sum += along);
  }
}

PK_DISPATCHED void pk_position_averages(
    const pk_position_grid *grid, const pk_grid_queries *queries, float *scratch) {
  const size_t stride = queries->stride, count = queries->count;
  const parts at = parts_of(grid, scratch);
  const size_t width = columns(grid), channels = grid->channels;
  lanes *totals = at.sums + coordinates(grid), *out = at.rows + width, row_maximum;
  centred_lanes(grid, queries->queries, stride, count, queries->scale * PER_LN_2, at.rows);
  fill_tables(grid, at.rows, at.tables);
  FOR_CHANNELS(channels, find_row_maxima(grid, &at, CHANNELS, &row_maximum));
  FOR_CHANNELS(channels, sum_positions(grid, &at, &row_maximum, NULL, CHANNELS, totals));
  memcpy(out, totals + 1, channels * sizeof(lanes));
  sum_features(grid, at.sums, out);
  lanes mean = {0};
  for (size_t i = 0; i < width; i++) mean += out[i];
  mean /= (float)width;
  for (size_t i = 0; i < width; i++) out[i] = (out[i] - mean) / totals[0];
  for (size_t row = 0; row < count; row++) {
    float *averages = queries->averages + row * stride;
    for (size_t i = 0; i < width; i++) averages[i] = out[i][row];
    for (size_t i = width; i < stride; i++) averages[i] = 1;
    queries->row_maxima[row] = row_maximum[row];
    queries->sums[row] = totals[0][row];
  }
}

PK_DISPATCHED void pk_position_averages_gradient(
    const pk_position_grid *grid, const pk_grid_queries *queries, const float *gradient,
    float *scratch, float *dqueries) {
  const size_t stride = queries->stride, count = queries->count;
  const float *averages = queries->averages;
  const parts at = parts_of(grid, scratch);
  const size_t width = columns(grid), channels = grid->channels;
  lanes *totals = at.sums + coordinates(grid), *out = at.rows + width, row_maximum = {0};
  position_gradient back = {.rows = out, .tables = at.others, .factor = {0}, .mean = {0}};
  centred_lanes(grid, queries->queries, stride, count, queries->scale * PER_LN_2, at.rows);
  centred_lanes(grid, gradient, stride, count, 1, out);
  fill_tables(grid, at.rows, at.tables);
  fill_tables(grid, out, at.others);
  for (size_t row = 0; row < count; row++) {
    double mean = 0;
    for (size_t i = 0; i < width; i++) {
      mean += (double)averages[row * stride + i] * (double)out[i][row];
    }
    row_maximum[row] = queries->row_maxima[row];
    back.factor[row] = 1 / queries->sums[row];
    back.mean[row] = (float)mean;
  }
  FOR_CHANNELS(channels, sum_positions(grid, &at, &row_maximum, &back, CHANNELS, totals));
  memcpy(out, totals + 1, channels * sizeof(lanes));
  sum_features(grid, at.sums, out);
  for (size_t row = 0; row < count; row++) {
    // Gradients of a softmax's scores add up to nothing. What rounding leaves all of them in
    // common would pull the query towards what it reads already.
    const double left = totals[0][row];
    double mean = 0;
    for (size_t i = 0; i < width; i++) mean += out[i][row];
    mean /= (double)width;
    for (size_t i = 0; i < width; i++) {
      const double own = out[i][row] - mean - left * averages[row * stride + i];
      dqueries[row * stride + i] = (float)(queries->scale * own);
    }
    for (size_t i = width; i < stride; i++) dqueries[row * stride + i] = 0;
  }
}
