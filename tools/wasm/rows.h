/*
 * Sums along rows, four rows at a time: each row is summed from its first entry to its last, as in TensorFlow.js, so the
 * result is the same to the last bit; only different rows are computed in parallel.
 */
#pragma once
#include <wasm_simd128.h>

typedef float *out;
typedef const float *in;

enum { LANES = 4 };

static inline v128_t lanes(float x) { return wasm_f32x4_splat(x); }

/* Columns of a 4 x 4 block whose rows are a, b, c, d. */
#define TRANSPOSE(a, b, c, d)                                                                      \
  const v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7); \
  const v128_t cd0 = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd1 = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7); \
  const v128_t column0 = wasm_i32x4_shuffle(ab0, cd0, 0, 1, 4, 5);                                 \
  const v128_t column1 = wasm_i32x4_shuffle(ab0, cd0, 2, 3, 6, 7);                                 \
  const v128_t column2 = wasm_i32x4_shuffle(ab1, cd1, 0, 1, 4, 5);                                 \
  const v128_t column3 = wasm_i32x4_shuffle(ab1, cd1, 2, 3, 6, 7);

/* sum + the four columns, in order */
static inline v128_t addColumns(v128_t sum, v128_t a, v128_t b, v128_t c, v128_t d) {
  TRANSPOSE(a, b, c, d)
  return wasm_f32x4_add(wasm_f32x4_add(wasm_f32x4_add(wasm_f32x4_add(sum, column0), column1), column2), column3);
}

/*
 * Sums of rows [first, first + 4), where TERM(r, j) is the four terms of row r from column j on, and ONE(r, j) a single one.
 * Reads `width`; the result is `name`.
 */
#define SUM_OF_FOUR(name, TERM, ONE)                                                              \
  v128_t name = lanes(0);                                                                         \
  {                                                                                               \
    int at = 0;                                                                                   \
    for (; at + LANES <= width; at += LANES)                                                      \
      name = addColumns(name, TERM(0, at), TERM(1, at), TERM(2, at), TERM(3, at));                \
    for (; at < width; at++)                                                                      \
      name = wasm_f32x4_add(name, wasm_f32x4_make(ONE(0, at), ONE(1, at), ONE(2, at), ONE(3, at))); \
  }

/* The same for a single row. */
#define SUM_OF_ONE(name, ONE) \
  float name = 0;             \
  for (int at = 0; at < width; at++) name += ONE(0, at);
