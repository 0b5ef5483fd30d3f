// OpenBLAS's C interface: matrix products, and the number of its threads. Called from MatrixProduct.swift only.
#include <cblas.h>
