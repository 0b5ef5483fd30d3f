// Inner loops over float32 that a compiler vectorises, each built for several processors and
// chosen when the program is loaded. Pointers never overlap unless a parameter says "in place".
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Threads

/// Tells the processor that a thread only looks whether something has changed.
static inline void pk_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

// Gradients stand beside what they are of: dy is the gradient of what was computed, dx and its like
// that of what it was from.

// Runs of floats

/// Multiplies x[i] by factor in place.
void pk_scale(float *x, size_t count, float factor);

/// y[i] += a * x[i].
void pk_add_scaled(float *y, const float *x, float a, size_t count);

/// y[i] = max(y[i], x[i]).
void pk_raise_to(float *y, const float *x, size_t count);

/// The sum of x[0..<count] in sixteen lanes of float, then in double.
double pk_sum(const float *x, size_t count);

/// The sum of x[i] * y[i], in double.
double pk_dot(const float *x, const float *y, size_t count);

/// Adds every column of [rows, columns] to sums[columns].
void pk_add_column_sums(
    const float *x, size_t rows, size_t columns, size_t stride, double *sums);

// Softmax

/// Replaces x[i] by exp(x[i] - shift) in place and returns their sum. Relative error of an
/// exponential: below 2e-7; results below 1.2e-38 are 0, so that a masked score gives exactly 0.
float pk_exp_shifted(float *x, size_t count, float shift);

/// The largest of x[0..<count], or -infinity if there is none. NaN is passed over.
float pk_maximum(const float *x, size_t count);

/// From the gradients of a softmax's weights to those of its scores, in place; mean is the sum of
/// weights times their gradients, a double since what gradients have in common is taken away.
void pk_softmax_gradient(const float *weights, float *gradients, double mean, size_t count);

// Softmax over rows (queries) of a [rows, columns] block with a row stride

/// Replaces every column of a block by its softmax, in place; writes each column's
/// log-sum-exp to log_sums[columns].
void pk_softmax_columns(
    float *block, size_t rows, size_t columns, size_t stride, float *log_sums);

/// As pk_softmax_gradient down every column of a block, each with a mean of its own.
void pk_softmax_columns_gradient(
    const float *weights, float *gradients, size_t rows, size_t columns, size_t stride);

// Positions: tokens that are data and one table row for each axis, all times the token's scale

/// A run of neighbouring positions along the last axis. Loops read sixteen floats at a time, so
/// what is behind these pointers must have fifteen more that are finite.
typedef struct {
  /// A factor for each position.
  const float *scale;
  /// Each channel's values times the position's scale, channels `plane_stride` apart.
  const float *data;
  size_t plane_stride, channels;
  /// What is added to each score, 0 or -infinity; NULL where nothing is masked.
  const float *mask;
  /// [channels + 1]: what no size of a channel's values and no scale exceeds; NULL if not known.
  const float *limits;
  size_t count;
} pk_position_run;

/// Queries that read runs together, and what they have summed. Rows are padded to `stride`, a
/// multiple of sixteen that is at least the run's count.
typedef struct {
  size_t queries, stride, row_stride;
  /// [queries][channels], for the data.
  const float *weights;
  /// [queries][stride]: scores of the last axis's table; padding must be finite.
  const float *tables;
  /// [queries]: each table row's largest entry. Where it and the run's limits say that no score is
  /// far above the row maximum, none is looked for. NULL if not known.
  const float *table_maxima;
  /// [queries]: the sum of the other axes' scores in this row.
  const float *shifts;
  /// [queries][stride]: weights times scale, summed over rows; the recent rows' and all before.
  float *marginals, *settled_marginals;
  /// [queries][channels + 1][16]: weights, then weights times data; recent and all before.
  float *sums, *settled_sums;
  /// [queries]: what scores are compared with; -infinity before the first row.
  float *row_maxima;
  /// [queries][row_stride]: weights times scale, summed along each row.
  float *row_totals;
  /// [stride], to work in.
  float *scores;
} pk_position_tile;

/// Writes one query's scores of a run, padded with -infinity to a multiple of sixteen, and returns
/// the largest.
float pk_position_scores(
    const pk_position_run *run, const float *weights, const float *table, float shift, float *out);

/// Adds 2^(score - row maximum) of one row's positions to every query's sums (weights and tables
/// are those of scores in units of ln 2); a row maximum moves where a score is far above it. A
/// query whose scores are NaN has sums of 0.
void pk_position_softmax_row(const pk_position_run *run, const pk_position_tile *tile, size_t row);

/// Adds given weights of a run (fifteen more are read, and taken for 0) to one query's marginals
/// and sums, and returns the sum of weights times scale.
float pk_position_weighted_sums(
    const pk_position_run *run, const float *weights, float *marginals, float *sums);

/// Queries whose scores or weights of a run become one number for each position.
typedef struct {
  size_t queries, stride;
  /// [queries][channels], for the data.
  const float *weights;
  /// [queries][stride]: scores of the last axis's table; padding must be finite.
  const float *tables;
  /// [queries]: the sum of the other axes' scores in this row.
  const float *shifts;
  /// [queries]: what is added to scores: where they become weights, less the row maximum.
  const float *offsets;
  /// [queries]: what a weight 2^(score + offset) is multiplied by; NULL where scores stay scores.
  const float *factors;
} pk_position_queries;

/// Writes for each position the sum over queries of scores or weights: [count], padded to a
/// multiple of PK_POSITION_BLOCK.
void pk_position_sum_of_queries(
    const pk_position_run *run, const pk_position_queries *queries, float *out);

/// The same of the largest.
void pk_position_largest_of_queries(
    const pk_position_run *run, const pk_position_queries *queries, float *out);

/// Writes for each position the sum over queries of a weight of `asked`, whose scores have factors,
/// times what stands beside it, a score of `beside` and its offset: [count], padded to a multiple of
/// sixteen. A weight of 0 adds nothing.
void pk_position_products(
    const pk_position_run *run, const pk_position_queries *asked, const pk_position_queries *beside,
    float *out);

/// The same of parts that are not below 0.
void pk_position_positive_products(
    const pk_position_run *run, const pk_position_queries *asked, const pk_position_queries *beside,
    float *out);

/// What gradients of positions' data are made from, where all are read.
typedef struct {
  /// The weights P are 2^(score + offset) times the factor, scores in units of ln 2.
  const pk_position_queries *asked;
  /// Scores are products of the averages' gradients with tokens: dP.
  const pk_position_queries *beside;
  /// [queries]: the sum of P dP over positions.
  const float *means;
} pk_position_slopes;

/// Writes for each position, with dS = P (dP - mean) and S the score in units of 1, the sums over
/// queries of P × weight of `beside` + dS × weight of `asked` for each channel, then of P dP + dS S:
/// [channels + 1][stride], padded to a multiple of sixteen.
void pk_position_data_slopes(
    const pk_position_run *run, const pk_position_slopes *slopes, float *out, size_t stride);

/// Positions that the two functions above take at once.
enum { PK_POSITION_BLOCK = 64 };

/// A row of tokens before they are standardised: data, and what their features sum up to.
typedef struct {
  /// [count][channels].
  const float *data;
  size_t channels, count;
  /// [count]: sums of the last axis's features at each position, and of their squares.
  const double *sums, *squares;
  /// The same of the other axes, alike for the whole row.
  double row_sum, row_square;
  /// The floats of a token.
  double width;
  double epsilon;
} pk_position_row;

/// Writes a row's scales [count], 1 over the root of the token's variance plus epsilon, its data
/// planes, `plane_stride` apart, and limits [channels + 1] as a run has them; NaN is passed over.
void pk_position_row_planes(
    const pk_position_row *row, float *scale, float *planes, size_t plane_stride, float *limits);

/// Moves what was summed recently to what was summed before, so that sums stay short.
void pk_position_settle(const pk_position_tile *tile, size_t channels);

// Attention of a batch to positions, with gradients

/// The positions of one item: tokens that are data and one table row for each axis, standardised.
typedef struct {
  /// [count][channels + 1]: a token's scale, then its data times scale.
  const float *positions;
  size_t count, channels;
  /// Positions are a grid whose last axis runs fastest.
  size_t axes;
  const size_t *lengths;
  /// For each axis [length][features].
  const float *const *tables;
  size_t features;
} pk_position_grid;

/// Floats to work in that the two functions below need.
size_t pk_position_grid_scratch(const pk_position_grid *grid);

/// At most sixteen queries of a grid, and their softmaxes: weight = 2^(score / ln 2 - row maximum)
/// / sum.
typedef struct {
  /// [count][stride]: the first columns, as many as a token has, meet the standardised tokens.
  const float *queries;
  size_t count, stride;
  /// What scores are multiplied by.
  float scale;
  /// [count][stride]: what the weights average; what is behind a token's columns is 1.
  float *averages;
  /// [count].
  float *row_maxima, *sums;
} pk_grid_queries;

/// Writes averages, row maxima and sums of queries.
void pk_position_averages(const pk_position_grid *grid, const pk_grid_queries *queries,
    float *scratch);

/// Writes the queries' gradients from those of their averages, both [count][stride]; averages,
/// row maxima and sums are read.
void pk_position_averages_gradient(
    const pk_position_grid *grid, const pk_grid_queries *queries, const float *gradient,
    float *scratch, float *dqueries);

// Norms of a row

/// A row of a norm, and where its gradients go; all [count].
typedef struct {
  const float *x, *gain, *dy;
  /// Written.
  float *dx;
  /// Added to, in double; `dbias` by pk_layer_norm_gradient alone.
  double *dgain, *dbias;
  size_t count;
} pk_norm_row;

/// Normalises a row to mean 0 and variance 1 (with epsilon), times gain plus bias.
void pk_layer_norm(
    const float *x, const float *gain, const float *bias, float *out, size_t count, float epsilon);

/// Of pk_layer_norm.
void pk_layer_norm_gradient(const pk_norm_row *row, float epsilon);

/// Divides a row by its root mean square (with epsilon under the root), times gain.
void pk_rms_norm(const float *x, const float *gain, float *out, size_t count, float epsilon);

/// Of x * scale * gain, where scale is one over the row's root mean square, or with `follows` 0
/// a constant.
void pk_scaled_norm_gradient(const pk_norm_row *row, float scale, int follows);

/// Takes a row's mean away from it, in double.
void pk_take_away_mean(float *x, size_t count);

// Gated GELU and dropout

/// out[i] = x[i] * gelu(gates[i]) with the exact (erf) GELU; error below 1e-6 relative to |gates|.
void pk_gated_gelu(const float *x, const float *gates, float *out, size_t count);

/// Of pk_gated_gelu: writes dx and dgates.
void pk_gated_gelu_gradient(
    const float *x, const float *gates, const float *dout, float *dx, float *dgates,
    size_t count);

/// Dropout: element `first + i` of a stream of random numbers decides whether x[i] becomes 0 (it
/// is below threshold) or is multiplied by scale, in place. The same key and number decide alike.
void pk_drop(
    float *x, size_t count, uint64_t key, uint64_t first, uint32_t threshold, float scale);

// Tokens

/// A token before it is standardised: data, then one table row for each axis.
typedef struct {
  /// [channels].
  const float *data;
  size_t channels;
  /// [axes][features].
  const float *const *rows;
  size_t axes, features;
} pk_token;

/// Writes one standardised token, minus mean and times scale: [channels + axes * features].
void pk_standardised_token(const pk_token *token, double mean, double scale, float *out);

// Small products

/// A product of two matrices: [rows][inner] times [inner][columns].
typedef struct {
  size_t rows, columns, inner;
  /// Element i of row r stands at a[r * a_stride + i].
  const float *a;
  size_t a_stride;
  /// Element i of column c stands at b[i * b_inner + c * b_column].
  const float *b;
  size_t b_inner, b_column;
} pk_product;

/// out[r][c] = sum over i of a[r][i] * b[i][c], plus beta * out[r][c], summed in double; rows of
/// out are `out_stride` apart.
void pk_small_product(const pk_product *product, float beta, float *out, size_t out_stride);

// Explanations: what one row of an attention adds to a map. A weight of 0 adds nothing.

/// out[i] += factor * weights[i] * (products[i] + shift).
void pk_add_products(
    float *out, const float *weights, const float *products, size_t count, float shift,
    float factor);

/// The same where it is positive; factor is not negative.
void pk_add_positive_products(
    float *out, const float *weights, const float *products, size_t count, float shift,
    float factor);

/// out[i] += share * (products[i] + shift), share = w / (1 - w) of what is read (1 - w at least
/// 1e-3), w / (1 + w) of what is not (reads[i] is 0).
void pk_add_toggles(
    float *out, const float *weights, const float *products, const float *reads, size_t count,
    float shift);

// Optimisers: a gradient counts times `factor`

/// Constants of one step: `fresh` is 1 - beta, rounded once, corrections are 1 - beta1^t and the
/// root of 1 - beta2^t.
typedef struct {
  float beta2, fresh1, fresh2, epsilon, mean_correction, square_correction;
  /// What gradients count times, the learning rate, and the weight decay.
  float factor, rate, decay;
} pk_optimiser_step;

/// A run of parameters in a step; all [count].
typedef struct {
  /// What is read: the gradient by pk_adamw, the parameters by pk_lamb_direction.
  const float *read;
  /// What changes in place: the parameters by pk_adamw, the gradient by pk_lamb_direction.
  float *changed;
  /// The running means of gradients and of their squares, which change in place.
  float *mean, *square;
  size_t count;
} pk_optimiser_run;

/// One step of AdamW.
void pk_adamw(const pk_optimiser_run *run, const pk_optimiser_step *step);

/// The direction of one step of LAMB, written over the gradient.
void pk_lamb_direction(const pk_optimiser_run *run, const pk_optimiser_step *step);

// Random numbers

/// The state of a 32-bit Mersenne Twister (MT19937).
typedef struct {
  uint32_t state[624];
  uint32_t used;
} pk_mersenne_twister;

/// Seeds as `init_genrand` does.
void pk_mersenne_seed(pk_mersenne_twister *generator, uint32_t seed);

/// The next 32 random bits.
uint32_t pk_mersenne_next(pk_mersenne_twister *generator);

/// Fills out with uniform numbers in [low, low + width): 24 bits each, times width, plus low.
void pk_mersenne_uniform(
    pk_mersenne_twister *generator, float *out, size_t count, float low, float width);

// OpenBLAS

/// The name of OpenBLAS's kernels that run, such as SkylakeX; empty where it does not say.
const char *pk_blas_core(void);

/// Whether OpenBLAS has threads of its own.
int pk_blas_has_threads(void);

#endif
