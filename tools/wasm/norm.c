/*
 * Root-mean-square normalisation over rows, forward and backward. Every operation is in the order of the TensorFlow.js
 * kernels that it replaces (fused/rmsNorm.ts), so the results are the same to the last bit.
 */
#include "rows.h"

#define AT(x, r, j) wasm_v128_load(x + (r) * width + (j))

/* y[i] = (x[i] s) g[i] */
static inline void normalised(in x, in gain, float scale, out y, int width) {
  const v128_t s = lanes(scale);
  int j = 0;
  for (; j + LANES <= width; j += LANES)
    wasm_v128_store(y + j, wasm_f32x4_mul(wasm_f32x4_mul(wasm_v128_load(x + j), s), wasm_v128_load(gain + j)));
  for (; j < width; j++) y[j] = x[j] * scale * gain[j];
}

/* scale[r] = 1 / sqrt(mean(x^2) + epsilon), y = x scale gain; x and y are [rows][width]. */
__attribute__((export_name("rmsNorm"))) void rmsNorm(in x, in gain, out y, out scale, int rows, int width, float epsilon) {
  const float n = width;
  int i = 0;
#define SQUARE(r, j) wasm_f32x4_mul(AT(x, r, j), AT(x, r, j))
#define SQUARE_ONE(r, j) (x[(r) * width + (j)] * x[(r) * width + (j)])
  for (; i + LANES <= rows; i += LANES, x += LANES * width, y += LANES * width) {
    SUM_OF_FOUR(sums, SQUARE, SQUARE_ONE)
    const v128_t shifted = wasm_f32x4_add(wasm_f32x4_div(sums, lanes(n)), lanes(epsilon));
    const v128_t s = wasm_f32x4_div(lanes(1), wasm_f32x4_sqrt(shifted));
    wasm_v128_store(scale + i, s);
    normalised(x, gain, wasm_f32x4_extract_lane(s, 0), y, width);
    normalised(x + width, gain, wasm_f32x4_extract_lane(s, 1), y + width, width);
    normalised(x + 2 * width, gain, wasm_f32x4_extract_lane(s, 2), y + 2 * width, width);
    normalised(x + 3 * width, gain, wasm_f32x4_extract_lane(s, 3), y + 3 * width, width);
  }
  for (; i < rows; i++, x += width, y += width) {
    SUM_OF_ONE(sum, SQUARE_ONE)
    scale[i] = 1 / __builtin_sqrtf(sum / n + epsilon);
    normalised(x, gain, scale[i], y, width);
  }
}

/* y recomputed from its scale. */
__attribute__((export_name("scaleRows"))) void scaleRows(in x, in scale, in gain, out y, int rows, int width) {
  for (int i = 0; i < rows; i++) normalised(x + i * width, gain, scale[i], y + i * width, width);
}

/* dx = ((dy g) s - x inner) (s / s) */
static inline void unnormalised(in dy, in x, in gain, float scale, float inner, out dx, int width) {
  const float one = scale / scale;
  const v128_t s = lanes(scale), m = lanes(inner), ones = lanes(one);
  int j = 0;
  for (; j + LANES <= width; j += LANES) {
    const v128_t gdy = wasm_f32x4_mul(wasm_v128_load(dy + j), wasm_v128_load(gain + j));
    const v128_t d = wasm_f32x4_sub(wasm_f32x4_mul(gdy, s), wasm_f32x4_mul(wasm_v128_load(x + j), m));
    wasm_v128_store(dx + j, wasm_f32x4_mul(d, ones));
  }
  for (; j < width; j++) dx[j] = (dy[j] * gain[j] * scale - x[j] * inner) * one;
}

/* inner = mean(dy g x) s^3 */
__attribute__((export_name("rmsNormPullback"))) void rmsNormPullback(in dy, in x, in scale, in gain, out dx, int rows,
                                                                     int width) {
  const float n = width;
  int i = 0;
#define GDYX(r, j) wasm_f32x4_mul(wasm_f32x4_mul(AT(dy, r, j), wasm_v128_load(gain + (j))), AT(x, r, j))
#define GDYX_ONE(r, j) (dy[(r) * width + (j)] * gain[j] * x[(r) * width + (j)])
  for (; i + LANES <= rows; i += LANES, dy += LANES * width, x += LANES * width, dx += LANES * width) {
    SUM_OF_FOUR(sums, GDYX, GDYX_ONE)
    const v128_t s = wasm_v128_load(scale + i);
    const v128_t inner = wasm_f32x4_mul(wasm_f32x4_div(sums, lanes(n)), wasm_f32x4_mul(s, wasm_f32x4_mul(s, s)));
    unnormalised(dy, x, gain, scale[i], wasm_f32x4_extract_lane(inner, 0), dx, width);
    unnormalised(dy + width, x + width, gain, scale[i + 1], wasm_f32x4_extract_lane(inner, 1), dx + width, width);
    unnormalised(dy + 2 * width, x + 2 * width, gain, scale[i + 2], wasm_f32x4_extract_lane(inner, 2), dx + 2 * width,
                 width);
    unnormalised(dy + 3 * width, x + 3 * width, gain, scale[i + 3], wasm_f32x4_extract_lane(inner, 3), dx + 3 * width,
                 width);
  }
  for (; i < rows; i++, dy += width, x += width, dx += width) {
    SUM_OF_ONE(sum, GDYX_ONE)
    const float s = scale[i];
    unnormalised(dy, x, gain, s, sum / n * (s * (s * s)), dx, width);
  }
}
