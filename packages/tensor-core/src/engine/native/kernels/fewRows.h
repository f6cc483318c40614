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
  /** @param brief for a matrix of bfloat16 @param rounded first rounds the values to bfloat16 */
  void Prepare(Index count, Index cols, bool brief, bool rounded);
  /** Takes one row; different rows may be set at the same time. */
  void SetRow(Index r, const float* x);
  const float* Row(Index r) const { return data_.data() + r * stride_; }
  Index Stride() const { return stride_; }
  Index Count() const { return count_; }

 private:
  std::vector<float> data_;
  Index stride_ = 0, count_ = 0, cols_ = 0;
  bool brief_ = false, rounded_ = false;
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

/** The parts into which the products of one operand are divided, and one of them; the matrices have the same type. */
Index Parts(const Product* products, Index count);
void MultiplyPart(const Operand& x, const Product* products, Index count, Index part);

/** y[r * stride + o] = x_r w_o for the rows o in [0, rows) of a float32 matrix. */
void MultiplyRows(const float* x, Index count, Index xStride, const float* w, Index cols, Index rows, float* y,
                  Index stride);

}  // namespace safe
