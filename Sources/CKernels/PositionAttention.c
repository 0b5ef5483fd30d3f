// Attention to positions: scores, exponentials and sums, without ever making a token. A run has sixteen
// positions of one query in a vector, which suits one large input; a batch with gradients has sixteen
// queries at one position, so that pictures of any width fill it. Scores are position_scores.h's in both.
// Sources/Tensors/Operations/SeparableAttention.swift and BatchedPositionAttention.swift say what is
// computed and why.

#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "elementary.h"
#include "lanes.h"
#include "position_scores.h"

// Of a run: sixteen positions at once.

// A row maximum may lag so far behind the largest score before sums are brought to a new one: 2^12
// is small enough for every sum, and row maxima rarely move twice.
static const float ROW_MAXIMUM_SLACK = 12;

// Scores, weights and sums of a run are made in loops of their own: what a loop computes for one
// position takes many steps that wait for each other, and a processor looks only so many steps
// ahead for those of the next positions.

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
  add_product(&totals->row, &w, &scale);
  *(loose_lanes *)(marginals + i) += w * scale;
  for (size_t c = 0; c < channels; c++) {
    const lanes data = *(const loose_lanes *)(run->data + c * run->plane_stride + i);
    add_product(&totals->values[c], &w, &data);
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

PK_INLINE float sums_of_run(
    const pk_position_run *run, const float *weights, float *marginals, float *sums,
    size_t channels) {
  return channels <= UNROLLED ? run_sums(run, weights, marginals, sums, channels)
                              : many_sums(run, weights, marginals, sums);
}

PK_INLINE void shrink(float *x, size_t count, float factor) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

// What was summed against a query's old row maximum, brought to a new one. This file keeps its own
// running maximum, beside RunningSoftmax's, because it brings other sums along, those of coordinates
// instead of averaged values, in steps of 2^x, and moves far less often: with the slack above most
// rows need no search for their maximum at all.
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

// Of a batch: sixteen queries at once.

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
  const lanes scale = SPLAT(position[0]);
  lanes score;
  score_of_axes(entry, shift, &scale, &score);
  for (size_t c = 0; c < channels; c++) {
    const lanes data = SPLAT(position[1 + c]);
    add_product(&score, &weights[c], &data);
  }
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
        for (size_t c = 0; c < channels; c++) {
          const lanes value = SPLAT(position[1 + c]);
          add_product(channels <= UNROLLED ? &data[c] : &totals[1 + c], &w, &value);
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

// Of the data: sixteen positions at once again, since each has a gradient of its own that all queries
// add to.

// Sums over queries of a block of positions, and of a token's last entry: what its data's gradient is
// made from. Scores are in units of ln 2, so that a query's weight is its entry of the table times that.
PK_INLINE void data_slopes_block(
    const pk_position_run *run, const pk_position_slopes *all, size_t start, size_t channels,
    float *out, size_t stride) {
  static const float LN_2 = 0.693147181f;
  const pk_position_queries *asked = all->asked, *beside = all->beside;
  const size_t few = channels < UNROLLED ? channels : UNROLLED;
  lanes sums[UNROLLED], total = {0};
  for (size_t c = 0; c < few; c++) sums[c] = (lanes){0};
  for (size_t c = few; c < channels; c++) {
    *(loose_lanes *)(out + c * stride + start) = (lanes){0};
  }
  for (size_t query = 0; query < asked->queries; query++) {
    lanes score, product, weight;
    score_of_query(run, asked, query, start, channels, &score);
    score_of_query(run, beside, query, start, channels, &product);
    const lanes difference = score + asked->offsets[query];
    exp2_lanes(&difference, &weight);
    weight *= asked->factors[query];
    const lanes slope = weight * (product - all->means[query]) * LN_2;
    add_product(&total, &weight, &product);
    add_product(&total, &slope, &score);
    for (size_t c = 0; c < channels; c++) {
      const lanes value = SPLAT(beside->weights[query * channels + c]);
      const lanes key = SPLAT(asked->weights[query * channels + c]);
      if (c < UNROLLED) {
        add_product(&sums[c], &weight, &value);
        add_product(&sums[c], &slope, &key);
      } else {
        *(loose_lanes *)(out + c * stride + start) += weight * value + slope * key;
      }
    }
  }
  for (size_t c = 0; c < few; c++) *(loose_lanes *)(out + c * stride + start) = sums[c];
  *(loose_lanes *)(out + channels * stride + start) = total;
}

PK_INLINE void data_slopes(
    const pk_position_run *positions, const pk_position_slopes *slopes, size_t channels, float *out,
    size_t stride) {
  const pk_position_run run = *positions;
  const pk_position_queries asked = *slopes->asked, beside = *slopes->beside;
  const pk_position_slopes all = {.asked = &asked, .beside = &beside, .means = slopes->means};
  for (size_t start = 0; start < run.count; start += PK_LANES) {
    data_slopes_block(&run, &all, start, channels, out, stride);
  }
}

PK_DISPATCHED void pk_position_data_slopes(
    const pk_position_run *run, const pk_position_slopes *slopes, float *out, size_t stride) {
  FOR_CHANNELS(run->channels, data_slopes(run, slopes, CHANNELS, out, stride));
}
