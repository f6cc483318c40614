/* float32 arithmetic, sixteen lanes at a time, in the vector types of the compiler (for any processor); sums go lane by
 * lane. */
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "parallel.h"

#define INLINE static inline __attribute__((always_inline))

/** Loops over [from, to) in steps of up to sixteen: a step starts at i and holds n elements. */
#define IN_LANES(from, to) for (Index i = (from), n; (n = (to) - i < kLanes ? (to) - i : kLanes) > 0; i += kLanes)

namespace safe {

constexpr Index kLanes = 16;
typedef float Lanes __attribute__((vector_size(64)));
typedef int32_t Bits __attribute__((vector_size(64)));

INLINE Lanes All(float x) { return x - Lanes{}; }
INLINE Lanes Load(const float* x, Index n, float rest = 0.0f) {
  Lanes lanes = All(rest);
  if (n == kLanes)
    std::memcpy(&lanes, x, sizeof lanes);
  else
    std::memcpy(&lanes, x, static_cast<size_t>(n) * sizeof(float));
  return lanes;
}
INLINE void Store(float* x, Lanes lanes, Index n) {
  if (n == kLanes)
    std::memcpy(x, &lanes, sizeof lanes);
  else
    std::memcpy(x, &lanes, static_cast<size_t>(n) * sizeof(float));
}
/** a in the lanes where the condition holds, b in the others. */
INLINE Lanes Choose(Bits condition, Lanes a, Lanes b) {
  return reinterpret_cast<Lanes>((condition & reinterpret_cast<Bits>(a)) | (~condition & reinterpret_cast<Bits>(b)));
}
INLINE float Sum(Lanes lanes) {
  float sum = 0.0f;
  for (Index j = 0; j < kLanes; j++) sum += lanes[j];
  return sum;
}

/** 2^n for -126 <= n <= 127 */
INLINE Lanes PowerOfTwo(Bits n) { return reinterpret_cast<Lanes>((n + 127) << 23); }

/** e^x within two units in the last place: 0 from -104 down, infinite from 89 up, NaN if x is NaN. */
INLINE Lanes Exp(Lanes x) {
  const Lanes below = Choose(x > All(89.0f), All(89.0f), x);
  const Lanes y = Choose(below < All(-104.0f), All(-104.0f), below);
  // adding 1.5 * 2^23 rounds to a whole number, which is then in the last bits
  const Lanes magic = All(12582912.0f);
  const Lanes shifted = y * 1.44269504f + magic;
  const Lanes whole = shifted - magic;
  const Bits exponent = reinterpret_cast<Bits>(shifted) - reinterpret_cast<Bits>(magic);
  const Lanes r = (y - whole * 0.693359375f) + whole * 2.12194440e-4f;
  Lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // in two halves, since 2^-150 and 2^128 are not representable
  const Bits half = exponent >> 1;
  const Lanes value = p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
  return Choose(x == x, value, x);
}

INLINE Lanes Sigmoid(Lanes x) { return 1.0f / (1.0f + Exp(-x)); }

/** sum of a[i] b[i] */
INLINE float Dot(const float* a, const float* b, Index width) {
  Lanes sum = All(0.0f);
  IN_LANES (0, width) sum += Load(a + i, n) * Load(b + i, n);
  return Sum(sum);
}

/** The largest of x[0..width); NaN is ignored. */
INLINE float Largest(const float* x, Index width) {
  Lanes top = All(-INFINITY);
  IN_LANES (0, width) {
    const Lanes v = Load(x + i, n, -INFINITY);
    top = Choose(v > top, v, top);
  }
  float largest = top[0];
  for (Index j = 1; j < kLanes; j++) largest = top[j] > largest ? top[j] : largest;
  return largest;
}

}  // namespace safe
