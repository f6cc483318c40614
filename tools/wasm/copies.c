/*
 * Blocks of four-byte elements copied from one layout to another: slices, splits, concatenations, tiles, swapped axes, gathered
 * rows, and the sum of rows by segment (the gradient of gathering). TensorFlow.js does this element by element or in JavaScript.
 */
#include <wasm_simd128.h>

typedef float *out;
typedef const float *in;

static inline void copy(in from, out to, int floats) {
  int i = 0;
  for (; i + 4 <= floats; i += 4) wasm_v128_store(to + i, wasm_v128_load(from + i));
  for (; i < floats; i++) to[i] = from[i];
}

/* Copies `count` blocks of `floats` that are `fromStride` apart to places that are `toStride` apart. */
__attribute__((export_name("copyBlocks"))) void copyBlocks(in from, int fromStride, out to, int toStride, int floats,
                                                           int count) {
  for (int i = 0; i < count; i++) copy(from + i * fromStride, to + i * toStride, floats);
}

/* [outer][a][b][floats] -> [outer][b][a][floats] */
__attribute__((export_name("swapBlocks"))) void swapBlocks(in from, out to, int outer, int a, int b, int floats) {
  for (int o = 0; o < outer; o++, from += a * b * floats)
    for (int j = 0; j < b; j++)
      for (int i = 0; i < a; i++, to += floats) copy(from + (i * b + j) * floats, to, floats);
}

/*
 * For each of `outer` groups of `size` blocks, the blocks that `indices` name.
 * Returns the position of the first index that is out of range, for which nothing is read, or -1.
 */
__attribute__((export_name("gatherBlocks"))) int gatherBlocks(in from, const int *indices, int count, out to, int outer,
                                                              int size, int floats) {
  for (int i = 0; i < count; i++)
    if (indices[i] < 0 || indices[i] >= size) return i;
  for (int o = 0; o < outer; o++)
    for (int i = 0; i < count; i++)
      copy(from + (o * size + indices[i]) * floats, to + (o * count + i) * floats, floats);
  return -1;
}

/* to[segments[i]] += from[i], rows of `floats`; `to` holds `size` rows and is cleared first; other segments are ignored. */
__attribute__((export_name("sumSegments"))) void sumSegments(in from, const int *segments, int count, out to, int size,
                                                             int floats) {
  for (int i = 0; i < size * floats; i++) to[i] = 0;
  for (int i = 0; i < count; i++) {
    if (segments[i] < 0 || segments[i] >= size) continue;
    in row = from + i * floats;
    out sum = to + segments[i] * floats;
    int j = 0;
    for (; j + 4 <= floats; j += 4)
      wasm_v128_store(sum + j, wasm_f32x4_add(wasm_v128_load(sum + j), wasm_v128_load(row + j)));
    for (; j < floats; j++) sum[j] += row[j];
  }
}
