#pragma once

#include <dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "graph/shape.h"

/// What oneDNN knows of itself and of layouts, which 2.x keeps in a struct and 3.x behind queries.
namespace thaw::cpu {

/// A layout taken apart. The stride of an axis in blocks is that of whole blocks; strides are in elements.
struct Blocking {
  struct InnerBlock {
    int axis = 0;
    std::int64_t size = 1;
  };
  Shape extents, padded_extents, strides;
  std::vector<InnerBlock> inner;  ///< blocks side by side, the innermost last

  int rank() const { return static_cast<int>(extents.size()); }
};

/// Nothing if the layout is opaque, empty, left to the primitive, or part of a larger tensor.
std::optional<Blocking> blocking_of(const dnnl::memory::desc& desc);

dnnl::memory::dims dims_of(const dnnl::memory::desc& desc);
dnnl::memory::data_type data_type_of(const dnnl::memory::desc& desc);

/// Blocks of channels: aBcd16b for rank 4 and blocks of 16. `undef` if oneDNN has no such layout.
dnnl::memory::format_tag channel_block_tag(std::size_t rank, std::int64_t block);

/// oneDNN's name of the newest instruction set that it uses here: "avx512_core_bf16".
std::string isa_text();

}  // namespace thaw::cpu
