// Attention to positions whose tokens are data and one table row for each axis: scores,
// exponentials and sums of whole runs of positions, without ever making a token.
// Sources/Tensors/Operations/SeparableAttention.swift says what is computed and why.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "elementary.h"
#include "lanes.h"

// A row maximum may lag so far behind the largest score before sums are brought to a new one: 2^12
// is small enough for every sum, and row maxima rarely move twice.
static const float ROW_MAXIMUM_SLACK = 12;

// Scores, weights and sums of a run are made in loops of their own: what a loop computes for one
// position takes many steps that wait for each other, and a processor looks only so many steps
// ahead for those of the next positions.

// A query as one row of positions meets it: of the data, of the last axis, and of the others.
typedef struct {
  const float *weights, *table;
  float shift;
} row_query;

// Sixteen of a query's scores; those past the end of the run, in the last lanes, are -infinity. Where
// `best` is NULL none is sought.
PK_INLINE void run_score_lanes(
    const pk_position_run *run, const row_query *query, size_t i, size_t channels, int is_masked,
    int is_last, float *out, lanes *best) {
  lanes score =
      (*(const loose_lanes *)(query->table + i) + query->shift) *
      *(const loose_lanes *)(run->scale + i);
  if (is_masked) score += *(const loose_lanes *)(run->mask + i);
  for (size_t c = 0; c < channels; c++) {
    score += query->weights[c] * *(const loose_lanes *)(run->data + c * run->plane_stride + i);
  }
  if (is_last) keep_first(&score, run->count - i, -INFINITY);
  *(loose_lanes *)(out + i) = score;
  if (best) raise_to(best, &score);
}

PK_INLINE float run_scores(
    const pk_position_run *run, row_query query, float *out, size_t channels, int is_masked,
    int seeks) {
  lanes largest = (lanes){0} - INFINITY, *best = seeks ? &largest : NULL;
  const size_t whole = run->count / PK_LANES * PK_LANES;
  for (size_t i = 0; i < whole; i += PK_LANES) {
    run_score_lanes(run, &query, i, channels, is_masked, 0, out, best);
  }
  if (whole < run->count) {
    run_score_lanes(run, &query, whole, channels, is_masked, 1, out, best);
  }
  return seeks ? largest_lane(&largest) : -INFINITY;
}

// 2^(score - row maximum) in place of scores. Where nothing may be attended to yet, differences are
// NaN and weights 0.
PK_INLINE void weigh(float *scores, size_t count, float row_maximum) {
  for (size_t i = 0; i < count; i += PK_LANES) {
    const lanes x = *(const loose_lanes *)(scores + i) - row_maximum;
    integers weight;
    exp2_bits(&x, &weight);
    *(loose_integers *)(scores + i) = weight;
  }
}

// What a query sums over one run, from zero, so that sums have two levels.
typedef struct {
  lanes row, weight, values[UNROLLED];
} run_totals;

PK_INLINE void sum_lanes(
    const pk_position_run *run, const float *weights, size_t i, size_t channels, int is_last,
    float *marginals, run_totals *totals) {
  const lanes scale = *(const loose_lanes *)(run->scale + i);
  lanes w = *(const loose_lanes *)(weights + i);
  if (is_last) keep_first(&w, run->count - i, 0);
  totals->weight += w;
  totals->row += w * scale;
  *(loose_lanes *)(marginals + i) += w * scale;
  for (size_t c = 0; c < channels; c++) {
    totals->values[c] += w * *(const loose_lanes *)(run->data + c * run->plane_stride + i);
  }
}

// Adds a run's weights to sums, and gives back what they add to the row.
PK_INLINE float run_sums(
    const pk_position_run *run, const float *weights, float *marginals, float *sums,
    size_t channels) {
  run_totals totals;
  memset(&totals, 0, sizeof totals);
  const size_t whole = run->count / PK_LANES * PK_LANES;
  for (size_t i = 0; i < whole; i += PK_LANES) {
    sum_lanes(run, weights, i, channels, 0, marginals, &totals);
  }
  if (whole < run->count) sum_lanes(run, weights, whole, channels, 1, marginals, &totals);
  loose_lanes *all = (loose_lanes *)sums;
  all[0] += totals.weight;
  for (size_t c = 0; c < channels; c++) all[c + 1] += totals.values[c];
  return lane_sum(&totals.row);
}

// The same with more data channels than are unrolled, those a channel at a time.
PK_INLINE float many_sums(
    const pk_position_run *run, const float *weights, float *marginals, float *sums) {
  for (size_t c = UNROLLED; c < run->channels; c++) {
    const float *data = run->data + c * run->plane_stride;
    lanes values = {0};
    for (size_t i = 0; i < run->count; i += PK_LANES) {
      lanes w = *(const loose_lanes *)(weights + i);
      if (i + PK_LANES > run->count) keep_first(&w, run->count - i, 0);
      values += w * *(const loose_lanes *)(data + i);
    }
    *(loose_lanes *)(sums + (c + 1) * PK_LANES) += values;
  }
  return run_sums(run, weights, marginals, sums, UNROLLED);
}

// A query's weights, where they are few in registers, which no store to scores can change.
PK_INLINE const float *own_weights(const float *weights, size_t channels, float *few) {
  if (channels > UNROLLED) return weights;
  for (size_t c = 0; c < channels; c++) few[c] = weights[c];
  return few;
}

PK_INLINE float sums_of_run(
    const pk_position_run *run, const float *weights, float *marginals, float *sums,
    size_t channels) {
  return channels <= UNROLLED ? run_sums(run, weights, marginals, sums, channels)
                              : many_sums(run, weights, marginals, sums);
}

PK_INLINE void shrink(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

// What was summed against a query's old row maximum, brought to a new one.
PK_INLINE void move_row_maximum(
    const pk_position_tile *tile, size_t query, size_t channels, size_t rows, float row_maximum) {
  const float old = tile->row_maxima[query];
  tile->row_maxima[query] = row_maximum;
  if (old == -INFINITY) return;
  const float factor = pk_exp((old - row_maximum) * 0.693147181f);
  const size_t width = (channels + 1) * PK_LANES;
  shrink(tile->marginals + query * tile->stride, tile->stride, factor);
  shrink(tile->settled_marginals + query * tile->stride, tile->stride, factor);
  shrink(tile->sums + query * width, width, factor);
  shrink(tile->settled_sums + query * width, width, factor);
  shrink(tile->row_totals + query * tile->row_stride, rows, factor);
}

PK_INLINE float scores_of_run(
    const pk_position_run *positions, const float *weights, const float *table, float shift,
    float *out,
    size_t channels, int is_masked) {
  const pk_position_run run = *positions;
  float few[UNROLLED];
  const row_query query = {own_weights(weights, channels, few), table, shift};
  return run_scores(&run, query, out, channels, is_masked, 1);
}

PK_DISPATCHED float pk_position_scores(
    const pk_position_run *run, const float *weights, const float *table, float shift, float *out) {
  float best = -INFINITY;
  if (run->mask) {
    FOR_CHANNELS(run->channels, best = scores_of_run(run, weights, table, shift, out, CHANNELS, 1));
  } else {
    FOR_CHANNELS(run->channels, best = scores_of_run(run, weights, table, shift, out, CHANNELS, 0));
  }
  return best;
}

// What no score of the run exceeds; NaN if that is not known.
PK_INLINE float score_limit(
    const float *limits, const float *weights, size_t channels, float table, float shift) {
  float limit = (table + shift > 0 ? table + shift : 0) * limits[channels];
  for (size_t c = 0; c < channels; c++) limit += fabsf(weights[c]) * limits[c];
  return limit;
}

PK_INLINE void softmax_row(
    const pk_position_run *positions, const pk_position_tile *tile, size_t row, size_t channels,
    int is_masked) {
  // A copy, which no store can change: it stays in registers.
  const pk_position_run own = *positions, *run = &own;
  const int is_limited = run->limits && tile->table_maxima;
  for (size_t query = 0; query < tile->queries; query++) {
    float few[UNROLLED];
    const float *weights = own_weights(tile->weights + query * channels, channels, few);
    const float *table = tile->tables + query * tile->stride;
    const float shift = tile->shifts[query], highest = tile->row_maxima[query] + ROW_MAXIMUM_SLACK;
    const row_query own_query = {weights, table, shift};
    if (is_limited &&
        score_limit(run->limits, weights, channels, tile->table_maxima[query], shift) <= highest) {
      run_scores(run, own_query, tile->scores, channels, is_masked, 0);
    } else {
      const float best = run_scores(run, own_query, tile->scores, channels, is_masked, 1);
      if (best > highest || tile->row_maxima[query] == -INFINITY) {
        move_row_maximum(tile, query, channels, row, best);
      }
    }
    weigh(tile->scores, run->count, tile->row_maxima[query]);
    tile->row_totals[query * tile->row_stride + row] = sums_of_run(
        run, tile->scores, tile->marginals + query * tile->stride,
        tile->sums + query * (channels + 1) * PK_LANES, channels);
  }
}

PK_DISPATCHED void pk_position_softmax_row(
    const pk_position_run *run, const pk_position_tile *tile, size_t row) {
  if (run->mask) {
    FOR_CHANNELS(run->channels, softmax_row(run, tile, row, CHANNELS, 1));
  } else {
    FOR_CHANNELS(run->channels, softmax_row(run, tile, row, CHANNELS, 0));
  }
}

PK_INLINE float weighted_sums(
    const pk_position_run *positions, const float *weights, float *marginals, float *sums,
    size_t channels) {
  const pk_position_run run = *positions;
  return sums_of_run(&run, weights, marginals, sums, channels);
}

PK_DISPATCHED float pk_position_weighted_sums(
    const pk_position_run *run, const float *weights, float *marginals, float *sums) {
  float total = 0;
  FOR_CHANNELS(run->channels, total = weighted_sums(run, weights, marginals, sums, CHANNELS));
  return total;
}

PK_DISPATCHED void pk_position_settle(const pk_position_tile *tile, size_t channels) {
  const size_t sums = tile->queries * (channels + 1) * PK_LANES;
  const size_t marginals = tile->queries * tile->stride;
  for (size_t i = 0; i < sums; i++) tile->settled_sums[i] += tile->sums[i];
  for (size_t i = 0; i < marginals; i++) tile->settled_marginals[i] += tile->marginals[i];
  memset(tile->sums, 0, sums * sizeof(float));
  memset(tile->marginals, 0, marginals * sizeof(float));
}

// How queries' numbers of a position become one.
typedef enum { SUM, LARGEST } reduction;

// Positions are outside and queries inside, so that what has been reduced stays in registers; a few
// lanes at once, which do not wait for each other.
PK_INLINE void reduce_block(
    const pk_position_run *run, const pk_position_queries *all, size_t start, size_t count,
    size_t channels, int is_masked, reduction how, float *out) {
  enum { BLOCKS = PK_POSITION_BLOCK / PK_LANES };
  lanes reduced[BLOCKS];
  for (size_t query = 0; query < all->queries; query++) {
    float few[UNROLLED];
    const float *weights = own_weights(all->weights + query * channels, channels, few);
    const float *table = all->tables + query * all->stride;
    const float shift = all->shifts[query], offset = all->offsets[query];
    const float factor = all->factors ? all->factors[query] : 1;
    for (size_t block = 0; block < count; block++) {
      const size_t i = start + block * PK_LANES;
      lanes x =
          (*(const loose_lanes *)(table + i) + shift) * *(const loose_lanes *)(run->scale + i);
      for (size_t c = 0; c < channels; c++) {
        x += weights[c] * *(const loose_lanes *)(run->data + c * run->plane_stride + i);
      }
      if (is_masked) x += *(const loose_lanes *)(run->mask + i);
      x += offset;
      if (all->factors) {
        lanes weight;
        exp2_lanes(&x, &weight);
        x = weight * factor;
      }
      if (query == 0) {
        reduced[block] = x;
      } else if (how == SUM) {
        reduced[block] += x;
      } else {
        raise_to(&reduced[block], &x);
      }
    }
  }
  for (size_t block = 0; block < count; block++) {
    *(loose_lanes *)(out + start + block * PK_LANES) = reduced[block];
  }
}

PK_INLINE void reduce_run(
    const pk_position_run *positions, const pk_position_queries *queries, size_t channels,
    int is_masked,
    reduction how, float *out) {
  const pk_position_run run = *positions;
  const pk_position_queries all = *queries;
  size_t start = 0;
  for (; start + PK_POSITION_BLOCK <= run.count; start += PK_POSITION_BLOCK) {
    reduce_block(
        &run, &all, start, PK_POSITION_BLOCK / PK_LANES, channels, is_masked, how, out);
  }
  if (start < run.count) {
    const size_t rest = (run.count - start + PK_LANES - 1) / PK_LANES;
    reduce_block(&run, &all, start, rest, channels, is_masked, how, out);
  }
}

PK_DISPATCHED void pk_position_sum_of_queries(
    const pk_position_run *run, const pk_position_queries *queries, float *out) {
  if (run->mask) {
    FOR_CHANNELS(run->channels, reduce_run(run, queries, CHANNELS, 1, SUM, out));
  } else {
    FOR_CHANNELS(run->channels, reduce_run(run, queries, CHANNELS, 0, SUM, out));
  }
}

PK_DISPATCHED void pk_position_largest_of_queries(
    const pk_position_run *run, const pk_position_queries *queries, float *out) {
  if (run->mask) {
    FOR_CHANNELS(run->channels, reduce_run(run, queries, CHANNELS, 1, LARGEST, out));
  } else {
    FOR_CHANNELS(run->channels, reduce_run(run, queries, CHANNELS, 0, LARGEST, out));
  }
}

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
