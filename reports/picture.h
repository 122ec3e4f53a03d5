#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "schemas/run_record.pb.h"

namespace thaw::reports {

/// The pictures of a run folder, as text for the page, until the page is full.
class Pictures {
 public:
  explicit Pictures(std::string run_folder) : run_folder_(std::move(run_folder)) {}

  /// data:image/...;base64,... of a PNG under samples/, photographs as JPEGs no larger than the page shows them;
  /// nothing if there is none or the page has no room for it.
  std::optional<std::string> data_uri(const std::string& path);
  /// Pictures that found no room.
  int left_out() const { return left_out_; }

 private:
  std::string run_folder_;
  std::size_t embedded_bytes_ = 0;
  int left_out_ = 0;
};

/// A box on a picture: true ones are drawn solid, predicted ones dashed.
struct DrawnBox {
  BoxValue box;
  bool is_predicted = false;
  std::string label;  ///< written at its corner; may be empty
};

/// `uri` with boxes over it. `alternative` is what the picture shows, in words.
std::string draw_picture(const Sample& sample, const std::string& uri, const std::vector<DrawnBox>& boxes,
                         const std::string& alternative);

}  // namespace thaw::reports
