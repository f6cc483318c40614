/*
 * Batched matrix products in float32 for the wasm engine: C = op(A) op(B), with op the transpose if the flag is set.
 *
 * The block kernel holds 4 x 8 results in registers and reads B as panels of 8 columns, [k][8]. Panels are packed if B is
 * transposed or if enough rows use them; columns of a transposed A are packed as well. Very thin products read in place.
 * Works on TensorFlow.js's own memory: no allocation, no data segment, no stack in memory. The caller provides `scratch`.
 */
#include <wasm_simd128.h>

enum { COLS = 8, ROWS = 4, ROW_BLOCK = 32, PANEL_FLOATS = 1 << 17 };

typedef float *out;
typedef const float *in;

/* C[0..R) [0..8) = A B for one panel; rows of A are `ar` apart, its columns `ac`, rows of B `br`. */
#define KERNEL(R)                                                                                                   \
  static inline void kernel##R(in a, int ar, int ac, in b, int br, out c, int cr, int k) {                          \
    v128_t low[R], high[R];                                                                                         \
    for (int i = 0; i < R; i++) low[i] = high[i] = wasm_f32x4_const_splat(0);                                       \
    for (int p = 0; p < k; p++) {                                                                                   \
      const v128_t b0 = wasm_v128_load(b), b1 = wasm_v128_load(b + 4);                                              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < R; i++) {                                              \
        const v128_t x = wasm_v128_load32_splat(a + i * ar);                                                        \
        low[i] = wasm_f32x4_add(low[i], wasm_f32x4_mul(x, b0));                                                     \
        high[i] = wasm_f32x4_add(high[i], wasm_f32x4_mul(x, b1));                                                   \
      }                                                                                                             \
      a += ac;                                                                                                      \
      b += br;                                                                                                      \
    }                                                                                                               \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < R; i++) {                                                \
      wasm_v128_store(c + i * cr, low[i]);                                                                          \
      wasm_v128_store(c + i * cr + 4, high[i]);                                                                     \
    }                                                                                                               \
  }
KERNEL(1)
KERNEL(2)
KERNEL(3)
KERNEL(4)

static inline void block(int rows, in a, int ar, int ac, in b, int br, out c, int cr, int k) {
  switch (rows) {
    case 1: kernel1(a, ar, ac, b, br, c, cr, k); return;
    case 2: kernel2(a, ar, ac, b, br, c, cr, k); return;
    case 3: kernel3(a, ar, ac, b, br, c, cr, k); return;
    default: kernel4(a, ar, ac, b, br, c, cr, k);
  }
}

/* Columns [0, cols) of B, 8 at most, as a panel [k][8] padded with zeros. */
static inline void packPanel(in b, int br, int bc, int cols, int k, out panel) {
  if (bc == 1 && cols == COLS) {
    for (int p = 0; p < k; p++, b += br, panel += COLS) {
      wasm_v128_store(panel, wasm_v128_load(b));
      wasm_v128_store(panel + 4, wasm_v128_load(b + 4));
    }
    return;
  }
  for (int j = 0; j < COLS; j++) {
    in from = b + j * bc;
    out to = panel + j;
    if (j < cols)
      for (int p = 0; p < k; p++, from += br, to += COLS) *to = *from;
    else
      for (int p = 0; p < k; p++, to += COLS) *to = 0;
  }
}

/* Columns of a transposed A as rows of 4: [rows / 4][k][4]. */
static inline void packRows(in a, int ac, int rows, int k, out packed) {
  for (int i = 0; i < rows; i += ROWS) {
    in from = a + i;
    if (i + ROWS <= rows)
      for (int p = 0; p < k; p++, from += ac, packed += ROWS) wasm_v128_store(packed, wasm_v128_load(from));
    else
      for (int p = 0; p < k; p++, from += ac, packed += ROWS)
        for (int r = 0; r < ROWS; r++) packed[r] = i + r < rows ? from[r] : 0;
  }
}

/* Thin A against a transposed B: both are read along k. */
static inline void dots(in a, in b, out c, int m, int k, int n) {
  for (int j = 0; j < n; j++, b += k) {
    in x = a;
    for (int i = 0; i < m; i++, x += k) {
      v128_t s0 = wasm_f32x4_const_splat(0), s1 = s0;
      int p = 0;
      for (; p + 8 <= k; p += 8) {
        s0 = wasm_f32x4_add(s0, wasm_f32x4_mul(wasm_v128_load(x + p), wasm_v128_load(b + p)));
        s1 = wasm_f32x4_add(s1, wasm_f32x4_mul(wasm_v128_load(x + p + 4), wasm_v128_load(b + p + 4)));
      }
      s0 = wasm_f32x4_add(s0, s1);
      float s = wasm_f32x4_extract_lane(s0, 0) + wasm_f32x4_extract_lane(s0, 1) + wasm_f32x4_extract_lane(s0, 2) +
                wasm_f32x4_extract_lane(s0, 3);
      for (; p < k; p++) s += x[p] * b[p];
      c[i * n + j] = s;
    }
  }
}

/* The rows of one panel, stored directly or, at the right edge, through `edge` [4][8]. */
static inline void panelProduct(in a, int ar, int ac, int packedRows, in b, int br, out c, int m, int k, int n, int cols,
                                out edge) {
  for (int i = 0; i < m; i += ROWS) {
    const int rows = m - i < ROWS ? m - i : ROWS;
    in rowsOfA = packedRows ? a + i * k : a + i * ar;
    if (cols == COLS) {
      block(rows, rowsOfA, ar, ac, b, br, c + i * n, n, k);
    } else {
      block(rows, rowsOfA, ar, ac, b, br, edge, COLS, k);
      for (int r = 0; r < rows; r++)
        for (int j = 0; j < cols; j++) c[(i + r) * n + j] = edge[r * COLS + j];
    }
  }
}

/* c = base + c for rows of `cols` that are `n` apart. */
static inline void addBase(in base, out c, int rows, int cols, int n) {
  for (int r = 0; r < rows; r++, base += n, c += n) {
    int j = 0;
    for (; j + 4 <= cols; j += 4)
      wasm_v128_store(c + j, wasm_f32x4_add(wasm_v128_load(base + j), wasm_v128_load(c + j)));
    for (; j < cols; j++) c[j] = base[j] + c[j];
  }
}

static inline int least(int x, int y) { return x < y ? x : y; }

/* How many columns of B are packed at a time. */
static inline int columnsAtOnce(int k, int n) {
  const int fit = PANEL_FLOATS / (k < 1 ? 1 : k) / COLS * COLS;
  const int all = (n + COLS - 1) / COLS * COLS;
  return least(fit < COLS ? COLS : fit, all);
}

/* Floats of scratch that a product needs. */
__attribute__((export_name("scratchFloats"))) int scratchFloats(int k, int n) {
  return k * columnsAtOnce(k, n) + k * ROW_BLOCK + ROWS * COLS;
}

static inline void product(in a, in b, in base, out c, int m, int k, int n, int transposeA, int transposeB, out scratch) {
  if (m < ROWS && transposeB && !transposeA) {
    dots(a, b, c, m, k, n);
    if (base) addBase(base, c, m, n, n);
    return;
  }
  const int ar = transposeA ? 1 : k, ac = transposeA ? m : 1;
  const int br = transposeB ? 1 : n, bc = transposeB ? k : 1;
  const int chunk = columnsAtOnce(k, n);
  const int packs = transposeB || m >= 4 * ROWS;
  const int packsA = transposeA && m >= ROWS && n > COLS;
  out panels = scratch, rowsOfA = scratch + k * chunk, edge = rowsOfA + k * ROW_BLOCK;
  for (int j0 = 0; j0 < n; j0 += chunk) {
    const int j1 = least(n, j0 + chunk);
    if (packs)
      for (int j = j0; j < j1; j += COLS)
        packPanel(b + j * bc, br, bc, least(COLS, j1 - j), k, panels + (j - j0) * k);
    for (int i = 0; i < m; i += ROW_BLOCK) {
      const int rows = least(ROW_BLOCK, m - i);
      in block = a + i * ar;
      if (packsA) packRows(block, ac, rows, k, rowsOfA);
      for (int j = j0; j < j1; j += COLS) {
        const int cols = least(COLS, j1 - j);
        in panel = b + j;
        int stride = n;
        if (packs) {
          panel = panels + (j - j0) * k;
          stride = COLS;
        } else if (cols < COLS) {
          packPanel(b + j * bc, br, bc, cols, k, panels);
          panel = panels;
          stride = COLS;
        }
        if (packsA)
          panelProduct(rowsOfA, 1, ROWS, 1, panel, stride, c + i * n + j, rows, k, n, cols, edge);
        else
          panelProduct(block, ar, ac, 0, panel, stride, c + i * n + j, rows, k, n, cols, edge);
      }
      if (base) addBase(base + i * n + j0, c + i * n + j0, rows, j1 - j0, n);
    }
  }
}

/*
 * `batch` products; a batch stride of 0 uses the same matrix for all. If `base` is not 0, each product is added to the
 * matrix there, which has the layout of the result: one addition after the whole sum. Pointers are byte addresses.
 */
__attribute__((export_name("products"))) void products(in a, int strideA, in b, int strideB, in base, out c, int batch,
                                                       int m, int k, int n, int transposeA, int transposeB, out scratch) {
  for (int i = 0; i < batch; i++)
    product(a + i * strideA, b + i * strideB, base ? base + i * m * n : 0, c + i * m * n, m, k, n, transposeA, transposeB,
            scratch);
}
