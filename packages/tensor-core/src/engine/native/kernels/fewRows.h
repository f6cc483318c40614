/* Products x W^T of few rows x with a large matrix W, in float32 or bfloat16: the speed is that of reading W once. */
#pragma once

#include <vector>

#include "lanes.h"
#include "parallel.h"

struct TF_Tensor;

namespace safe {

/** W [rows, cols], row after row. */
struct Matrix {
  const void* data = nullptr;
  /** bfloat16 instead of float32 */
  bool brief = false;
  Index rows = 0, cols = 0;
};

/** Whether the tensor is a matrix of this many columns, or empty (for a matrix that is absent). */
bool MatrixOf(const TF_Tensor* t, Matrix* matrix);

/** x [count, cols] in the order in which the kernels read it. */
class Operand {
 public:
  /** @param rounded first rounds the values to bfloat16 */
  void Set(const float* x, Index count, Index cols, bool brief, bool rounded);
  const float* Row(Index r) const { return data_.data() + r * stride_; }
  Index Stride() const { return stride_; }
  Index Count() const { return count_; }

 private:
  std::vector<float> data_;
  Index stride_ = 0, count_ = 0;
};

/** y [count, rows of W] = x W^T + bias; the rows of y are `stride` apart. */
struct Product {
  Matrix w;
  const float* bias = nullptr;
  float* y = nullptr;
  Index stride = 0;
  /** The product is rounded to bfloat16 before the bias is added. */
  bool rounded = false;
};

/** All products of one operand, on all threads; the matrices have the same type. */
void Multiply(const Operand& x, const Product* products, Index count);

/** y[r * stride + o] = x_r w_o for the rows o in [from, to) of a float32 matrix, on this thread. */
void MultiplyPart(const float* x, Index count, Index xStride, const float* w, Index cols, Index from, Index to, float* y,
                  Index stride);

}  // namespace safe
