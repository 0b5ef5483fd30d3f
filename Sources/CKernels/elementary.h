// exp and erf for one float without branches, so that loops over them vectorise.
#ifndef PK_ELEMENTARY_H
#define PK_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

#include "dispatch.h"

PK_INLINE float pk_power_of_two(int32_t exponent) {
  const uint32_t bits = (uint32_t)(exponent + 127) << 23;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

// exp(x) = 2^n exp(r), |r| <= ln2/2; ln2 is split so that n ln2 is exact in its high part, and
// exp(r) is its Taylor polynomial of degree 7 (remainder below 6e-9 there).
// 2^n is applied in two halves: n reaches 128, which one float exponent cannot hold.
PK_INLINE float pk_exp(float x) {
  // NaN fails both comparisons and so becomes the lower bound: converting it would be undefined.
  const float clamped = x > 88.8f ? 88.8f : (x > -87.3f ? x : -87.3f);
  // Adding and taking away 1.5 * 2^23 rounds to the nearest integer.
  const float magic = 12582912.0f;
  const float n = (clamped * 1.44269504f + magic) - magic;
  const float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.98412698e-4f;
  p = p * r + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const int32_t whole = (int32_t)n;
  const int32_t half = whole >> 1;
  const float result = p * pk_power_of_two(half) * pk_power_of_two(whole - half);
  return x < -87.3f ? 0.0f : (x == x ? result : x);
}

// erf(x) = x P(x^2) / Q(x^2) on [-4, 4], where erf reaches 1 in float.
PK_INLINE float pk_erf(float x) {
  const float c = x < -4.0f ? -4.0f : (x > 4.0f ? 4.0f : x);
  const float s = c * c;
  float p = -2.72614225801306e-10f;
  p = p * s + 2.77068142495902e-08f;
  p = p * s + -2.10102402082508e-06f;
  p = p * s + -5.69250639462346e-05f;
  p = p * s + -7.34990630326855e-04f;
  p = p * s + -2.95459980854025e-03f;
  p = p * s + -1.60960333262415e-02f;
  float q = -1.45660718464996e-05f;
  q = q * s + -2.13374055278905e-04f;
  q = q * s + -1.68282697438203e-03f;
  q = q * s + -7.37332916720468e-03f;
  q = q * s + -1.42647390514189e-02f;
  const float result = c * p / q;
  return x == x ? result : x;
}

#endif
