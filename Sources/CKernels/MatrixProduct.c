// Products too small to be worth a call to BLAS, summed in double.

#include "CKernels.h"
#include "dispatch.h"

PK_DISPATCHED void pk_small_product(
    const pk_product *product, float beta, float *restrict out, size_t out_stride) {
  const pk_product p = *product;
  for (size_t row = 0; row < p.rows; row++) {
    for (size_t column = 0; column < p.columns; column++) {
      const float *restrict a = p.a + row * p.a_stride, *restrict b = p.b + column * p.b_column;
      double sum = 0;
      for (size_t i = 0; i < p.inner; i++) sum += (double)a[i] * (double)b[i * p.b_inner];
      float *target = out + row * out_stride + column;
      *target = (float)(beta == 0 ? sum : sum + (double)beta * (double)*target);
    }
  }
}
