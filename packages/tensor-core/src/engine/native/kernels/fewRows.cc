/* Products x W^T of few rows: every row of W is read once, in tiles of a few of its rows times a few rows of x. */
#include "fewRows.h"

#include <algorithm>
#include <cstring>

#include "brief.h"
#include "tensorflow.h"

namespace safe {

namespace {

typedef float Half __attribute__((vector_size(32)));
typedef float Quarter __attribute__((vector_size(16)));

INLINE Quarter Folded(Lanes lanes) {
  Half half[2];
  std::memcpy(half, &lanes, sizeof lanes);
  const Half sum = half[0] + half[1];
  Quarter quarter[2];
  std::memcpy(quarter, &sum, sizeof sum);
  return quarter[0] + quarter[1];
}

/** The sixteen lanes summed, pair by pair. */
INLINE float Total(Lanes lanes) {
  const Quarter q = Folded(lanes);
  return (q[0] + q[1]) + (q[2] + q[3]);
}

/** A part of a product: outputs [from, to). */
struct Part {
  const float* x;
  Index count, xStride;
  const char* w;
  Index cols;
  const float* bias;
  float* y;
  Index stride;
  bool rounded;
};

/** Sixteen weights: of bfloat16 the even or the odd ones of 32. */
template <bool brief>
INLINE Lanes Weights(const char* w, Index i, Index part, Index n) {
  if (!brief) return Load(reinterpret_cast<const float*>(w) + i + part * kLanes, n);
  Bits bits = {};
  const char* from = w + i * 2;
  if (n == 2 * kLanes)
    std::memcpy(&bits, from, sizeof bits);
  else
    std::memcpy(&bits, from, static_cast<size_t>(n) * 2);
  return reinterpret_cast<Lanes>(part == 0 ? bits << 16 : bits & static_cast<int32_t>(0xffff0000));
}

/** O rows of W times R rows of x. */
template <Index O, Index R, bool brief>
INLINE void Tile(const Part& p, Index o, Index r) {
  // The first rows of x that meet these weights fetch the next ones: rows of W are too short for the processor to see
  // them coming.
  const Index ahead = r == 0 ? O * p.cols * (brief ? 2 : 4) : 0;
  constexpr Index width = brief ? 2 : 4;
  const char* w = p.w + o * p.cols * width;
  const float* x = p.x + r * p.xStride;
  Lanes sum[O][R];
#pragma GCC unroll 8
  for (Index a = 0; a < O; a++)
#pragma GCC unroll 8
    for (Index b = 0; b < R; b++) sum[a][b] = All(0.0f);
  constexpr Index step = brief ? 2 * kLanes : kLanes;
  constexpr Index parts = brief ? 2 : 1;
  const auto add = [&](Index i, Index n) __attribute__((always_inline)) {
#pragma GCC unroll 2
    for (Index part = 0; part < parts; part++) {
      Lanes own[O];
#pragma GCC unroll 8
      for (Index a = 0; a < O; a++) own[a] = Weights<brief>(w + a * p.cols * width, i, part, n);
      if (part == 0 && ahead > 0)
#pragma GCC unroll 8
        for (Index a = 0; a < O; a++) __builtin_prefetch(w + ahead + (a * p.cols + i) * width);
#pragma GCC unroll 8
      for (Index b = 0; b < R; b++) {
        Lanes other;
        std::memcpy(&other, x + b * p.xStride + i + part * kLanes, sizeof other);
#pragma GCC unroll 8
        for (Index a = 0; a < O; a++) sum[a][b] += own[a] * other;
      }
    }
  };
  Index i = 0;
  for (; i + step <= p.cols; i += step) add(i, step);
  if (i < p.cols) add(i, p.cols - i);
#pragma GCC unroll 8
  for (Index b = 0; b < R; b++)
#pragma GCC unroll 8
    for (Index a = 0; a < O; a++) {
      const float product = Total(sum[a][b]);
      const float kept = p.rounded ? Rounded(product) : product;
      p.y[(r + b) * p.stride + o + a] = p.bias == nullptr ? kept : kept + p.bias[o + a];
    }
}

template <Index O, Index R, bool brief>
INLINE void Rows(const Part& p, Index o, Index r, Index left) {
  if (left >= R) return Tile<O, R, brief>(p, o, r);
  if constexpr (R > 1) Rows<O, R - 1, brief>(p, o, r, left);
}

template <Index O, Index R, bool brief>
INLINE void Outputs(const Part& p, Index from, Index to) {
  const Index tiles = (p.count + R - 1) / R;
  Index o = from;
  for (; o + O <= to; o += O)
    for (Index t = 0, r = 0; t < tiles; t++) {
      const Index next = p.count * (t + 1) / tiles;
      Rows<O, R, brief>(p, o, r, next - r);
      r = next;
    }
  for (; o < to; o++)
    for (Index t = 0, r = 0; t < tiles; t++) {
      const Index next = p.count * (t + 1) / tiles;
      Rows<1, R, brief>(p, o, r, next - r);
      r = next;
    }
}

template <Index O, Index R>
INLINE void Both(const Part& p, bool brief, Index from, Index to) {
  if (brief)
    Outputs<O, R, true>(p, from, to);
  else
    Outputs<O, R, false>(p, from, to);
}

/* As many sums as the processor has registers for. */
#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((noinline, target("avx512f,avx512vl,avx512dq,avx512bw,fma"))) void Widest(const Part& p, bool brief,
                                                                                        Index from, Index to) {
  Both<4, 6>(p, brief, from, to);
}
__attribute__((noinline, target("avx2,fma"))) void Wide(const Part& p, bool brief, Index from, Index to) {
  Both<2, 3>(p, brief, from, to);
}
#endif
__attribute__((noinline)) void Plain(const Part& p, bool brief, Index from, Index to) {
  Both<1, 2>(p, brief, from, to);
}

using Kernel = void (*)(const Part&, bool, Index, Index);

Kernel Chosen() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    return Widest;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Wide;
#endif
  return Plain;
}

const Kernel kernel = Chosen();

/** Outputs that a thread takes at a time, about 128 KB of weights: contiguous, and few enough to be shared evenly. */
Index Share(const Matrix& w) {
  const Index bytes = w.cols * (w.brief ? 2 : 4);
  return std::max<Index>(4, (131072 / std::max<Index>(1, bytes)) / 4 * 4);
}

/** Outputs [from, to) of a product. */
void Compute(const Operand& x, const Product& p, Index from, Index to) {
  // The rows of y are often a multiple of a page apart and would displace each other from the cache: they are written
  // at the end.
  static thread_local std::vector<float> made;
  const Index width = to - from;
  made.resize(static_cast<size_t>(x.Count() * width));
  const char* w = static_cast<const char*>(p.w.data) + from * p.w.cols * (p.w.brief ? 2 : 4);
  const Part part{x.Row(0), x.Count(),   x.Stride(), w, p.w.cols, p.bias == nullptr ? nullptr : p.bias + from,
                  made.data(), width, p.rounded};
  kernel(part, p.w.brief, 0, width);
  for (Index r = 0; r < x.Count(); r++)
    std::memcpy(p.y + r * p.stride + from, made.data() + r * width, static_cast<size_t>(width) * sizeof(float));
}

/** One row: rounded where wanted, and for bfloat16 the even and the odd elements of every 32 apart. */
static EVERY_PROCESSOR void Arrange(const float* from, float* to, Index cols, bool apart, bool rounded) {
  constexpr Index block = 2 * kLanes;
  float own[block];
  for (Index i = 0; i < cols; i += block) {
    const Index n = cols - i < block ? cols - i : block;
    if (n < block) std::memset(own, 0, sizeof own);
    std::memcpy(own, from + i, static_cast<size_t>(n) * sizeof(float));
    if (rounded)
      for (Index j = 0; j < block; j++) own[j] = Rounded(own[j]);
    if (apart)
      for (Index j = 0; j < kLanes; j++) {
        to[i + j] = own[2 * j];
        to[i + kLanes + j] = own[2 * j + 1];
      }
    else
      std::memcpy(to + i, own, sizeof own);
  }
}

}  // namespace

void Operand::Prepare(Index count, Index cols, bool brief, bool rounded) {
  count_ = count;
  cols_ = cols;
  brief_ = brief;
  rounded_ = rounded;
  stride_ = (cols + 2 * kLanes - 1) / (2 * kLanes) * (2 * kLanes);
  data_.resize(static_cast<size_t>(count * stride_));
}

void Operand::SetRow(Index r, const float* x) { Arrange(x, data_.data() + r * stride_, cols_, brief_, rounded_); }

bool MatrixOf(const TF_Tensor* t, Matrix* matrix) {
  if (TF_NumDims(t) != 2) return false;
  matrix->data = TF_TensorData(t);
  matrix->brief = TF_TensorType(t) == kBFloat16;
  matrix->rows = TF_Dim(t, 0);
  matrix->cols = TF_Dim(t, 1);
  return matrix->brief || TF_TensorType(t) == kFloat;
}

static Index PartsOf(const Matrix& w) { return (w.rows + Share(w) - 1) / Share(w); }

Index Parts(const Product* products, Index count) {
  Index parts = 0;
  for (Index i = 0; i < count; i++) parts += PartsOf(products[i].w);
  return parts;
}

void MultiplyPart(const Operand& x, const Product* products, Index count, Index part) {
  for (Index i = 0; i < count; i++) {
    const Matrix& w = products[i].w;
    const Index own = PartsOf(w), each = Share(w);
    if (part < own) return Compute(x, products[i], part * each, std::min(w.rows, (part + 1) * each));
    part -= own;
  }
}

void MultiplyRows(const float* x, Index count, Index xStride, const float* w, Index cols, Index rows, float* y,
                  Index stride) {
  const Part part{x, count, xStride, reinterpret_cast<const char*>(w), cols, nullptr, y, stride, false};
  kernel(part, false, 0, rows);
}

}  // namespace safe
