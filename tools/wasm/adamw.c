/* One update of AdamW over flat vectors, in the order of operations of engine/fused/adamW.ts; the caller computes the constants. */
#include <wasm_simd128.h>

typedef float *out;
typedef const float *in;

static inline v128_t all(float x) { return wasm_f32x4_splat(x); }

/*
 * m' = m b1 + g c1;  v' = v b2 + g^2 c2;  p' = p decay - (m' / (sqrt(v') / root + epsilon)) rate, four at a time.
 */
#define UPDATE(p, m, v, g)                                                                                              \
  const v128_t newM = wasm_f32x4_add(wasm_f32x4_mul(m, all(b1)), wasm_f32x4_mul(g, all(c1)));                           \
  const v128_t newV = wasm_f32x4_add(wasm_f32x4_mul(v, all(b2)), wasm_f32x4_mul(wasm_f32x4_mul(g, g), all(c2)));        \
  const v128_t below = wasm_f32x4_add(wasm_f32x4_div(wasm_f32x4_sqrt(newV), all(root)), all(epsilon));                  \
  const v128_t newP = wasm_f32x4_sub(wasm_f32x4_mul(p, all(decay)), wasm_f32x4_mul(wasm_f32x4_div(newM, below), all(rate)));

__attribute__((export_name("adamW"))) void adamW(in p, in m, in v, in g, out toP, out toM, out toV, int n, float b1, float c1,
                                                 float b2, float c2, float decay, float root, float epsilon, float rate) {
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    UPDATE(wasm_v128_load(p + i), wasm_v128_load(m + i), wasm_v128_load(v + i), wasm_v128_load(g + i))
    wasm_v128_store(toP + i, newP);
    wasm_v128_store(toM + i, newM);
    wasm_v128_store(toV + i, newV);
  }
  for (; i < n; i++) {
    UPDATE(all(p[i]), all(m[i]), all(v[i]), all(g[i]))
    toP[i] = wasm_f32x4_extract_lane(newP, 0);
    toM[i] = wasm_f32x4_extract_lane(newM, 0);
    toV[i] = wasm_f32x4_extract_lane(newV, 0);
  }
}
