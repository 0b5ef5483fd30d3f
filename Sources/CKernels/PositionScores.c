// Scores over runs of positions, and what all queries give each of them: a sum or the largest.
// Sources/Tensors/Operations/PositionScores.swift and AttentionWeights.swift ask for them.

#include <math.h>

#include "CKernels.h"
#include "lanes.h"
#include "position_scores.h"

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
    const float offset = all->offsets[query];
    const float factor = all->factors ? all->factors[query] : 1;
    for (size_t block = 0; block < count; block++) {
      const size_t i = start + block * PK_LANES;
      lanes x;
      score_of_query(run, all, query, i, channels, &x);
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
