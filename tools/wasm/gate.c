/* The gated activation y = (g s) u with s = sigmoid(g), which the caller has computed, and its gradient. */
#include <wasm_simd128.h>

typedef float *out;
typedef const float *in;

/* y may be the memory of s. */
__attribute__((export_name("gated"))) void gated(in gate, in sigmoid, in up, out y, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(y + i, wasm_f32x4_mul(wasm_f32x4_mul(wasm_v128_load(gate + i), wasm_v128_load(sigmoid + i)),
                                          wasm_v128_load(up + i)));
  for (; i < n; i++) y[i] = gate[i] * sigmoid[i] * up[i];
}

/* a = g s, dg = (dy u) (s + (a - a s)), du = dy a; du may be the memory of s. */
__attribute__((export_name("gatedPullback"))) void gatedPullback(in gate, in sigmoid, in up, in dy, out dGate, out dUp,
                                                                 int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t s = wasm_v128_load(sigmoid + i), d = wasm_v128_load(dy + i);
    const v128_t a = wasm_f32x4_mul(wasm_v128_load(gate + i), s);
    const v128_t slope = wasm_f32x4_add(s, wasm_f32x4_sub(a, wasm_f32x4_mul(a, s)));
    wasm_v128_store(dGate + i, wasm_f32x4_mul(wasm_f32x4_mul(d, wasm_v128_load(up + i)), slope));
    wasm_v128_store(dUp + i, wasm_f32x4_mul(d, a));
  }
  for (; i < n; i++) {
    const float s = sigmoid[i], a = gate[i] * s, d = dy[i];
    dGate[i] = d * up[i] * (s + (a - a * s));
    dUp[i] = d * a;
  }
}
