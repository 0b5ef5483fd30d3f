// OpenBLAS's C interface: matrix products, and the number of its threads. MatrixProduct.swift alone
// calls it.
#include <cblas.h>
