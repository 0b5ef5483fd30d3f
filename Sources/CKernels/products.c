// Products too small to be worth a call to BLAS, summed in double.

#include "CKernels.h"
#include "dispatch.h"

PK_DISPATCHED void pk_small_product(
    const float *restrict a, size_t a_stride, const float *restrict b, size_t b_inner,
    size_t b_column, size_t rows, size_t columns, size_t inner, float beta, float *restrict out,
    size_t out_stride) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) {
      double sum = 0;
      for (size_t i = 0; i < inner; i++) {
        sum += (double)a[row * a_stride + i] * (double)b[i * b_inner + column * b_column];
      }
      float *target = out + row * out_stride + column;
      *target = (float)(beta == 0 ? sum : sum + (double)beta * (double)*target);
    }
  }
}
