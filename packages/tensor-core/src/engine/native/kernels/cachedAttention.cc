/* Attention of a few new positions over a cache of keys and values that is written in place. */
#include <cstring>
#include <vector>

#include "cachedAttention.h"
#include "fewRows.h"
#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "rotary.h"
#include "run.h"
#include "softmax.h"

namespace safe {

namespace {

/** Queries of one key head that are attended with at a time. */
constexpr Index kTogether = 12;

/** out_m = sum over s of weights_m[s] v_s, for M queries and 16 D elements of the values from `i` on. */
template <Index M, Index D>
INLINE void Gather(const float* weights, Index total, const float* values, Index width, Index i, Index n,
                   float* const* out) {
  Lanes sum[M][D];
#pragma GCC unroll 4
  for (Index m = 0; m < M; m++)
#pragma GCC unroll 4
    for (Index d = 0; d < D; d++) sum[m][d] = All(0.0f);
  for (Index s = 0; s < total; s++) {
#pragma GCC unroll 4
    for (Index d = 0; d < D; d++) {
      const Lanes v = Load(values + s * width + i + d * kLanes, n);
#pragma GCC unroll 4
      for (Index m = 0; m < M; m++) sum[m][d] += weights[m * total + s] * v;
    }
  }
#pragma GCC unroll 4
  for (Index m = 0; m < M; m++)
#pragma GCC unroll 4
    for (Index d = 0; d < D; d++) Store(out[m] + i + d * kLanes, sum[m][d], n);
}

template <Index M>
INLINE void Context(const float* weights, Index total, const float* values, Index width, float* const* out) {
  Index i = 0;
  for (; i + 4 * kLanes <= width; i += 4 * kLanes) Gather<M, 4>(weights, total, values, width, i, kLanes, out);
  for (; i < width; i += kLanes)
    Gather<M, 1>(weights, total, values, width, i, width - i < kLanes ? width - i : kLanes, out);
}

}  // namespace

/**
 * One key head of one row: its new keys (rotated) and values are stored, then every query of its group attends to all
 * slots.
 */
EVERY_PROCESSOR void AttendGroups(const Cached& c, Index from, Index to) {
  const Index used = c.total - c.chunk, half = c.width / 2, members = c.heads / c.groups, queries = members * c.chunk;
  const Index stride = (c.width + kLanes - 1) / kLanes * kLanes;
  std::vector<float> scratch(static_cast<size_t>(kTogether * (stride + c.total)), 0.0f);
  float* query = scratch.data();
  float* weights = query + kTogether * stride;
  for (Index at = from; at < to; at++) {
    const Index n = at / c.groups, g = at % c.groups;
    float* keys = c.keys + at * c.capacity * c.width;
    float* values = c.values + at * c.capacity * c.width;
    const Index table = (n % c.tableRows) * c.chunk;
    for (Index t = 0; t < c.chunk; t++) {
      const Index source = ((n * c.chunk + t) * c.groups + g) * c.width, angle = (table + t) * half;
      RotateHead(c.k + source, c.cos + angle, c.sin + angle, keys + (used + t) * c.width, half, 1.0f);
      std::memcpy(values + (used + t) * c.width, c.v + source, static_cast<size_t>(c.width) * sizeof(float));
    }
    for (Index first = 0; first < queries; first += kTogether) {
      const Index count = queries - first < kTogether ? queries - first : kTogether;
      float* out[kTogether];
      for (Index j = 0; j < count; j++) {
        const Index t = (first + j) / members, m = (first + j) % members, angle = (table + t) * half;
        const Index place = ((n * c.chunk + t) * c.heads + g * members + m) * c.width;
        float* own = query + j * stride;
        RotateHead(c.q + place, c.cos + angle, c.sin + angle, own, half, 1.0f);
        IN_LANES (0, c.width) Store(own + i, Load(own + i, n) * c.factor, n);
        out[j] = c.context + place;
      }
      MultiplyRows(query, count, stride, keys, c.width, c.total, weights, c.total);
      for (Index j = 0; j < count; j++) {
        const float* mask = c.mask + (n * c.chunk + (first + j) / members) * c.total;
        SoftmaxRow(weights + j * c.total, mask, weights + j * c.total, c.total);
      }
      Index j = 0;
      for (; j + 3 <= count; j += 3) Context<3>(weights + j * c.total, c.total, values, c.width, out + j);
      for (; j < count; j++) Context<1>(weights + j * c.total, c.total, values, c.width, out + j);
    }
  }
}

/** The cache is written in place: its first total - chunk slots stay, those of the chunk are appended. */
void CachedAttention(void* factor, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *q = run.In(0), *k = run.In(1), *v = run.In(2), *cos = run.In(3), *sin = run.In(4), *keys = run.In(5),
                  *values = run.In(6), *mask = run.In(7);
  if (!run.Good()) return;
  if (TF_NumDims(q) != 4 || TF_NumDims(k) != 4 || TF_NumDims(keys) != 4 || TF_NumDims(mask) != 4 ||
      TF_NumDims(cos) != 4)
    return run.Fail("queries, keys, cache, tables and mask have four dimensions each");
  Cached c;
  const Index rows = TF_Dim(q, 0);
  c.chunk = TF_Dim(q, 1);
  c.heads = TF_Dim(q, 2);
  c.width = TF_Dim(q, 3);
  c.groups = TF_Dim(k, 2);
  c.capacity = TF_Dim(keys, 2);
  c.total = TF_Dim(mask, 3);
  c.tableRows = TF_Dim(cos, 0);
  c.factor = NumberOf(factor);
  const bool fits = c.groups > 0 && c.heads % c.groups == 0 && c.width % 2 == 0 && SizeOf(v) == SizeOf(k) &&
                    SizeOf(k) == rows * c.chunk * c.groups * c.width && SizeOf(values) == SizeOf(keys) &&
                    SizeOf(keys) == rows * c.groups * c.capacity * c.width && c.total >= c.chunk &&
                    c.total <= c.capacity && SizeOf(mask) == rows * c.chunk * c.total && c.tableRows > 0 &&
                    rows % c.tableRows == 0 && SizeOf(cos) == c.tableRows * c.chunk * c.width / 2 &&
                    SizeOf(sin) == SizeOf(cos);
  if (!fits) return run.Fail("the cache, the chunk, its tables and its mask do not fit each other");
  c.q = Floats(q);
  c.k = Floats(k);
  c.v = Floats(v);
  c.cos = Floats(cos);
  c.sin = Floats(sin);
  c.mask = Floats(mask);
  c.keys = Floats(keys);
  c.values = Floats(values);
  c.context = run.Out(0, {rows * c.chunk, c.heads * c.width});
  if (!run.Good()) return;
  InParts(rows * c.groups, c.chunk * (c.heads / c.groups) * c.total * c.width * 2,
          [&](Index from, Index to) { AttendGroups(c, from, to); });
}

}  // namespace safe
