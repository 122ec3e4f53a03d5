#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "graph/shape.h"

namespace thaw {

/// How a tensor lies in a device's memory. Shapes stay logical (N x C x H x W) whatever the layout.
class Layout {
 public:
  virtual ~Layout() = default;
  virtual std::size_t bytes() const = 0;  ///< padding included
  /// Whether numbers are as the parameter store keeps them: f32 or i32.
  virtual bool is_storable() const = 0;
  virtual bool equals(const Layout& other) const = 0;
  virtual std::string text() const = 0;  ///< "aBcd16b"
};

using LayoutPtr = std::shared_ptr<const Layout>;

}  // namespace thaw
