// MT19937 (Matsumoto and Nishimura, 1998), and its numbers as torch turns them into floats.

#include "CKernels.h"
#include "dispatch.h"

enum { SIZE = 624, SHIFT = 397 };

void pk_mersenne_seed(pk_mersenne_twister *generator, uint32_t seed) {
  uint32_t *s = generator->state;
  s[0] = seed;
  for (uint32_t i = 1; i < SIZE; i++) s[i] = 1812433253u * (s[i - 1] ^ (s[i - 1] >> 30)) + i;
  generator->used = SIZE;
}

PK_INLINE uint32_t twisted(uint32_t high, uint32_t low, uint32_t far) {
  const uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
  return far ^ (mixed >> 1) ^ ((0u - (low & 1u)) & 0x9908b0dfu);
}

PK_DISPATCHED static void twist(uint32_t *s) {
  for (int i = 0; i < SIZE - SHIFT; i++) s[i] = twisted(s[i], s[i + 1], s[i + SHIFT]);
  for (int i = SIZE - SHIFT; i < SIZE - 1; i++) {
    s[i] = twisted(s[i], s[i + 1], s[i + SHIFT - SIZE]);
  }
  s[SIZE - 1] = twisted(s[SIZE - 1], s[0], s[SHIFT - 1]);
}

PK_INLINE uint32_t tempered(uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint32_t pk_mersenne_next(pk_mersenne_twister *generator) {
  if (generator->used == SIZE) {
    twist(generator->state);
    generator->used = 0;
  }
  return tempered(generator->state[generator->used++]);
}

PK_DISPATCHED void pk_mersenne_uniform(
    pk_mersenne_twister *generator, float *restrict out, size_t count, float low, float width) {
  size_t done = 0;
  while (done < count) {
    if (generator->used == SIZE) {
      twist(generator->state);
      generator->used = 0;
    }
    const size_t ready = SIZE - generator->used;
    const size_t take = count - done < ready ? count - done : ready;
    const uint32_t *s = generator->state + generator->used;
    for (size_t i = 0; i < take; i++) {
      const float unit = (float)(int32_t)(tempered(s[i]) & 0xffffffu) * 0x1p-24f;
      // One rounding, as torch's builds have: their compiler fuses the product with the sum.
      out[done + i] = __builtin_fmaf(unit, width, low);
    }
    generator->used += (uint32_t)take;
    done += take;
  }
}
