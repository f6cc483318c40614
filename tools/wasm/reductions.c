/* Sums over the last axis and over the first; rows.h describes their order. */
#include "rows.h"

/* x [rows][width] -> y [rows]; each sum is divided by `divisor`, which is 1 for a plain sum. */
__attribute__((export_name("sumRows"))) void sumRows(in x, out y, int rows, int width, float divisor) {
  int i = 0;
  for (; i + 2 * LANES <= rows; i += 2 * LANES, x += 2 * LANES * width) {
    v128_t low = lanes(0), high = lanes(0);
    int j = 0;
    for (; j + LANES <= width; j += LANES) {
      low = addColumns(low, wasm_v128_load(x + j), wasm_v128_load(x + width + j), wasm_v128_load(x + 2 * width + j),
                       wasm_v128_load(x + 3 * width + j));
      high = addColumns(high, wasm_v128_load(x + 4 * width + j), wasm_v128_load(x + 5 * width + j),
                        wasm_v128_load(x + 6 * width + j), wasm_v128_load(x + 7 * width + j));
    }
    for (; j < width; j++) {
      low = wasm_f32x4_add(low, wasm_f32x4_make(x[j], x[width + j], x[2 * width + j], x[3 * width + j]));
      high = wasm_f32x4_add(high, wasm_f32x4_make(x[4 * width + j], x[5 * width + j], x[6 * width + j], x[7 * width + j]));
    }
    wasm_v128_store(y + i, wasm_f32x4_div(low, lanes(divisor)));
    wasm_v128_store(y + i + LANES, wasm_f32x4_div(high, lanes(divisor)));
  }
  for (; i < rows; i++, x += width) {
    float sum = 0;
    for (int j = 0; j < width; j++) sum += x[j];
    y[i] = sum / divisor;
  }
}

/* x [outer][rows][width] -> y [outer][width], summed over the middle from first to last. */
__attribute__((export_name("sumColumns"))) void sumColumns(in x, out y, int outer, int rows, int width, float divisor) {
  for (int o = 0; o < outer; o++, x += rows * width, y += width) {
    int j = 0;
    for (; j + 4 * LANES <= width; j += 4 * LANES) {
      v128_t s0 = lanes(0), s1 = s0, s2 = s0, s3 = s0;
      in from = x + j;
      for (int i = 0; i < rows; i++, from += width) {
        s0 = wasm_f32x4_add(s0, wasm_v128_load(from));
        s1 = wasm_f32x4_add(s1, wasm_v128_load(from + LANES));
        s2 = wasm_f32x4_add(s2, wasm_v128_load(from + 2 * LANES));
        s3 = wasm_f32x4_add(s3, wasm_v128_load(from + 3 * LANES));
      }
      wasm_v128_store(y + j, wasm_f32x4_div(s0, lanes(divisor)));
      wasm_v128_store(y + j + LANES, wasm_f32x4_div(s1, lanes(divisor)));
      wasm_v128_store(y + j + 2 * LANES, wasm_f32x4_div(s2, lanes(divisor)));
      wasm_v128_store(y + j + 3 * LANES, wasm_f32x4_div(s3, lanes(divisor)));
    }
    for (; j < width; j++) {
      float sum = 0;
      in from = x + j;
      for (int i = 0; i < rows; i++, from += width) sum += *from;
      y[j] = sum / divisor;
    }
  }
}
