#include "runner/train/weights/source.h"

#include <filesystem>
#include <sstream>
#include <utility>

#include "graph/onnx/read.h"
#include "runner/store/durable_file.h"
#include "runner/store/real_numbers.h"
#include "runner/store/run_weights.h"
#include "runner/store/sha256.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

void expect_file(const std::string& place) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(place, ignored)) throw InputError(place + ": is no file");
}

class SafetensorsWeights : public WeightSource {
 public:
  SafetensorsWeights(const std::string& title, const std::string& place) : reader_(place) {
    title_ = title;
    place_ = place;
    for (const TensorEntry& entry : reader_.tensors()) {
      tensors_.push_back({entry.name, entry.shape, real_number_bytes(entry.dtype) > 0, entry.dtype});
    }
  }

  std::string read(const std::set<std::string>& names, const std::function<void(NamedTensor)>& take) override {
    return reader_.read_through([&](const TensorEntry& entry) { return names.count(entry.name) > 0; }, take);
  }

 private:
  SafetensorsReader reader_;
};

class OnnxWeights : public WeightSource {
 public:
  OnnxWeights(const std::string& title, const std::string& place) {
    title_ = title;
    place_ = place;
    // Read once, so that the hash is of what was understood; let go before any value is decoded.
    std::string bytes = read_file(place);
    sha256_ = sha256_hex(bytes);
    std::istringstream stream(std::move(bytes));
    file_ = std::make_unique<OnnxFile>(place, stream);
    for (const OnnxTensor& tensor : file_->initializer_tensors()) {
      tensors_.push_back({tensor.name, tensor.shape, tensor.is_real, tensor.type});
    }
  }

  std::string read(const std::set<std::string>& names, const std::function<void(NamedTensor)>& take) override {
    for (const SourceTensor& tensor : tensors_) {
      if (names.count(tensor.name) == 0) continue;
      take({tensor.name, tensor.shape, file_->initializer_values(tensor.name)});
    }
    file_.reset();
    return sha256_;
  }

 private:
  std::string sha256_;
  std::unique_ptr<OnnxFile> file_;
};

class FinishedRunWeights : public WeightSource {
 public:
  FinishedRunWeights(const std::string& title, const std::string& run_folder) {
    title_ = title;
    auto found = read_run_weights(run_folder);
    if (!found)
      throw InputError(run_folder + ": holds no best weights: it is no run's folder, or no epoch was finished");
    weights_ = std::move(*found);
    for (const std::string& path : weights_.paths) {
      place_ += (place_.empty() ? "" : ", ") + path;
      const std::string hash =
          SafetensorsReader(path).read_through([](const TensorEntry&) { return false; }, [](const NamedTensor&) {});
      sha256_ += (sha256_.empty() ? "" : ", ") + hash;
    }
    for (const NamedTensor& tensor : weights_.tensors) tensors_.push_back({tensor.name, tensor.shape, true, "F32"});
  }

  std::string read(const std::set<std::string>& names, const std::function<void(NamedTensor)>& take) override {
    for (NamedTensor& tensor : weights_.tensors) {
      if (names.count(tensor.name) > 0) take(std::move(tensor));
      tensor.values = {};
    }
    return sha256_;
  }

 private:
  RunWeights weights_;
  std::string sha256_;
};

class ForeseenWeights : public WeightSource {
 public:
  ForeseenWeights(const std::string& title, const std::map<std::string, Shape>& parameters) {
    title_ = title;
    for (const auto& [name, shape] : parameters) tensors_.push_back({name, shape, true, "F32"});
  }

  bool has_values() const override { return false; }
  std::string read(const std::set<std::string>&, const std::function<void(NamedTensor)>&) override {
    throw InternalError(title_ + ": has no weights yet");
  }
};

}  // namespace

std::unique_ptr<WeightSource> open_safetensors_weights(const std::string& title, const std::string& place) {
  expect_file(place);
  return std::make_unique<SafetensorsWeights>(title, place);
}

std::unique_ptr<WeightSource> open_onnx_weights(const std::string& title, const std::string& place) {
  expect_file(place);
  return std::make_unique<OnnxWeights>(title, place);
}

std::unique_ptr<WeightSource> open_run_weights(const std::string& title, const std::string& run_folder) {
  return std::make_unique<FinishedRunWeights>(title, run_folder);
}

std::unique_ptr<WeightSource> foreseen_weights(const std::string& title,
                                               const std::map<std::string, Shape>& parameters) {
  return std::make_unique<ForeseenWeights>(title, parameters);
}

}  // namespace thaw
