/*
 * exp and log of four float32: the range reduction and polynomials of Cephes (S. L. Moshier, 1989; expf.c, logf.c), within
 * 2 units in the last place. Infinities, zeros, denormals and NaN are those of the C functions.
 */
#pragma once
#include <wasm_simd128.h>

static inline v128_t all(float x) { return wasm_f32x4_splat(x); }
static inline v128_t fold(v128_t sum, v128_t x, float c) {
  return wasm_f32x4_add(wasm_f32x4_mul(sum, x), all(c));
}
/* 2^n for n in [-126, 127] */
static inline v128_t power(v128_t n) { return wasm_i32x4_shl(wasm_i32x4_add(n, wasm_i32x4_splat(127)), 23); }

static inline v128_t exp4(v128_t x) {
  const v128_t bounded = wasm_f32x4_min(wasm_f32x4_max(x, all(-104.0f)), all(89.0f));
  const v128_t n = wasm_f32x4_nearest(wasm_f32x4_mul(bounded, all(1.44269504088896341f)));
  const v128_t r = wasm_f32x4_sub(wasm_f32x4_sub(bounded, wasm_f32x4_mul(n, all(0.693359375f))),
                                  wasm_f32x4_mul(n, all(-2.12194440e-4f)));
  v128_t y = all(1.9875691500e-4f);
  y = fold(y, r, 1.3981999507e-3f);
  y = fold(y, r, 8.3334519073e-3f);
  y = fold(y, r, 4.1665795894e-2f);
  y = fold(y, r, 1.6666665459e-1f);
  y = fold(y, r, 5.0000001201e-1f);
  y = wasm_f32x4_add(wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_mul(y, r), r), r), all(1.0f));
  /* In two steps: 2^128 and 2^-149 can be results, but not factors. */
  const v128_t e = wasm_i32x4_trunc_sat_f32x4(n), half = wasm_i32x4_shr(e, 1);
  return wasm_f32x4_mul(wasm_f32x4_mul(y, power(half)), power(wasm_i32x4_sub(e, half)));
}

static inline v128_t log4(v128_t x) {
  const v128_t tiny = wasm_f32x4_lt(x, all(1.17549435e-38f));
  const v128_t normal = wasm_v128_bitselect(wasm_f32x4_mul(x, all(33554432.0f)), x, tiny);
  v128_t e = wasm_i32x4_sub(wasm_u32x4_shr(normal, 23), wasm_i32x4_splat(126));
  e = wasm_i32x4_sub(e, wasm_v128_and(tiny, wasm_i32x4_splat(25)));
  /* The mantissa in [0.5, 1), then in [sqrt(0.5), sqrt(2)). */
  v128_t m = wasm_v128_or(wasm_v128_and(normal, wasm_i32x4_splat(0x007fffff)), wasm_i32x4_splat(0x3f000000));
  const v128_t low = wasm_f32x4_lt(m, all(0.707106781186547524f));
  e = wasm_i32x4_add(e, low); /* -1 where low */
  m = wasm_f32x4_sub(wasm_f32x4_add(m, wasm_v128_and(low, m)), all(1.0f));
  const v128_t n = wasm_f32x4_convert_i32x4(e), z = wasm_f32x4_mul(m, m);
  v128_t y = all(7.0376836292e-2f);
  y = fold(y, m, -1.1514610310e-1f);
  y = fold(y, m, 1.1676998740e-1f);
  y = fold(y, m, -1.2420140846e-1f);
  y = fold(y, m, 1.4249322787e-1f);
  y = fold(y, m, -1.6668057665e-1f);
  y = fold(y, m, 2.0000714765e-1f);
  y = fold(y, m, -2.4999993993e-1f);
  y = fold(y, m, 3.3333331174e-1f);
  y = wasm_f32x4_mul(wasm_f32x4_mul(y, m), z);
  y = wasm_f32x4_add(y, wasm_f32x4_mul(n, all(-2.12194440e-4f)));
  y = wasm_f32x4_sub(y, wasm_f32x4_mul(z, all(0.5f)));
  y = wasm_f32x4_add(wasm_f32x4_add(m, y), wasm_f32x4_mul(n, all(0.693359375f)));
  const v128_t infinity = all(__builtin_inff());
  y = wasm_v128_bitselect(x, y, wasm_v128_or(wasm_f32x4_eq(x, infinity), wasm_f32x4_ne(x, x)));
  y = wasm_v128_bitselect(all(-__builtin_inff()), y, wasm_f32x4_eq(x, all(0.0f)));
  return wasm_v128_bitselect(all(__builtin_nanf("")), y, wasm_f32x4_lt(x, all(0.0f)));
}
