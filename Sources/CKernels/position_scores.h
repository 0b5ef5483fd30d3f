// Scores of positions, whose tokens are data and one table row for each axis, from what a query has for
// every coordinate and channel: the one arithmetic of runs, of batches with gradients, and of maps.
// Sources/Tensors/Operations/SeparableAttention.swift says what is computed and why.
#ifndef PK_POSITION_SCORES_H
#define PK_POSITION_SCORES_H

#include <math.h>

#include "CKernels.h"
#include "lanes.h"

// Lanes are sixteen positions that a query reads, or sixteen queries that read a position; of what does
// not differ between them, all lanes are alike.
#define SPLAT(x) ((x) - (lanes){0})

// A score before its data: what the axes add up to, times the token's scale.
PK_INLINE void score_of_axes(
    const lanes *entry, const lanes *shift, const lanes *scale, lanes *score) {
  *score = (*entry + *shift) * *scale;
}

// A channel of data adds its part to a score, and a weight adds its data to a sum.
PK_INLINE void add_product(lanes *sum, const lanes *x, const lanes *y) { *sum += *x * *y; }

// A query as one row of positions meets it: of the data, of the last axis, and of the others.
typedef struct {
  const float *weights, *table;
  float shift;
} row_query;

// A query's weights, where they are few in registers, which no store to scores can change.
PK_INLINE const float *own_weights(const float *weights, size_t channels, float *few) {
  if (channels > UNROLLED) return weights;
  for (size_t c = 0; c < channels; c++) few[c] = weights[c];
  return few;
}

// One of several queries' scores with the sixteen positions from `i` on, without masks and offsets.
PK_INLINE void score_of_query(
    const pk_position_run *run, const pk_position_queries *all, size_t query, size_t i,
    size_t channels, lanes *score) {
  const float *weights = all->weights + query * channels;
  const lanes entry = *(const loose_lanes *)(all->tables + query * all->stride + i);
  const lanes shift = SPLAT(all->shifts[query]), scale = *(const loose_lanes *)(run->scale + i);
  score_of_axes(&entry, &shift, &scale, score);
  for (size_t c = 0; c < channels; c++) {
    const lanes weight = SPLAT(weights[c]);
    const lanes data = *(const loose_lanes *)(run->data + c * run->plane_stride + i);
    add_product(score, &weight, &data);
  }
}

// Sixteen of a query's scores; those past the end of the run, in the last lanes, are -infinity. Where
// `best` is NULL none is sought.
PK_INLINE void run_score_lanes(
    const pk_position_run *run, const row_query *query, size_t i, size_t channels, int is_masked,
    int is_last, float *out, lanes *best) {
  const lanes entry = *(const loose_lanes *)(query->table + i), shift = SPLAT(query->shift);
  const lanes scale = *(const loose_lanes *)(run->scale + i);
  lanes score;
  score_of_axes(&entry, &shift, &scale, &score);
  if (is_masked) score += *(const loose_lanes *)(run->mask + i);
  for (size_t c = 0; c < channels; c++) {
    const lanes weight = SPLAT(query->weights[c]);
    const lanes data = *(const loose_lanes *)(run->data + c * run->plane_stride + i);
    add_product(&score, &weight, &data);
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

#endif
