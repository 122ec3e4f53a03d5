#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "tests/reports/example_parts.h"

namespace thaw::test {
namespace {

cv::Mat draw_digit(const Sample& sample) {
  cv::Mat picture(std::max(sample.height(), 1), std::max(sample.width(), 1), CV_8UC1, cv::Scalar(0));
  std::vector<TrueObject> objects(sample.object().begin(), sample.object().end());
  if (objects.empty()) {
    TrueObject only;
    only.set_label(sample.true_class());
    *only.mutable_box() = sample.has_true_box() ? sample.true_box() : box_at(0.3, 0.3, 0.37, 0.37);
    objects.push_back(only);
  }
  for (const TrueObject& object : objects) {
    const cv::Point origin(static_cast<int>(object.box().xmin() * static_cast<float>(sample.width())) + 5,
                           static_cast<int>(object.box().ymax() * static_cast<float>(sample.height())) - 4);
    cv::putText(picture, std::to_string(object.label() % 10), origin, cv::FONT_HERSHEY_SIMPLEX, 0.9, cv::Scalar(235), 2,
                cv::LINE_AA);
  }
  return picture;
}

void write_pictures(const std::string& folder, const google::protobuf::RepeatedPtrField<Sample>& samples) {
  for (const Sample& sample : samples) cv::imwrite(folder + "/" + sample.image(), draw_digit(sample));
}

}  // namespace

std::string record_bytes(const std::vector<Event>& events) {
  std::string bytes;
  const auto add_number = [&bytes](std::uint64_t number) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 255);
  };
  for (const Event& event : events) {
    const std::string payload = event.SerializeAsString();
    add_number(payload.size());
    add_number(crc32(0, reinterpret_cast<const Bytef*>(payload.data()), static_cast<uInt>(payload.size())));
    bytes += payload;
  }
  return bytes;
}

std::string write_run(const std::string& folder, const std::vector<Event>& events) {
  std::filesystem::create_directories(folder + "/samples");
  std::ofstream(folder + "/record.binpb", std::ios::binary) << record_bytes(events);
  for (const Event& event : events) {
    write_pictures(folder, event.data_preview().sample());
    write_pictures(folder, event.evaluation().sample());
    write_pictures(folder, event.evaluation().worst());
  }
  return folder;
}

}  // namespace thaw::test
