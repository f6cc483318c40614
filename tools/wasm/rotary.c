/* Rotary position embedding: pair (i, i + half) of each head is rotated by its position's angle, or back. */
#include <wasm_simd128.h>

typedef float *out;
typedef const float *in;

static inline void rotatePairs(in x, in cosines, in sines, out y, int half, int back) {
  int i = 0;
  for (; i + 4 <= half; i += 4) {
    const v128_t first = wasm_v128_load(x + i), second = wasm_v128_load(x + half + i);
    const v128_t cos = wasm_v128_load(cosines + i), sin = wasm_v128_load(sines + i);
    const v128_t a = wasm_f32x4_mul(second, sin), b = wasm_f32x4_mul(first, sin);
    const v128_t c = wasm_f32x4_mul(first, cos), d = wasm_f32x4_mul(second, cos);
    wasm_v128_store(y + i, back ? wasm_f32x4_add(c, a) : wasm_f32x4_sub(c, a));
    wasm_v128_store(y + half + i, back ? wasm_f32x4_sub(d, b) : wasm_f32x4_add(d, b));
  }
  for (; i < half; i++) {
    const float first = x[i], second = x[half + i], cos = cosines[i], sin = sines[i];
    const float a = second * sin, b = first * sin, c = first * cos, d = second * cos;
    y[i] = back ? c + a : c - a;
    y[half + i] = back ? d - b : d + b;
  }
}

/* x, y [rows][length][heads][2 half]; the tables [1 or rows][length][half], `rowStride` floats from row to row. */
__attribute__((export_name("rotate"))) void rotate(in x, in cosines, in sines, int rowStride, out y, int rows, int length,
                                                   int heads, int half, int back) {
  for (int r = 0; r < rows; r++)
    for (int t = 0; t < length; t++) {
      in cos = cosines + r * rowStride + t * half, sin = sines + r * rowStride + t * half;
      for (int h = 0; h < heads; h++, x += 2 * half, y += 2 * half) rotatePairs(x, cos, sin, y, half, back);
    }
}
