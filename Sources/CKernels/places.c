// Attention to places whose tokens are data and one table row for each axis: scores, exponentials
// and sums of whole runs of places, without ever making a token. Sources/Tensors/Arithmetic/
// SeparableAttention.swift says what is computed and why.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "elementary.h"

// Data channels for which loops are unrolled; others are counted at run time.
enum { UNROLLED = 4 };

// A peak may lag so far behind the largest score before sums are brought to a new one: 2^12 is
// small enough for every sum, and peaks rarely move twice.
static const float PEAK_SLACK = 12;

PK_INLINE float largest_lane(float *lanes) {
  for (int half = PK_LANES / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; j++) {
      lanes[j] = lanes[j + half] > lanes[j] ? lanes[j + half] : lanes[j];
    }
  }
  return lanes[0];
}

PK_INLINE float lane_sum(float *lanes) {
  for (int half = PK_LANES / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; j++) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

// Sixteen scores from place i on; those past the end of the run are -infinity.
PK_INLINE void score_lanes(
    const pk_place_run *run, const float *restrict weights, const float *restrict table,
    float shift, size_t i, float *restrict out, float *restrict best, size_t channels, int hides,
    int is_last) {
  const float *scale = run->scale + i, *data = run->data + i;
  const float *hidden = hides ? run->hidden + i : 0;
  for (int j = 0; j < PK_LANES; j++) {
    float score = scale[j] * (table[i + j] + shift);
    if (hides) score += hidden[j];
    for (size_t c = 0; c < channels; c++) score += weights[c] * data[c * run->plane_stride + j];
    if (is_last) score = i + (size_t)j < run->count ? score : -INFINITY;
    out[i + j] = score;
    best[j] = score > best[j] ? score : best[j];
  }
}

PK_INLINE float run_scores(
    const pk_place_run *run, const float *restrict weights, const float *restrict table,
    float shift, float *restrict out, size_t channels, int hides) {
  float best[PK_LANES];
  for (int j = 0; j < PK_LANES; j++) best[j] = -INFINITY;
  size_t i = 0;
  for (; i + PK_LANES <= run->count; i += PK_LANES) {
    score_lanes(run, weights, table, shift, i, out, best, channels, hides, 0);
  }
  if (i < run->count) {
    score_lanes(run, weights, table, shift, i, out, best, channels, hides, 1);
  }
  return largest_lane(best);
}

// Adds a run's weights to sums, and gives back what they add to the row. Weights are 2^(score -
// peak), or given where `is_weight`; a run's lanes begin at zero, so that sums have two levels.
PK_INLINE float run_sums(
    const pk_place_run *run, const float *restrict scores, float peak, int is_weight,
    float *restrict marginals, float *restrict sums, size_t channels) {
  float row[PK_LANES] = {0}, weight[PK_LANES] = {0}, values[UNROLLED][PK_LANES];
  memset(values, 0, sizeof values);
  for (size_t i = 0; i < run->count; i += PK_LANES) {
    const float *scale = run->scale + i, *data = run->data + i;
    for (int j = 0; j < PK_LANES; j++) {
      float w;
      if (is_weight) {
        w = i + (size_t)j < run->count ? scores[i + j] : 0;
      } else {
        w = pk_exp2_below(scores[i + j] - peak);
      }
      const float scaled = w * scale[j];
      weight[j] += w;
      row[j] += scaled;
      marginals[i + j] += scaled;
      for (size_t c = 0; c < channels; c++) values[c][j] += w * data[c * run->plane_stride + j];
    }
  }
  for (int j = 0; j < PK_LANES; j++) sums[j] += weight[j];
  for (size_t c = 0; c < channels; c++) {
    for (int j = 0; j < PK_LANES; j++) sums[(c + 1) * PK_LANES + j] += values[c][j];
  }
  return lane_sum(row);
}

// Sums of a run with more data channels than are unrolled, those a channel at a time.
PK_INLINE float many_sums(
    const pk_place_run *run, float *restrict scores, float peak, int is_weight,
    float *restrict marginals, float *restrict sums) {
  if (!is_weight) {
    for (size_t i = 0; i < run->count; i++) scores[i] = pk_exp2_below(scores[i] - peak);
  }
  for (size_t c = UNROLLED; c < run->channels; c++) {
    const float *data = run->data + c * run->plane_stride;
    float values[PK_LANES] = {0};
    for (size_t i = 0; i < run->count; i += PK_LANES) {
      for (int j = 0; j < PK_LANES; j++) {
        values[j] += (i + (size_t)j < run->count ? scores[i + j] : 0) * data[i + j];
      }
    }
    for (int j = 0; j < PK_LANES; j++) sums[(c + 1) * PK_LANES + j] += values[j];
  }
  return run_sums(run, scores, 0, 1, marginals, sums, UNROLLED);
}

PK_INLINE float scores_of_channels(
    const pk_place_run *run, const float *weights, const float *table, float shift, float *out,
    size_t channels) {
  return run->hidden ? run_scores(run, weights, table, shift, out, channels, 1)
                     : run_scores(run, weights, table, shift, out, channels, 0);
}

PK_INLINE float scores_of_run(
    const pk_place_run *run, const float *weights, const float *table, float shift, float *out) {
  switch (run->channels) {
    case 1: return scores_of_channels(run, weights, table, shift, out, 1);
    case 2: return scores_of_channels(run, weights, table, shift, out, 2);
    case 3: return scores_of_channels(run, weights, table, shift, out, 3);
    case 4: return scores_of_channels(run, weights, table, shift, out, 4);
    default: return scores_of_channels(run, weights, table, shift, out, run->channels);
  }
}

// Scores are overwritten where there are many channels.
PK_INLINE float sums_of_run(
    const pk_place_run *run, float *scores, float peak, int is_weight, float *marginals,
    float *sums) {
  switch (run->channels) {
    case 0: return run_sums(run, scores, peak, is_weight, marginals, sums, 0);
    case 1: return run_sums(run, scores, peak, is_weight, marginals, sums, 1);
    case 2: return run_sums(run, scores, peak, is_weight, marginals, sums, 2);
    case 3: return run_sums(run, scores, peak, is_weight, marginals, sums, 3);
    case 4: return run_sums(run, scores, peak, is_weight, marginals, sums, 4);
    default: return many_sums(run, scores, peak, is_weight, marginals, sums);
  }
}

PK_INLINE void shrink(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

// What was summed against a query's old peak, brought to a new one.
PK_INLINE void move_peak(
    const pk_place_tile *tile, size_t query, size_t channels, size_t rows, float peak) {
  const float old = tile->peaks[query];
  tile->peaks[query] = peak;
  if (old == -INFINITY) return;
  const float factor = pk_exp((old - peak) * 0.693147181f);
  const size_t lanes = (channels + 1) * PK_LANES;
  shrink(tile->marginals + query * tile->stride, tile->stride, factor);
  shrink(tile->settled_marginals + query * tile->stride, tile->stride, factor);
  shrink(tile->sums + query * lanes, lanes, factor);
  shrink(tile->settled_sums + query * lanes, lanes, factor);
  shrink(tile->row_totals + query * tile->row_stride, rows, factor);
}

PK_DISPATCHED float pk_place_scores(
    const pk_place_run *run, const float *weights, const float *table, float shift, float *out) {
  return scores_of_run(run, weights, table, shift, out);
}

PK_DISPATCHED void pk_place_softmax_row(
    const pk_place_run *run, const pk_place_tile *tile, size_t row) {
  const size_t lanes = (run->channels + 1) * PK_LANES;
  for (size_t query = 0; query < tile->queries; query++) {
    const float *table = tile->tables + query * tile->stride;
    const float best = scores_of_run(
        run, tile->weights + query * run->channels, table, tile->shifts[query], tile->scores);
    // Where nothing may be attended to yet, differences are NaN and weights 0.
    if (best > tile->peaks[query] + PEAK_SLACK || tile->peaks[query] == -INFINITY) {
      move_peak(tile, query, run->channels, row, best);
    }
    tile->row_totals[query * tile->row_stride + row] = sums_of_run(
        run, tile->scores, tile->peaks[query], 0, tile->marginals + query * tile->stride,
        tile->sums + query * lanes);
  }
}

PK_DISPATCHED float pk_place_weighted_sums(
    const pk_place_run *run, float *weights, float *marginals, float *sums) {
  return sums_of_run(run, weights, 0, 1, marginals, sums);
}

PK_DISPATCHED void pk_place_settle(const pk_place_tile *tile, size_t channels) {
  const size_t lanes = tile->queries * (channels + 1) * PK_LANES;
  const size_t marginals = tile->queries * tile->stride;
  for (size_t i = 0; i < lanes; i++) tile->settled_sums[i] += tile->sums[i];
  for (size_t i = 0; i < marginals; i++) tile->settled_marginals[i] += tile->marginals[i];
  memset(tile->sums, 0, lanes * sizeof(float));
  memset(tile->marginals, 0, marginals * sizeof(float));
}

PK_DISPATCHED void pk_place_row_planes(
    const float *restrict data, size_t channels, size_t count, const double *restrict sums,
    const double *restrict squares, double row_sum, double row_square, double width,
    double epsilon, float *restrict scale, float *restrict planes, size_t plane_stride) {
  for (size_t i = 0; i < count; i++) {
    double sum = sums[i] + row_sum, square = squares[i] + row_square;
    for (size_t c = 0; c < channels; c++) {
      const double value = data[i * channels + c];
      sum += value;
      square += value * value;
    }
    const double mean = sum / width, variance = square / width - mean * mean;
    const double factor = 1 / sqrt((variance > 0 ? variance : 0) + epsilon);
    scale[i] = (float)factor;
    for (size_t c = 0; c < channels; c++) {
      planes[c * plane_stride + i] = (float)(data[i * channels + c] * factor);
    }
  }
}
