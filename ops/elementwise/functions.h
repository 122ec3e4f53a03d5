#pragma once

#include "graph/attribute.h"
#include "ops/elementwise/math.h"

// Functions of one number and their gradients, written once for every device. A function is called for its value;
// gradient(dy, z) is dy times its slope, where z is the output if kReadsOutput (the function may then overwrite its
// input), else the input. Comparisons are written so that NaN passes on to where divergence is noticed.
// Sources: the ONNX operators of these names; Mish: Misra, "Mish" (2019); Swish: Ramachandran et al. (2017), beta 1.
namespace thaw::functions {

struct Relu {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return x < 0 ? 0 : x; }
  THAW_FUNCTION float gradient(float dy, float y) const { return y > 0 ? dy : 0; }
};

/// For alpha > 0 the output has the input's sign and gradient() may read either.
struct LeakyRelu {
  static constexpr bool kReadsOutput = false;
  float alpha;
  explicit LeakyRelu(const Attributes& a) : alpha(static_cast<float>(a.real("alpha", 0.01))) {}
  THAW_FUNCTION float operator()(float x) const { return x < 0 ? alpha * x : x; }
  THAW_FUNCTION float gradient(float dy, float z) const { return z < 0 ? alpha * dy : dy; }
};

/// alpha >= 0. Left of 0 the slope is alpha e^x = y + alpha.
struct Elu {
  static constexpr bool kReadsOutput = true;
  float alpha;
  explicit Elu(const Attributes& a) : alpha(static_cast<float>(a.real("alpha", 1))) {}
  THAW_FUNCTION float operator()(float x) const { return x < 0 ? alpha * expm1(x) : x; }
  THAW_FUNCTION float gradient(float dy, float y) const { return y <= 0 ? dy * (y + alpha) : dy; }
};

/// alpha >= 0, gamma > 0.
struct Selu {
  static constexpr bool kReadsOutput = true;
  float alpha, gamma;
  explicit Selu(const Attributes& a)
      : alpha(static_cast<float>(a.real("alpha", 1.67326319217681884765625))),
        gamma(static_cast<float>(a.real("gamma", 1.05070102214813232421875))) {}
  THAW_FUNCTION float operator()(float x) const { return gamma * (x <= 0 ? alpha * expm1(x) : x); }
  THAW_FUNCTION float gradient(float dy, float y) const { return dy * (y <= 0 ? y + gamma * alpha : gamma); }
};

/// At a bound the slope counts as 0: the output does not tell a value that was clipped from one that was not.
struct Clip {
  static constexpr bool kReadsOutput = true;
  float low, high;
  explicit Clip(const Attributes& a)
      : low(a.has("min") ? static_cast<float>(a.real("min")) : -kInfinity),
        high(a.has("max") ? static_cast<float>(a.real("max")) : kInfinity) {}
  THAW_FUNCTION float operator()(float x) const {
    const float raised = x < low ? low : x;
    return raised > high ? high : raised;
  }
  THAW_FUNCTION float gradient(float dy, float y) const { return y > low && y < high ? dy : 0; }
};

struct Sigmoid {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return sigmoid(x); }
  THAW_FUNCTION float gradient(float dy, float y) const { return dy * y * (1.0F - y); }
};

struct HardSigmoid {
  static constexpr bool kReadsOutput = true;
  float alpha, beta;
  explicit HardSigmoid(const Attributes& a)
      : alpha(static_cast<float>(a.real("alpha", 0.2))), beta(static_cast<float>(a.real("beta", 0.5))) {}
  THAW_FUNCTION float operator()(float x) const {
    const float line = alpha * x + beta;
    const float raised = line < 0 ? 0 : line;
    return raised > 1 ? 1 : raised;
  }
  THAW_FUNCTION float gradient(float dy, float y) const { return y > 0 && y < 1 ? alpha * dy : 0; }
};

struct HardSwish {
  static constexpr bool kReadsOutput = false;
  THAW_FUNCTION float operator()(float x) const {
    const float line = x * (1.0F / 6) + 0.5F;
    const float raised = line < 0 ? 0 : line;
    return x * (raised > 1 ? 1 : raised);
  }
  THAW_FUNCTION float gradient(float dy, float x) const {
    const float slope = x * (1.0F / 3) + 0.5F;
    return dy * (x <= -3 ? 0 : x >= 3 ? 1 : slope);
  }
};

/// The slope sigmoid(x) is 1 - e^-y.
struct Softplus {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return softplus(x); }
  THAW_FUNCTION float gradient(float dy, float y) const { return -dy * expm1(-y); }
};

/// The slope 1 / (1 + |x|)^2 is (1 - |y|)^2.
struct Softsign {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return x / (1.0F + (x < 0 ? -x : x)); }
  THAW_FUNCTION float gradient(float dy, float y) const {
    const float rest = 1.0F - (y < 0 ? -y : y);
    return dy * rest * rest;
  }
};

struct Tanh {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return tanh(x); }
  THAW_FUNCTION float gradient(float dy, float y) const { return dy * (1.0F - y * y); }
};

struct Exp {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return exp(x); }
  THAW_FUNCTION float gradient(float dy, float y) const { return dy * y; }
};

struct Log {
  static constexpr bool kReadsOutput = false;
  THAW_FUNCTION float operator()(float x) const { return log(x); }
  THAW_FUNCTION float gradient(float dy, float x) const { return dy / x; }
};

struct Sqrt {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return __builtin_sqrtf(x); }
  THAW_FUNCTION float gradient(float dy, float y) const { return 0.5F * dy / y; }
};

struct Reciprocal {
  static constexpr bool kReadsOutput = true;
  THAW_FUNCTION float operator()(float x) const { return 1.0F / x; }
  THAW_FUNCTION float gradient(float dy, float y) const { return -dy * y * y; }
};

struct Abs {
  static constexpr bool kReadsOutput = false;
  THAW_FUNCTION float operator()(float x) const { return __builtin_fabsf(x); }
  THAW_FUNCTION float gradient(float dy, float x) const { return x > 0 ? dy : x < 0 ? -dy : 0; }
};

struct Erf {
  static constexpr bool kReadsOutput = false;
  THAW_FUNCTION float operator()(float x) const { return erf(x); }
  THAW_FUNCTION float gradient(float dy, float x) const { return dy * 1.12837917F * exp(-x * x); }
};

/// x Phi(x), exact (no tanh).
struct Gelu {
  static constexpr bool kReadsOutput = false;
  static constexpr float kRootHalf = 0.70710678F;
  THAW_FUNCTION float operator()(float x) const { return 0.5F * x * (1.0F + erf(x * kRootHalf)); }
  THAW_FUNCTION float gradient(float dy, float x) const {
    const float density = 0.39894228F * exp(-0.5F * x * x);
    return dy * (0.5F * (1.0F + erf(x * kRootHalf)) + x * density);
  }
};

struct Swish {
  static constexpr bool kReadsOutput = false;
  THAW_FUNCTION float operator()(float x) const { return x * sigmoid(x); }
  THAW_FUNCTION float gradient(float dy, float x) const {
    const float s = sigmoid(x);
    return dy * s * (1.0F + x * sigmoid(-x));  // 1 - s without the cancellation
  }
};

/// x tanh(ln(1 + w)) with w = e^x: tanh of a logarithm is (w^2 + 2 w) / (w^2 + 2 w + 2). Beyond 20 it is x.
struct Mish {
  static constexpr bool kReadsOutput = false;
  THAW_FUNCTION float operator()(float x) const {
    const float w = exp(x > 20 ? 20.0F : x), a = w * w + 2.0F * w;
    return x * (a / (a + 2.0F));
  }
  THAW_FUNCTION float gradient(float dy, float x) const {
    const float w = exp(x > 20 ? 20.0F : x), a = w * w + 2.0F * w, d = a + 2.0F;
    return dy * (a / d + x * (4.0F * w * (1.0F + w) / (d * d)));
  }
};

// Functions without a gradient operator of their own.

struct Neg {
  THAW_FUNCTION float operator()(float x) const { return -x; }
};
struct Floor {
  THAW_FUNCTION float operator()(float x) const { return __builtin_floorf(x); }
};
struct Ceil {
  THAW_FUNCTION float operator()(float x) const { return __builtin_ceilf(x); }
};
/// Half to even.
struct Round {
  THAW_FUNCTION float operator()(float x) const { return __builtin_rintf(x); }
};

// Functions of two numbers.

struct Add {
  THAW_FUNCTION float operator()(float a, float b) const { return a + b; }
};
/// Fused: the sum of a residual block.
struct AddRelu {
  THAW_FUNCTION float operator()(float a, float b) const { return Relu()(a + b); }
};
struct Sub {
  THAW_FUNCTION float operator()(float a, float b) const { return a - b; }
};
struct Mul {
  THAW_FUNCTION float operator()(float a, float b) const { return a * b; }
};
struct Div {
  THAW_FUNCTION float operator()(float a, float b) const { return a / b; }
};
struct Pow {
  THAW_FUNCTION float operator()(float a, float b) const { return __builtin_powf(a, b); }
};
/// NaN if either is, as numpy's.
struct Max {
  THAW_FUNCTION float operator()(float a, float b) const { return a != a || a > b ? a : b; }
};
struct Min {
  THAW_FUNCTION float operator()(float a, float b) const { return a != a || a < b ? a : b; }
};
struct PRelu {
  THAW_FUNCTION float operator()(float x, float slope) const { return x < 0 ? slope * x : x; }
};

// Their gradients by the first or the second number. Of equal numbers, the first takes the gradient.

struct PowGradBase {
  THAW_FUNCTION float operator()(float dy, float a, float b) const {
    return b == 0 ? 0 : dy * b * __builtin_powf(a, b - 1.0F);
  }
};
struct PowGradExponent {
  THAW_FUNCTION float operator()(float dy, float a, float b) const {
    return a == 0 && b >= 0 ? 0 : dy * __builtin_powf(a, b) * __builtin_logf(a);
  }
};
struct MaxGradFirst {
  THAW_FUNCTION float operator()(float dy, float a, float b) const { return a >= b ? dy : 0; }
};
struct MaxGradSecond {
  THAW_FUNCTION float operator()(float dy, float a, float b) const { return b > a ? dy : 0; }
};
struct MinGradFirst {
  THAW_FUNCTION float operator()(float dy, float a, float b) const { return a <= b ? dy : 0; }
};
struct MinGradSecond {
  THAW_FUNCTION float operator()(float dy, float a, float b) const { return b < a ? dy : 0; }
};
struct PReluGradInput {
  THAW_FUNCTION float operator()(float dy, float x, float slope) const { return x < 0 ? slope * dy : dy; }
};
struct PReluGradSlope {
  THAW_FUNCTION float operator()(float dy, float x, float) const { return x < 0 ? x * dy : 0; }
};

}  // namespace thaw::functions
