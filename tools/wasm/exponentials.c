/* exp and log of float32, entry by entry. */
#include "exponential.h"

typedef float *out;
typedef const float *in;

#define EACH(name, of)                                                                     \
  __attribute__((export_name(name))) void of##s(in x, out y, int count) {                  \
    int i = 0;                                                                             \
    for (; i + 4 <= count; i += 4) wasm_v128_store(y + i, of(wasm_v128_load(x + i)));      \
    for (; i < count; i++) y[i] = wasm_f32x4_extract_lane(of(wasm_v128_load32_splat(x + i)), 0); \
  }
EACH("exponentials", exp4)
EACH("logarithms", log4)
