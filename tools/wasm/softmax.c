/*
 * The gradient of a softmax along rows, and the cross-entropy of rows of logits with its gradient. The order of operations is
 * that of the kernels they replace (fused/softmax.ts, fused/crossEntropy.ts).
 */
#include "exponential.h"
#include "rows.h"

#define AT(x, r, j) wasm_v128_load(x + (r) * width + (j))

/* ds = (dw w - w sum(dw w)) factor */
static inline void difference(in dw, in w, float sum, float factor, out ds, int width) {
  const v128_t total = lanes(sum), f = lanes(factor);
  int j = 0;
  for (; j + LANES <= width; j += LANES) {
    const v128_t weight = wasm_v128_load(w + j);
    const v128_t d = wasm_f32x4_sub(wasm_f32x4_mul(wasm_v128_load(dw + j), weight), wasm_f32x4_mul(weight, total));
    wasm_v128_store(ds + j, wasm_f32x4_mul(d, f));
  }
  for (; j < width; j++) ds[j] = (dw[j] * w[j] - w[j] * sum) * factor;
}

__attribute__((export_name("softmaxPullback"))) void softmaxPullback(in dw, in w, float factor, out ds, int rows, int width) {
  int i = 0;
#define WEIGHTED(r, j) wasm_f32x4_mul(AT(dw, r, j), AT(w, r, j))
#define WEIGHTED_ONE(r, j) (dw[(r) * width + (j)] * w[(r) * width + (j)])
  for (; i + LANES <= rows; i += LANES, dw += LANES * width, w += LANES * width, ds += LANES * width) {
    SUM_OF_FOUR(sums, WEIGHTED, WEIGHTED_ONE)
    difference(dw, w, wasm_f32x4_extract_lane(sums, 0), factor, ds, width);
    difference(dw + width, w + width, wasm_f32x4_extract_lane(sums, 1), factor, ds + width, width);
    difference(dw + 2 * width, w + 2 * width, wasm_f32x4_extract_lane(sums, 2), factor, ds + 2 * width, width);
    difference(dw + 3 * width, w + 3 * width, wasm_f32x4_extract_lane(sums, 3), factor, ds + 3 * width, width);
  }
  for (; i < rows; i++, dw += width, w += width, ds += width) {
    SUM_OF_ONE(sum, WEIGHTED_ONE)
    difference(dw, w, sum, factor, ds, width);
  }
}

static inline float largest(in x, int width) {
  v128_t m = lanes(-__builtin_inff());
  int j = 0;
  for (; j + LANES <= width; j += LANES) m = wasm_f32x4_max(m, wasm_v128_load(x + j));
  for (; j < width; j++) m = wasm_f32x4_max(m, lanes(x[j]));
  m = wasm_f32x4_max(m, wasm_i32x4_shuffle(m, m, 2, 3, 0, 1));
  m = wasm_f32x4_max(m, wasm_i32x4_shuffle(m, m, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(m, 0);
}

static inline void shiftedExponentials(in x, float top, out e, int width) {
  const v128_t t = lanes(top);
  int j = 0;
  for (; j + LANES <= width; j += LANES) wasm_v128_store(e + j, exp4(wasm_f32x4_sub(wasm_v128_load(x + j), t)));
  for (; j < width; j++) e[j] = wasm_f32x4_extract_lane(exp4(lanes(x[j] - top)), 0);
}

static inline void rowLoss(in x, float top, float sum, int id, float weight, float *loss, out d, int width) {
  const v128_t total = lanes(sum), w = lanes(weight);
  const int known = id >= 0 && id < width;
  const float target = known ? x[id] - top : 0;
  *loss = wasm_f32x4_extract_lane(log4(total), 0) - target;
  const float at = known ? (d[id] / sum - 1) * weight : 0;
  int j = 0;
  for (; j + LANES <= width; j += LANES)
    wasm_v128_store(d + j, wasm_f32x4_mul(wasm_f32x4_div(wasm_v128_load(d + j), total), w));
  for (; j < width; j++) d[j] = d[j] / sum * weight;
  if (known) d[id] = at;
}

/*
 * For each row of logits [rows][width]: loss = log(sum exp(x - top)) - (x[id] - top), and
 * d = (exp(x - top) / sum - [j = id]) weight, which is its gradient times the row's weight.
 */
__attribute__((export_name("crossEntropy"))) void crossEntropy(in x, const int *ids, in weights, out losses, out d, int rows,
                                                               int width) {
  int i = 0;
#define EXPONENTIAL(r, j) AT(d, r, j)
#define EXPONENTIAL_ONE(r, j) (d[(r) * width + (j)])
  for (; i + LANES <= rows; i += LANES, x += LANES * width, d += LANES * width) {
    const float top0 = largest(x, width), top1 = largest(x + width, width), top2 = largest(x + 2 * width, width),
                top3 = largest(x + 3 * width, width);
    shiftedExponentials(x, top0, d, width);
    shiftedExponentials(x + width, top1, d + width, width);
    shiftedExponentials(x + 2 * width, top2, d + 2 * width, width);
    shiftedExponentials(x + 3 * width, top3, d + 3 * width, width);
    SUM_OF_FOUR(sums, EXPONENTIAL, EXPONENTIAL_ONE)
    rowLoss(x, top0, wasm_f32x4_extract_lane(sums, 0), ids[i], weights[i], losses + i, d, width);
    rowLoss(x + width, top1, wasm_f32x4_extract_lane(sums, 1), ids[i + 1], weights[i + 1], losses + i + 1, d + width, width);
    rowLoss(x + 2 * width, top2, wasm_f32x4_extract_lane(sums, 2), ids[i + 2], weights[i + 2], losses + i + 2,
            d + 2 * width, width);
    rowLoss(x + 3 * width, top3, wasm_f32x4_extract_lane(sums, 3), ids[i + 3], weights[i + 3], losses + i + 3,
            d + 3 * width, width);
  }
  for (; i < rows; i++, x += width, d += width) {
    const float top = largest(x, width);
    shiftedExponentials(x, top, d, width);
    SUM_OF_ONE(sum, EXPONENTIAL_ONE)
    rowLoss(x, top, sum, ids[i], weights[i], losses + i, d, width);
  }
}
