// What rows of an attention add to a map: their weights times how what is explained hangs on them. Of
// rows that are there, or of all that queries over positions have, which are never stored.

#include "CKernels.h"
#include "dispatch.h"
#include "lanes.h"
#include "position_scores.h"

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

// Positions are outside and queries inside, as in PositionScores.c. A weight comes from the scores of
// `asked`, the number that stands beside it is the score of `beside`.
PK_INLINE void contribution_block(
    const pk_position_run *run, const pk_position_queries *asked, const pk_position_queries *beside,
    size_t start, size_t count, size_t channels, int is_masked, int is_positive, float *out) {
  lanes sums[PK_POSITION_BLOCK / PK_LANES];
  for (size_t block = 0; block < count; block++) sums[block] = (lanes){0};
  for (size_t query = 0; query < asked->queries; query++) {
    const float offset = asked->offsets[query], factor = asked->factors[query];
    const float shift = beside->offsets[query];
    for (size_t block = 0; block < count; block++) {
      const size_t i = start + block * PK_LANES;
      lanes score, product, weight;
      score_of_query(run, asked, query, i, channels, &score);
      score_of_query(run, beside, query, i, channels, &product);
      if (is_masked) score += *(const loose_lanes *)(run->mask + i);
      score += offset;
      exp2_lanes(&score, &weight);
      const lanes part = weight * factor * (product + shift);
      integers adds = weight != 0;
      if (is_positive) adds &= ~(part < 0);
      sums[block] += (lanes)((integers)part & adds);
    }
  }
  for (size_t block = 0; block < count; block++) {
    *(loose_lanes *)(out + start + block * PK_LANES) = sums[block];
  }
}

PK_INLINE void contribution_run(
    const pk_position_run *positions, const pk_position_queries *asked,
    const pk_position_queries *beside, size_t channels, int is_masked, int is_positive, float *out) {
  const pk_position_run run = *positions;
  const pk_position_queries own = *asked, other = *beside;
  // A whole block's count is a constant, so that its sums stay in registers.
  enum { WHOLE = PK_POSITION_BLOCK / PK_LANES };
  for (size_t start = 0; start < run.count; start += PK_POSITION_BLOCK) {
    const size_t rest = (run.count - start + PK_LANES - 1) / PK_LANES;
    if (rest >= WHOLE) {
      contribution_block(
          &run, &own, &other, start, WHOLE, channels, is_masked, is_positive, out);
    } else {
      contribution_block(
          &run, &own, &other, start, rest, channels, is_masked, is_positive, out);
    }
  }
}

PK_INLINE void contributions(
    const pk_position_run *run, const pk_position_queries *asked, const pk_position_queries *beside,
    int is_positive, float *out) {
  if (run->mask) {
    FOR_CHANNELS(
        run->channels, contribution_run(run, asked, beside, CHANNELS, 1, is_positive, out));
  } else {
    FOR_CHANNELS(
        run->channels, contribution_run(run, asked, beside, CHANNELS, 0, is_positive, out));
  }
}

PK_DISPATCHED void pk_position_products(
    const pk_position_run *run, const pk_position_queries *asked, const pk_position_queries *beside,
    float *out) {
  contributions(run, asked, beside, 0, out);
}

PK_DISPATCHED void pk_position_positive_products(
    const pk_position_run *run, const pk_position_queries *asked, const pk_position_queries *beside,
    float *out) {
  contributions(run, asked, beside, 1, out);
}
