// Calls every function of CKernels.h on arrays that are just as long as the header says, so that the
// address sanitizer sees a step past their ends. An input says which function, sizes and numbers;
// fuzz_kernels.py builds and runs this.

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "CKernels.h"

// What an input says

typedef struct {
  const uint8_t *bytes;
  size_t left;
  // What goes on giving numbers where the input has ended.
  uint32_t more;
  // Whether numbers may be of any kind, or all are small and finite.
  int is_wild;
} source;

static source input;

static unsigned byte(void) {
  if (input.left > 0) return input.left--, *input.bytes++;
  input.more = input.more * 1664525u + 1013904223u;
  return input.more >> 24;
}

static size_t below(size_t end) { return byte() % end; }

// Mostly short, so that the ends of loops are met; at times longer than any stretch that is summed
// at once.
static size_t length(void) {
  const unsigned b = byte();
  return b < 240 ? b % 80 : (b - 239) * 300u;
}

static float small(void) { return ((float)byte() - 128) / 32; }

static float number(void) {
  static const float odd[] = {
      0,        -0.0f,    1e-45f,    -1e-38f,   1.2e-38f,  3.4e38f,   -3.4e38f, INFINITY,
      -INFINITY, NAN,     -NAN,      88.72f,    -87.34f,   127.5f,    -126,     16777218,
      2.2e9f,   -2.2e9f,  1e30f,     -1e-30f,   4,         -4,        12,       1e19f,
  };
  if (!input.is_wild) return small();
  const unsigned b = byte();
  if (b < sizeof odd / sizeof *odd) return odd[b];
  if (b < 32) {
    const union { uint32_t bits; float value; } any = {
        byte() << 24 | byte() << 16 | byte() << 8 | byte()};
    return any.value;
  }
  return ((float)b - 144) / 8;
}

// Arrays, which live as long as the input does

enum { MOST = 64 };
static void *arrays[MOST];
static size_t array_count;

static void *room(size_t bytes) {
  if (array_count == MOST) abort();
  void *array = malloc(bytes);
  if (!array) abort();
  return arrays[array_count++] = array;
}

static float *filled(size_t count, float value(void)) {
  float *array = room(count * sizeof *array);
  for (size_t i = 0; i < count; i++) array[i] = value();
  return array;
}

static float *floats(size_t count) { return filled(count, number); }

// What is only written.
static float *space(size_t count) { return room(count * sizeof(float)); }

static double *doubles(size_t count) {
  double *array = room(count * sizeof *array);
  for (size_t i = 0; i < count; i++) array[i] = number();
  return array;
}

// A block of rows, of which the last ends with its columns.
static size_t extent(size_t rows, size_t columns, size_t stride) {
  return rows ? (rows - 1) * stride + columns : 0;
}

static size_t padded(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

// Functions of a few arrays of one length

static void exponentials(void) {
  const size_t n = length();
  pk_exp_shifted(floats(n), n, number());
}

static void reductions(void) {
  const size_t n = length();
  pk_maximum(floats(n), n);
  pk_sum(floats(n), n);
  pk_dot(floats(n), floats(n), n);
}

static void changes(void) {
  const size_t n = length();
  pk_scale(floats(n), n, number());
  pk_add_scaled(floats(n), floats(n), number(), n);
  pk_raise_to(floats(n), floats(n), n);
}

static void norms(void) {
  const size_t n = length();
  pk_layer_norm(floats(n), floats(n), floats(n), space(n), n, 1e-5f);
  pk_rms_norm(floats(n), floats(n), space(n), n, 1e-8f);
  pk_take_away_mean(floats(n), n);
}

static void norm_gradients(void) {
  const size_t n = length();
  const pk_norm_row row = {
      .x = floats(n), .gain = floats(n), .dy = floats(n), .dx = space(n), .dgain = doubles(n),
      .dbias = doubles(n), .count = n};
  pk_layer_norm_gradient(&row, 1e-5f);
  const float scale = number();
  pk_scaled_norm_gradient(&row, scale, (int)below(2));
}

static void gelus(void) {
  const size_t n = length();
  pk_gated_gelu(floats(n), floats(n), space(n), n);
  pk_gated_gelu_gradient(floats(n), floats(n), floats(n), space(n), space(n), n);
}

static void optimisers(void) {
  const size_t n = length();
  const pk_optimiser_step step = {
      .beta2 = 0.999f, .fresh1 = 0.1f, .fresh2 = 0.001f, .epsilon = 1e-8f,
      .mean_correction = 0.1f, .square_correction = 0.03f, .factor = number(),
      .rate = number(), .decay = number()};
  const pk_optimiser_run run = {
      .read = floats(n), .changed = floats(n), .mean = floats(n), .square = floats(n), .count = n};
  pk_adamw(&run, &step);
  pk_lamb_direction(&run, &step);
}

static void dropout(void) {
  const size_t n = length();
  const uint64_t key = (uint64_t)byte() << 56 | byte();
  // Near where a stream's 32 low bits begin anew, too.
  const uint64_t first = ((uint64_t)byte() << 32) - below(100);
  pk_drop(floats(n), n, key, first, (uint32_t)byte() << 24, number());
}

static void random_numbers(void) {
  pk_mersenne_twister generator;
  pk_mersenne_seed(&generator, (uint32_t)byte() << 16 | byte());
  for (size_t i = below(4); i > 0; i--) pk_mersenne_next(&generator);
  for (size_t i = 0; i < 2; i++) {
    const size_t n = length();
    pk_mersenne_uniform(&generator, space(n), n, number(), number());
  }
  pk_mersenne_next(&generator);
}

// Blocks of rows

static void columns(void) {
  const size_t rows = below(9), columns = below(50), stride = columns + below(5);
  const size_t size = extent(rows, columns, stride);
  pk_softmax_columns(floats(size), rows, columns, stride, space(columns));
  pk_softmax_columns_gradient(floats(size), floats(size), rows, columns, stride);
  pk_add_column_sums(floats(size), rows, columns, stride, doubles(columns));
  const double mean = number();
  pk_softmax_gradient(floats(size), floats(size), mean, size);
}

static void products(void) {
  const size_t rows = below(6), columns = below(20), inner = below(9);
  const size_t a_stride = inner + below(3), b_stride = (byte() & 1 ? columns : inner) + below(3);
  const size_t out_stride = columns + below(3);
  // The second factor by rows or by columns, with gaps between them.
  const int by_columns = byte() & 1;
  const size_t b_inner = by_columns ? 1 : b_stride, b_column = by_columns ? b_stride : 1;
  const size_t b_size = columns && inner ? (inner - 1) * b_inner + (columns - 1) * b_column + 1 : 0;
  const float beta = byte() & 1 ? number() : 0;
  const pk_product product = {
      .rows = rows, .columns = columns, .inner = inner,
      .a = floats(extent(rows, inner, a_stride)), .a_stride = a_stride, .b = floats(b_size),
      .b_inner = b_inner, .b_column = b_column};
  pk_small_product(&product, beta, floats(extent(rows, columns, out_stride)), out_stride);
}

static void explanations(void) {
  const size_t count = length();
  const float shift = number(), factor = number();
  pk_add_products(floats(count), floats(count), floats(count), count, shift, factor);
  pk_add_positive_products(floats(count), floats(count), floats(count), count, shift, factor);
  pk_add_toggles(floats(count), floats(count), floats(count), floats(count), count, shift);
}

static void tokens(void) {
  const size_t data = below(20), axes = below(5), features = below(20);
  const float *rows[4];
  for (size_t axis = 0; axis < axes; axis++) rows[axis] = floats(features);
  const double mean = number(), scale = number();
  const pk_token token = {
      .data = floats(data), .channels = data, .rows = rows, .axes = axes, .features = features};
  pk_standardised_token(&token, mean, scale, space(data + axes * features));
}

// Runs of positions

typedef struct {
  pk_position_run run;
  size_t stride;
} positions;

// A run made by pk_position_row_planes or of other numbers. What is behind the positions is finite.
static positions some_positions(void) {
  const size_t count = 1 + length() % 600, channels = below(8);
  const size_t plane_stride = count + below(20), rest = 15;
  const size_t last = channels ? (channels - 1) * plane_stride : 0;
  float *scale = filled(count + rest, small), *data = filled(last + count + rest, small);
  float *limits = filled(channels + 1, small);
  if (byte() & 1) {
    const double row_sum = number(), row_square = number();
    const pk_position_row row = {
        .data = floats(count * channels), .channels = channels, .count = count,
        .sums = doubles(count), .squares = doubles(count), .row_sum = row_sum,
        .row_square = row_square, .width = (double)channels + 3, .epsilon = 1e-5};
    pk_position_row_planes(&row, scale, data, plane_stride, limits);
  }
  float *mask = NULL;
  if (byte() & 1) {
    mask = space(count + rest);
    for (size_t i = 0; i < count + rest; i++) mask[i] = byte() & 1 ? 0 : -INFINITY;
  }
  return (positions){
      .run = {
          .scale = scale, .data = data, .plane_stride = plane_stride, .channels = channels,
          .mask = mask, .limits = byte() & 1 ? limits : NULL, .count = count},
      .stride = padded(count, 16) + 16 * below(2)};
}

static void position_scores(void) {
  const positions p = some_positions();
  const size_t channels = p.run.channels, width = padded(p.run.count, 16);
  const float shift = number();
  pk_position_scores(&p.run, floats(channels), floats(width), shift, space(width));
  pk_position_weighted_sums(
      &p.run, floats(p.run.count + 15), floats(width), floats((channels + 1) * 16));
}

static void position_softmax(void) {
  const positions p = some_positions();
  const size_t queries = below(5), rows = 1 + below(3), channels = p.run.channels;
  const size_t all = queries * p.stride, sums = queries * (channels + 1) * 16;
  const pk_position_tile tile = {
      .queries = queries, .stride = p.stride, .row_stride = rows + below(3),
      .weights = floats(queries * channels), .tables = floats(all),
      .table_maxima = byte() & 1 ? floats(queries) : NULL, .shifts = floats(queries),
      .marginals = filled(all, small), .settled_marginals = filled(all, small),
      .sums = filled(sums, small), .settled_sums = filled(sums, small),
      .row_maxima = space(queries),
      .row_totals = NULL, .scores = space(p.stride)};
  pk_position_tile own = tile;
  own.row_totals = filled(extent(queries, rows, tile.row_stride), small);
  for (size_t i = 0; i < queries; i++) own.row_maxima[i] = -INFINITY;
  for (size_t row = 0; row < rows; row++) {
    pk_position_softmax_row(&p.run, &own, row);
    if (byte() & 1) pk_position_settle(&own, channels);
  }
}

static void position_reductions(void) {
  const positions p = some_positions();
  const size_t queries = 1 + below(4);
  const pk_position_queries all = {
      .queries = queries, .stride = p.stride, .weights = floats(queries * p.run.channels),
      .tables = floats(queries * p.stride), .shifts = floats(queries), .offsets = floats(queries),
      .factors = byte() & 1 ? floats(queries) : NULL};
  const size_t size = padded(p.run.count, PK_POSITION_BLOCK);
  pk_position_sum_of_queries(&p.run, &all, space(size));
  pk_position_largest_of_queries(&p.run, &all, space(size));
  pk_position_queries asked = all, beside = all;
  asked.factors = floats(queries);
  beside.tables = floats(queries * p.stride);
  beside.factors = NULL;
  pk_position_products(&p.run, &asked, &beside, space(size));
  pk_position_positive_products(&p.run, &asked, &beside, space(size));
  const pk_position_slopes slopes = {.asked = &asked, .beside = &beside, .means = floats(queries)};
  const size_t plane = padded(p.run.count, 16);
  pk_position_data_slopes(&p.run, &slopes, space((p.run.channels + 1) * plane), plane);
}

// Grids of positions

static void grids(void) {
  const size_t axes = 1 + below(3), channels = below(7), features = below(7);
  size_t lengths[3], count = 1;
  const float *tables[3];
  for (size_t axis = 0; axis < axes; axis++) {
    const unsigned b = byte();
    // Longer than what is summed at once, if the axis is the only one.
    lengths[axis] = 1 + (axes == 1 && b >= 200 ? 200u + b : b % 7);
    count *= lengths[axis];
    tables[axis] = floats(lengths[axis] * features);
  }
  const pk_position_grid grid = {
      .positions = floats(count * (channels + 1)), .count = count, .channels = channels,
      .axes = axes,
      .lengths = lengths, .tables = tables, .features = features};
  const size_t width = channels + axes * features, stride = width + below(3);
  const size_t queries = 1 + below(16), size = queries * stride;
  float *scratch = space(pk_position_grid_scratch(&grid));
  const float scale = number(), *rows = floats(size);
  float *averages = space(size), *row_maxima = space(queries), *sums = space(queries);
  const pk_grid_queries asked = {
      .queries = rows, .count = queries, .stride = stride, .scale = scale, .averages = averages,
      .row_maxima = row_maxima, .sums = sums};
  pk_position_averages(&grid, &asked, scratch);
  pk_position_averages_gradient(&grid, &asked, floats(size), scratch, space(size));
}

// What takes no arrays

static void others(void) {
  pk_pause();
  if (!pk_blas_core() || pk_blas_has_threads() < 0) abort();
}

static void (*const all[])(void) = {
    exponentials, reductions, changes, norms,  norm_gradients, gelus,         optimisers,
    dropout,      columns,    products, explanations, tokens, random_numbers, position_scores,
    position_softmax,
    position_reductions, grids,  others,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (count < 2) return 0;
  input = (source){.bytes = bytes + 2, .left = count - 2, .more = (uint32_t)count};
  input.is_wild = bytes[1] & 1;
  all[bytes[0] % (sizeof all / sizeof *all)]();
  while (array_count > 0) free(arrays[--array_count]);
  return 0;
}
