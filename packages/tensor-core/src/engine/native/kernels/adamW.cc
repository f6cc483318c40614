/* One update of AdamW over flat vectors, into new memory or in place. */
#include <cmath>

#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

namespace {

/** As the op's input lists them. */
struct Constants {
  float beta1, rest1, beta2, rest2, decay, root, epsilon, rate, clip;
};
constexpr Index kConstants = 9;

}  // namespace

/** m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- decay p - rate m / (sqrt(v) / root + eps), with g clipped */
static EVERY_PROCESSOR void Update(const Constants& c, const float* p, const float* m, const float* v, const float* g,
                                   float* toP, float* toM, float* toV, Index from, Index to) {
#pragma GCC ivdep
  for (Index i = from; i < to; i++) {
    const float d = g[i] * c.clip;
    const float nextM = m[i] * c.beta1 + d * c.rest1;
    const float nextV = v[i] * c.beta2 + d * d * c.rest2;
    const float below = std::sqrt(nextV) / c.root + c.epsilon;
    toP[i] = p[i] * c.decay - nextM / below * c.rate;
    toM[i] = nextM;
    toV[i] = nextV;
  }
}

static void RunUpdate(TF_OpKernelContext* context, bool inPlace) {
  Run run(context);
  const TF_Tensor *p = run.In(0), *m = run.In(1), *v = run.In(2), *g = run.In(3), *constants = run.In(4);
  if (!run.Good()) return;
  const Index size = SizeOf(p);
  if (SizeOf(m) != size || SizeOf(v) != size || SizeOf(g) != size)
    return run.Fail("parameters, moments and gradient are of different sizes");
  if (SizeOf(constants) != kConstants) return run.Fail("AdamW takes nine constants");
  const float* n = Floats(constants);
  const Constants c{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]};
  float *toP = Floats(p), *toM = Floats(m), *toV = Floats(v);
  if (inPlace) {
    float* size = run.Out(0, {1});
    if (!run.Good()) return;
    *size = static_cast<float>(SizeOf(p));
  } else {
    toP = run.Out(0, ShapeOf(p));
    toM = run.Out(1, ShapeOf(p));
    toV = run.Out(2, ShapeOf(p));
    if (!run.Good()) return;
  }
  InParts(size, 8, [&](Index from, Index to) {
    Update(c, Floats(p), Floats(m), Floats(v), Floats(g), toP, toM, toV, from, to);
  });
}

void AdamW(void*, TF_OpKernelContext* context) { RunUpdate(context, false); }
void AdamWInPlace(void*, TF_OpKernelContext* context) { RunUpdate(context, true); }

}  // namespace safe
