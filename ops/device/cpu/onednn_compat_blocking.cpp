#include "ops/device/cpu/onednn_compat_blocking.h"

#include <array>
#include <map>

namespace thaw::cpu {

using dnnl::memory;

#if DNNL_VERSION_MAJOR == 2

std::optional<Blocking> blocking_of(const memory::desc& desc) {
  const auto& data = desc.data;
  if (data.format_kind != dnnl_blocked || data.offset0 != 0) return std::nullopt;
  const auto shape = [&](const dnnl_dim_t* from) { return Shape(from, from + data.ndims); };
  const auto& lies = data.format_desc.blocking;
  Blocking found{shape(data.dims), shape(data.padded_dims), shape(lies.strides), {}};
  for (int i = 0; i < lies.inner_nblks; ++i) {
    found.inner.push_back({static_cast<int>(lies.inner_idxs[i]), lies.inner_blks[i]});
  }
  return found;
}

memory::dims dims_of(const memory::desc& desc) { return desc.dims(); }

memory::data_type data_type_of(const memory::desc& desc) { return desc.data_type(); }

#else

std::optional<Blocking> blocking_of(const memory::desc& desc) {
  if (desc.get_format_kind() != memory::format_kind::blocked || desc.get_submemory_offset() != 0) return std::nullopt;
  Blocking found{desc.get_dims(), desc.get_padded_dims(), desc.get_strides(), {}};
  const memory::dims axes = desc.get_inner_idxs(), sizes = desc.get_inner_blks();
  for (std::size_t i = 0; i < axes.size(); ++i) found.inner.push_back({static_cast<int>(axes[i]), sizes[i]});
  return found;
}

memory::dims dims_of(const memory::desc& desc) { return desc.get_dims(); }

memory::data_type data_type_of(const memory::desc& desc) { return desc.get_data_type(); }

#endif

memory::format_tag channel_block_tag(std::size_t rank, std::int64_t block) {
  using Tag = memory::format_tag;
  static const std::map<std::int64_t, std::array<Tag, 3>> kTags{{4, {Tag::aBc4b, Tag::aBcd4b, Tag::aBcde4b}},
                                                                {8, {Tag::aBc8b, Tag::aBcd8b, Tag::aBcde8b}},
                                                                {16, {Tag::aBc16b, Tag::aBcd16b, Tag::aBcde16b}}};
  const auto of_block = kTags.find(block);
  return of_block == kTags.end() || rank < 3 || rank > 5 ? Tag::undef : of_block->second[rank - 3];
}

std::string isa_text() {
  using Isa = dnnl::cpu_isa;
  static const std::map<Isa, std::string> kNames {
    {Isa::sse41, "sse41"}, {Isa::avx, "avx"}, {Isa::avx2, "avx2"}, {Isa::avx2_vnni, "avx2_vnni"},
#if DNNL_VERSION_MAJOR == 3
        {Isa::avx2_vnni_2, "avx2_vnni_2"}, {Isa::avx512_core_fp16, "avx512_core_fp16"},
        {Isa::avx512_core_amx_fp16, "avx512_core_amx_fp16"},
#endif
        {Isa::avx512_core, "avx512_core"}, {Isa::avx512_core_vnni, "avx512_core_vnni"},
        {Isa::avx512_core_bf16, "avx512_core_bf16"}, {
      Isa::avx512_core_amx, "avx512_core_amx"
    }
  };
  const Isa isa = dnnl::get_effective_cpu_isa();
  const auto name = kNames.find(isa);
  return name != kNames.end() ? name->second : "isa_" + std::to_string(static_cast<int>(isa));
}

}  // namespace thaw::cpu
