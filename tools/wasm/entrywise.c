/*
 * a + b, a - b, a b, a / b in float32, with broadcasting. The caller merges adjacent axes, so that three outer axes are enough;
 * a stride of 0 repeats. TensorFlow.js's kernels take 1 ns and more per entry if the innermost axis is short.
 */
#include <wasm_simd128.h>

typedef float *out;
typedef const float *in;

/* Entries of the innermost axis; stepA and stepB are 1, or 0 for an operand that is repeated. */
#define LINE(name, vector, scalar)                                                                        \
  static inline void name(in a, int stepA, in b, int stepB, out y, int n) {                               \
    int i = 0;                                                                                            \
    if (stepA && stepB) {                                                                                 \
      for (; i + 4 <= n; i += 4) wasm_v128_store(y + i, vector(wasm_v128_load(a + i), wasm_v128_load(b + i))); \
      for (; i < n; i++) y[i] = a[i] scalar b[i];                                                         \
    } else if (stepA) {                                                                                   \
      const v128_t all = wasm_v128_load32_splat(b);                                                       \
      for (; i + 4 <= n; i += 4) wasm_v128_store(y + i, vector(wasm_v128_load(a + i), all));              \
      for (; i < n; i++) y[i] = a[i] scalar *b;                                                           \
    } else {                                                                                              \
      const v128_t all = wasm_v128_load32_splat(a);                                                       \
      for (; i + 4 <= n; i += 4) wasm_v128_store(y + i, vector(all, wasm_v128_load(b + i)));              \
      for (; i < n; i++) y[i] = *a scalar b[i];                                                           \
    }                                                                                                     \
  }
LINE(addLine, wasm_f32x4_add, +)
LINE(subLine, wasm_f32x4_sub, -)
LINE(mulLine, wasm_f32x4_mul, *)
LINE(divLine, wasm_f32x4_div, /)

#define EVERY(name, line)                                                                                          \
  __attribute__((export_name(name))) void line##s(in a, int a0, int a1, int a2, int stepA, in b, int b0, int b1,   \
                                                  int b2, int stepB, out y, int n0, int n1, int n2, int n) {       \
    for (int i = 0; i < n0; i++)                                                                                   \
      for (int j = 0; j < n1; j++)                                                                                 \
        for (int k = 0; k < n2; k++, y += n)                                                                       \
          line(a + i * a0 + j * a1 + k * a2, stepA, b + i * b0 + j * b1 + k * b2, stepB, y, n);                    \
  }
EVERY("add", addLine)
EVERY("subtract", subLine)
EVERY("multiply", mulLine)
EVERY("divide", divLine)
