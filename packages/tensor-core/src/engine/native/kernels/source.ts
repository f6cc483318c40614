/**
 * Fused operations of the decoder as TensorFlow ops of our own, for processors: one pass over memory where TensorFlow would make
 * five to fourteen, and attention over a cache that is written in place. They are registered through TensorFlow's stable C API
 * (tensorflow/c/ops.h, kernels.h), whose few functions are declared here, so that no header of its is needed.
 *
 * Arithmetic is float32, sixteen lanes at a time (vectors of the compiler, for any processor); sums go lane by lane.
 */

/** Counted up with every change of what the ops take or give: a library of another version is not used. */
export const kernelsVersion = 1

export const kernelsSource = String.raw`
#include <node_api.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

// TensorFlow's C API -----------------------------------------------------------------------------

extern "C" {
struct TF_Status;
struct TF_Tensor;
struct TF_OpDefinitionBuilder;
struct TF_ShapeInferenceContext;
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
TF_Status* TF_NewStatus(void);
void TF_DeleteStatus(TF_Status*);
void TF_SetStatus(TF_Status*, int code, const char* message);
int TF_GetCode(const TF_Status*);
void* TF_TensorData(const TF_Tensor*);
int TF_NumDims(const TF_Tensor*);
int64_t TF_Dim(const TF_Tensor*, int);
void TF_DeleteTensor(TF_Tensor*);
TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char*);
void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderSetIsStateful(TF_OpDefinitionBuilder*, bool);
void TF_OpDefinitionBuilderSetShapeInferenceFunction(TF_OpDefinitionBuilder*,
                                                     void (*)(TF_ShapeInferenceContext*, TF_Status*));
void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext*, TF_Status*);
void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);
TF_KernelBuilder* TF_NewKernelBuilder(const char*, const char*, void* (*)(TF_OpKernelConstruction*),
                                      void (*)(void*, TF_OpKernelContext*), void (*)(void*));
void TF_RegisterKernelBuilder(const char*, TF_KernelBuilder*, TF_Status*);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char*, float*, TF_Status*);
void TF_GetInput(TF_OpKernelContext*, int, TF_Tensor**, TF_Status*);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int, int, const int64_t*, int, size_t, TF_Status*);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);
}

namespace {

constexpr int kFloat = 1;

// one variant for each generation of processors, chosen when the library is loaded
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define EVERY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default"), noinline))
#else
#define EVERY_PROCESSOR __attribute__((noinline))
#endif

using Index = int64_t;

/** Work on fewer elements than this stays on one thread. */
constexpr Index kParallel = 1 << 15;

/** body(from, to) over parts of [0, count), each element of which costs cost operations. */
template <typename Body>
void InParts(Index count, Index cost, const Body& body) {
#ifdef _OPENMP
  if (count > 1 && count * cost >= kParallel) {
    const Index parts = count < 64 ? count : 64;
#pragma omp parallel for schedule(static)
    for (Index p = 0; p < parts; p++) body(count * p / parts, count * (p + 1) / parts);
    return;
  }
#endif
  body(Index{0}, count);
}

// lanes ------------------------------------------------------------------------------------------

constexpr Index kLanes = 16;
typedef float Lanes __attribute__((vector_size(64)));
typedef int32_t Bits __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))

/** Goes over [from, to) in steps of up to sixteen: i is where a step starts, n how many it holds. */
#define IN_LANES(from, to) \
  for (Index i = (from), n; (n = (to) - i < kLanes ? (to) - i : kLanes) > 0; i += kLanes)

INLINE Lanes All(float x) { return x - Lanes{}; }
INLINE Lanes Load(const float* x, Index n, float rest = 0.0f) {
  Lanes lanes = All(rest);
  if (n == kLanes)
    std::memcpy(&lanes, x, sizeof lanes);
  else
    std::memcpy(&lanes, x, static_cast<size_t>(n) * sizeof(float));
  return lanes;
}
INLINE void Store(float* x, Lanes lanes, Index n) {
  if (n == kLanes)
    std::memcpy(x, &lanes, sizeof lanes);
  else
    std::memcpy(x, &lanes, static_cast<size_t>(n) * sizeof(float));
}
/** Where the condition holds a, elsewhere b. */
INLINE Lanes Choose(Bits condition, Lanes a, Lanes b) {
  return reinterpret_cast<Lanes>((condition & reinterpret_cast<Bits>(a)) | (~condition & reinterpret_cast<Bits>(b)));
}
INLINE float Sum(Lanes lanes) {
  float sum = 0.0f;
  for (Index j = 0; j < kLanes; j++) sum += lanes[j];
  return sum;
}

/** 2^n for -126 <= n <= 127 */
INLINE Lanes PowerOfTwo(Bits n) { return reinterpret_cast<Lanes>((n + 127) << 23); }

/** e^x to two units in the last place: 0 from -104 down, infinite from 89 up, not a number where x is not one. */
INLINE Lanes Exp(Lanes x) {
  const Lanes below = Choose(x > All(89.0f), All(89.0f), x);
  const Lanes y = Choose(below < All(-104.0f), All(-104.0f), below);
  // adding 1.5 * 2^23 rounds to a whole number, which then stands in the last bits
  const Lanes magic = All(12582912.0f);
  const Lanes shifted = y * 1.44269504f + magic;
  const Lanes whole = shifted - magic;
  const Bits exponent = reinterpret_cast<Bits>(shifted) - reinterpret_cast<Bits>(magic);
  const Lanes r = (y - whole * 0.693359375f) + whole * 2.12194440e-4f;
  Lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // in two halves, since 2^-150 and 2^128 are no floats
  const Bits half = exponent >> 1;
  const Lanes value = p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
  return Choose(x == x, value, x);
}

INLINE Lanes Sigmoid(Lanes x) { return 1.0f / (1.0f + Exp(-x)); }

/** sum of a[i] b[i] */
INLINE float Dot(const float* a, const float* b, Index width) {
  Lanes sum = All(0.0f);
  IN_LANES(0, width) sum += Load(a + i, n) * Load(b + i, n);
  return Sum(sum);
}

/** The largest of x[0..width) that is a number. */
INLINE float Largest(const float* x, Index width) {
  Lanes top = All(-INFINITY);
  IN_LANES(0, width) {
    const Lanes v = Load(x + i, n, -INFINITY);
    top = Choose(v > top, v, top);
  }
  float largest = top[0];
  for (Index j = 1; j < kLanes; j++) largest = top[j] > largest ? top[j] : largest;
  return largest;
}

// tensors ----------------------------------------------------------------------------------------

/** The inputs of one run, and what it failed of. */
class Run {
 public:
  explicit Run(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Run() {
    if (TF_GetCode(status_) != 0) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* t : held_) TF_DeleteTensor(t);
    TF_DeleteStatus(status_);
  }
  TF_Tensor* In(int i) {
    TF_Tensor* t = nullptr;
    TF_GetInput(context_, i, &t, status_);
    if (t != nullptr) held_.push_back(t);
    return t;
  }
  float* Out(int i, const std::vector<Index>& shape) {
    Index size = 1;
    for (Index d : shape) size *= d;
    TF_Tensor* t = TF_AllocateOutput(context_, i, kFloat, shape.data(), static_cast<int>(shape.size()),
                                     static_cast<size_t>(size) * sizeof(float), status_);
    if (t == nullptr) return nullptr;
    held_.push_back(t);
    return static_cast<float*>(TF_TensorData(t));
  }
  bool Good() const { return TF_GetCode(status_) == 0; }
  void Fail(const char* message) { TF_SetStatus(status_, 3, message); }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> held_;
};

float* Floats(const TF_Tensor* t) { return static_cast<float*>(TF_TensorData(t)); }
std::vector<Index> ShapeOf(const TF_Tensor* t) {
  std::vector<Index> shape(static_cast<size_t>(TF_NumDims(t)));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(t, static_cast<int>(i));
  return shape;
}
Index SizeOf(const TF_Tensor* t) {
  Index size = 1;
  for (Index d : ShapeOf(t)) size *= d;
  return size;
}
Index LastOf(const TF_Tensor* t) { return TF_NumDims(t) == 0 ? 1 : TF_Dim(t, TF_NumDims(t) - 1); }

/** The one number that an op of ours may be given: epsilon, a factor, a direction. */
void* Number(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  float* number = new float(0.0f);
  TF_OpKernelConstruction_GetAttrFloat(construction, "number", number, status);
  TF_DeleteStatus(status);
  return number;
}
void Forget(void* number) { delete static_cast<float*>(number); }
float NumberOf(void* number) { return *static_cast<float*>(number); }

// root-mean-square normalisation -----------------------------------------------------------------

EVERY_PROCESSOR void NormRows(const float* x, const float* gain, float* y, float* scale, Index from, Index to,
                              Index width, float epsilon) {
  for (Index r = from; r < to; r++) {
    const float* row = x + r * width;
    float* out = y + r * width;
    const float s = 1.0f / std::sqrt(Dot(row, row, width) / static_cast<float>(width) + epsilon);
    scale[r] = s;
    IN_LANES(0, width) Store(out + i, Load(row + i, n) * s * Load(gain + i, n), n);
  }
}

void RmsNorm(void* number, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *gain = run.In(1);
  if (!run.Good()) return;
  const Index width = LastOf(x);
  if (width == 0 || SizeOf(gain) != width) return run.Fail("the gain is not as wide as the rows");
  const Index rows = SizeOf(x) / width;
  std::vector<Index> shape = ShapeOf(x);
  float* y = run.Out(0, shape);
  shape.back() = 1;
  float* scale = run.Out(1, shape);
  if (!run.Good()) return;
  InParts(rows, width, [&](Index from, Index to) {
    NormRows(Floats(x), Floats(gain), y, scale, from, to, width, NumberOf(number));
  });
}

EVERY_PROCESSOR void ScaledRows(const float* x, const float* scale, const float* gain, float* y, Index from,
                                Index to, Index width) {
  for (Index r = from; r < to; r++)
    IN_LANES(0, width) Store(y + r * width + i, Load(x + r * width + i, n) * scale[r] * Load(gain + i, n), n);
}

void ScaleRows(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *scale = run.In(1), *gain = run.In(2);
  if (!run.Good()) return;
  const Index width = LastOf(x);
  if (width == 0 || SizeOf(gain) != width || SizeOf(scale) * width != SizeOf(x))
    return run.Fail("scale or gain do not fit the rows");
  float* y = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  InParts(SizeOf(x) / width, width, [&](Index from, Index to) {
    ScaledRows(Floats(x), Floats(scale), Floats(gain), y, from, to, width);
  });
}

EVERY_PROCESSOR void NormRowsBack(const float* dy, const float* x, const float* scale, const float* gain, float* dx,
                                  Index from, Index to, Index width) {
  for (Index r = from; r < to; r++) {
    const float *d = dy + r * width, *row = x + r * width;
    const float s = scale[r];
    Lanes sum = All(0.0f);
    IN_LANES(0, width) sum += Load(d + i, n) * Load(gain + i, n) * Load(row + i, n);
    const float inner = Sum(sum) / static_cast<float>(width) * (s * s * s);
    const float alive = s / s;  // not a number where x^2 has overflowed
    IN_LANES(0, width)
      Store(dx + r * width + i, (Load(d + i, n) * Load(gain + i, n) * s - Load(row + i, n) * inner) * alive, n);
  }
}

void RmsNormPullback(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *dy = run.In(0), *x = run.In(1), *scale = run.In(2), *gain = run.In(3);
  if (!run.Good()) return;
  const Index width = LastOf(x);
  if (width == 0 || SizeOf(gain) != width || SizeOf(scale) * width != SizeOf(x) || SizeOf(dy) != SizeOf(x))
    return run.Fail("gradient, scale or gain do not fit the rows");
  float* dx = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  InParts(SizeOf(x) / width, width, [&](Index from, Index to) {
    NormRowsBack(Floats(dy), Floats(x), Floats(scale), Floats(gain), dx, from, to, width);
  });
}

// rotary embedding -------------------------------------------------------------------------------

/** Turns one head: pair (i, i + half) by the angle of cos and sin; sign -1 turns it back. */
INLINE void Turn(const float* x, const float* cos, const float* sin, float* y, Index half, float sign) {
  IN_LANES(0, half) {
    const Lanes a = Load(x + i, n), b = Load(x + half + i, n), c = Load(cos + i, n), s = sign * Load(sin + i, n);
    Store(y + i, a * c - b * s, n);
    Store(y + half + i, b * c + a * s, n);
  }
}

EVERY_PROCESSOR void TurnPositions(const float* x, const float* cos, const float* sin, float* y, Index from, Index to,
                                   Index tables, Index heads, Index half, float sign) {
  for (Index p = from; p < to; p++) {
    const Index at = (p % tables) * half;
    for (Index h = 0; h < heads; h++) {
      const Index base = (p * heads + h) * 2 * half;
      Turn(x + base, cos + at, sin + at, y + base, half, sign);
    }
  }
}

void RotateHalves(void* sign, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *cos = run.In(1), *sin = run.In(2);
  if (!run.Good()) return;
  const Index half = LastOf(cos);
  if (TF_NumDims(x) != 4 || half == 0 || LastOf(x) != 2 * half || SizeOf(sin) != SizeOf(cos))
    return run.Fail("the tables do not fit the heads");
  const Index positions = TF_Dim(x, 0) * TF_Dim(x, 1), tables = SizeOf(cos) / half;
  if (tables == 0 || positions % tables != 0) return run.Fail("the tables do not fit the positions");
  float* y = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  const Index heads = TF_Dim(x, 2);
  InParts(positions, heads * half * 2, [&](Index from, Index to) {
    TurnPositions(Floats(x), Floats(cos), Floats(sin), y, from, to, tables, heads, half, NumberOf(sign));
  });
}

// gated activation -------------------------------------------------------------------------------

EVERY_PROCESSOR void Gate(const float* gate, const float* up, float* y, Index from, Index to) {
  IN_LANES(from, to) {
    const Lanes g = Load(gate + i, n);
    Store(y + i, g * Sigmoid(g) * Load(up + i, n), n);
  }
}

void GatedSilu(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *gate = run.In(0), *up = run.In(1);
  if (!run.Good()) return;
  if (SizeOf(gate) != SizeOf(up)) return run.Fail("gate and up are of different shapes");
  float* y = run.Out(0, ShapeOf(gate));
  if (!run.Good()) return;
  InParts(SizeOf(gate), 1, [&](Index from, Index to) { Gate(Floats(gate), Floats(up), y, from, to); });
}

EVERY_PROCESSOR void GateBack(const float* gate, const float* up, const float* dy, float* dGate, float* dUp,
                              Index from, Index to) {
  IN_LANES(from, to) {
    const Lanes g = Load(gate + i, n), d = Load(dy + i, n), s = Sigmoid(g), a = g * s;
    Store(dGate + i, d * Load(up + i, n) * (s + (a - a * s)), n);
    Store(dUp + i, d * a, n);
  }
}

void GatedSiluPullback(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *gate = run.In(0), *up = run.In(1), *dy = run.In(2);
  if (!run.Good()) return;
  if (SizeOf(gate) != SizeOf(up) || SizeOf(gate) != SizeOf(dy)) return run.Fail("gate, up and gradient differ");
  float* dGate = run.Out(0, ShapeOf(gate));
  float* dUp = run.Out(1, ShapeOf(gate));
  if (!run.Good()) return;
  InParts(SizeOf(gate), 1, [&](Index from, Index to) {
    GateBack(Floats(gate), Floats(up), Floats(dy), dGate, dUp, from, to);
  });
}

// softmax ----------------------------------------------------------------------------------------

/** y = softmax(x + mask) over width elements */
INLINE void SoftmaxRow(const float* x, const float* mask, float* y, Index width) {
  IN_LANES(0, width) Store(y + i, Load(x + i, n) + Load(mask + i, n), n);
  const float top = Largest(y, width);
  Lanes sum = All(0.0f);
  IN_LANES(0, width) {
    const Lanes e = Exp(Load(y + i, n, -INFINITY) - top);
    sum += e;
    Store(y + i, e, n);
  }
  const float inverse = 1.0f / Sum(sum);
  IN_LANES(0, width) Store(y + i, Load(y + i, n) * inverse, n);
}

EVERY_PROCESSOR void SoftmaxRows(const float* x, const float* mask, float* y, Index from, Index to, Index heads,
                                 Index length, Index keys, Index maskRows) {
  for (Index r = from; r < to; r++) {
    const Index t = r % length, n = r / (length * heads);
    SoftmaxRow(x + r * keys, mask + ((n % maskRows) * length + t) * keys, y + r * keys, keys);
  }
}

void MaskedSoftmax(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *mask = run.In(1);
  if (!run.Good()) return;
  if (TF_NumDims(x) != 4 || TF_NumDims(mask) != 4 || TF_Dim(mask, 1) != 1 || TF_Dim(mask, 2) != TF_Dim(x, 2) ||
      TF_Dim(mask, 3) != TF_Dim(x, 3) || (TF_Dim(mask, 0) != 1 && TF_Dim(mask, 0) != TF_Dim(x, 0)))
    return run.Fail("the mask does not fit the scores");
  float* y = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  const Index heads = TF_Dim(x, 1), length = TF_Dim(x, 2), keys = TF_Dim(x, 3), maskRows = TF_Dim(mask, 0);
  InParts(TF_Dim(x, 0) * heads * length, keys * 4, [&](Index from, Index to) {
    SoftmaxRows(Floats(x), Floats(mask), y, from, to, heads, length, keys, maskRows);
  });
}

EVERY_PROCESSOR void SoftmaxRowsBack(const float* dw, const float* w, float* ds, Index from, Index to, Index width,
                                     float factor) {
  for (Index r = from; r < to; r++) {
    const float *d = dw + r * width, *p = w + r * width;
    const float sum = Dot(d, p, width);
    IN_LANES(0, width) Store(ds + r * width + i, (Load(d + i, n) - sum) * Load(p + i, n) * factor, n);
  }
}

void SoftmaxPullback(void* factor, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *dw = run.In(0), *w = run.In(1);
  if (!run.Good()) return;
  const Index width = LastOf(w);
  if (width == 0 || SizeOf(dw) != SizeOf(w)) return run.Fail("weights and gradient are of different shapes");
  float* ds = run.Out(0, ShapeOf(w));
  if (!run.Good()) return;
  InParts(SizeOf(w) / width, width, [&](Index from, Index to) {
    SoftmaxRowsBack(Floats(dw), Floats(w), ds, from, to, width, NumberOf(factor));
  });
}

// cross-entropy ----------------------------------------------------------------------------------

EVERY_PROCESSOR void EntropyRows(const float* logits, const int32_t* id, const float* weight, float* losses, float* d,
                                 Index from, Index to, Index vocab) {
  for (Index r = from; r < to; r++) {
    const float* row = logits + r * vocab;
    float* out = d + r * vocab;
    const float top = Largest(row, vocab);
    // sums of 1,024 terms each, summed in double precision
    double sum = 0.0;
    for (Index start = 0; start < vocab; start += 1024) {
      Lanes part = All(0.0f);
      IN_LANES(start, (start + 1024 < vocab ? start + 1024 : vocab)) {
        const Lanes e = Exp(Load(row + i, n, -INFINITY) - top);
        part += e;
        Store(out + i, e, n);
      }
      sum += Sum(part);
    }
    const Index target = id[r];
    losses[r] = static_cast<float>(std::log(sum)) - (row[target] - top);
    const float factor = static_cast<float>(weight[r] / sum);
    IN_LANES(0, vocab) Store(out + i, Load(out + i, n) * factor, n);
    out[target] -= weight[r];
  }
}

void TokenCrossEntropy(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *logits = run.In(0), *id = run.In(1), *weight = run.In(2);
  if (!run.Good()) return;
  const Index vocab = LastOf(logits), rows = TF_Dim(logits, 0);
  if (TF_NumDims(logits) != 2 || SizeOf(id) != rows || SizeOf(weight) != rows)
    return run.Fail("tokens or weights do not fit the rows");
  const int32_t* ids = static_cast<const int32_t*>(TF_TensorData(id));
  for (Index r = 0; r < rows; r++)
    if (ids[r] < 0 || ids[r] >= vocab) return run.Fail("a token is not in the vocabulary");
  float* losses = run.Out(0, {rows});
  float* d = run.Out(1, ShapeOf(logits));
  if (!run.Good()) return;
  InParts(rows, vocab, [&](Index from, Index to) {
    EntropyRows(Floats(logits), ids, Floats(weight), losses, d, from, to, vocab);
  });
}

// attention over a cache -------------------------------------------------------------------------

struct Cached {
  const float *q, *k, *v, *cos, *sin, *mask;
  float *keys, *values, *context;
  Index chunk, heads, groups, width, capacity, total, tableRows;
  float factor;
};

/** One key head of one row: its new keys and values are turned and stored, then every query of its group looks at all slots. */
EVERY_PROCESSOR void AttendGroups(const Cached& c, Index from, Index to) {
  const Index used = c.total - c.chunk, half = c.width / 2, members = c.heads / c.groups;
  std::vector<float> scratch(static_cast<size_t>(c.width + c.total));
  float* query = scratch.data();
  float* weights = query + c.width;
  for (Index at = from; at < to; at++) {
    const Index n = at / c.groups, g = at % c.groups;
    float* keys = c.keys + at * c.capacity * c.width;
    float* values = c.values + at * c.capacity * c.width;
    const Index table = (n % c.tableRows) * c.chunk;
    for (Index t = 0; t < c.chunk; t++) {
      const Index source = ((n * c.chunk + t) * c.groups + g) * c.width, turn = (table + t) * half;
      Turn(c.k + source, c.cos + turn, c.sin + turn, keys + (used + t) * c.width, half, 1.0f);
      std::memcpy(values + (used + t) * c.width, c.v + source, static_cast<size_t>(c.width) * sizeof(float));
    }
    for (Index t = 0; t < c.chunk; t++) {
      const Index turn = (table + t) * half;
      const float* mask = c.mask + (n * c.chunk + t) * c.total;
      for (Index m = 0; m < members; m++) {
        const Index place = ((n * c.chunk + t) * c.heads + g * members + m) * c.width;
        Turn(c.q + place, c.cos + turn, c.sin + turn, query, half, 1.0f);
        IN_LANES(0, c.width) Store(query + i, Load(query + i, n) * c.factor, n);
        for (Index s = 0; s < c.total; s++) weights[s] = Dot(query, keys + s * c.width, c.width);
        SoftmaxRow(weights, mask, weights, c.total);
        float* out = c.context + place;
        IN_LANES(0, c.width) {
          Lanes sum = All(0.0f);
          for (Index s = 0; s < c.total; s++) sum += weights[s] * Load(values + s * c.width + i, n);
          Store(out + i, sum, n);
        }
      }
    }
  }
}

/** The cache is written in place: its first total - chunk slots stay, the chunk's are appended. */
void CachedAttention(void* factor, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *q = run.In(0), *k = run.In(1), *v = run.In(2), *cos = run.In(3), *sin = run.In(4),
                  *keys = run.In(5), *values = run.In(6), *mask = run.In(7);
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

// registration -----------------------------------------------------------------------------------

void AnyShape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

struct Description {
  const char* name;
  std::vector<const char*> inputs, outputs;
  bool number;
  void (*compute)(void*, TF_OpKernelContext*);
};

bool Register(const Description& d) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(d.name);
  for (const char* input : d.inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : d.outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  if (d.number) TF_OpDefinitionBuilderAddAttr(op, "number: float");
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, AnyShape);
  TF_RegisterOpDefinition(op, status);
  bool good = TF_GetCode(status) == 0;
  if (good) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(d.name, "CPU", d.number ? Number : nullptr, d.compute,
                                                   d.number ? Forget : nullptr);
    TF_RegisterKernelBuilder(d.name, kernel, status);
    good = TF_GetCode(status) == 0;
  }
  TF_DeleteStatus(status);
  return good;
}

bool RegisterAll() {
  const std::vector<Description> all = {
      {"SafeRmsNorm", {"x: float", "gain: float"}, {"y: float", "scale: float"}, true, RmsNorm},
      {"SafeScaleRows", {"x: float", "scale: float", "gain: float"}, {"y: float"}, false, ScaleRows},
      {"SafeRmsNormPullback", {"dy: float", "x: float", "scale: float", "gain: float"}, {"dx: float"}, false,
       RmsNormPullback},
      {"SafeRotateHalves", {"x: float", "cos: float", "sin: float"}, {"y: float"}, true, RotateHalves},
      {"SafeGatedSilu", {"gate: float", "up: float"}, {"y: float"}, false, GatedSilu},
      {"SafeGatedSiluPullback", {"gate: float", "up: float", "dy: float"}, {"dgate: float", "dup: float"}, false,
       GatedSiluPullback},
      {"SafeMaskedSoftmax", {"x: float", "mask: float"}, {"y: float"}, false, MaskedSoftmax},
      {"SafeSoftmaxPullback", {"dw: float", "w: float"}, {"ds: float"}, true, SoftmaxPullback},
      {"SafeTokenCrossEntropy", {"logits: float", "id: int32", "weight: float"}, {"losses: float", "dlogits: float"},
       false, TokenCrossEntropy},
      {"SafeCachedAttention",
       {"q: float", "k: float", "v: float", "cos: float", "sin: float", "keys: float", "values: float",
        "mask: float"},
       {"context: float"}, true, CachedAttention}};
  for (const Description& d : all)
    if (!Register(d)) return false;
  return true;
}

}  // namespace

NAPI_MODULE_INIT() {
  static const bool registered = RegisterAll();
  napi_value value;
  napi_get_boolean(env, registered, &value);
  napi_set_named_property(env, exports, "registered", value);
  return exports;
}
`
