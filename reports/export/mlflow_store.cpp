#include "reports/export/mlflow_store.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "reports/export/names.h"
#include "reports/html.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

/// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>. It only has to give the same ID again.
std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// A scalar of a meta.yaml as MLflow writes it: plain, in quotes, or in apostrophes.
std::string scalar(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.pop_back();
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') return text.substr(1, text.size() - 2);
  return without_quotes(text);
}

/// The experiment's name, from its meta.yaml; empty if there is none.
std::string name_of_experiment(const fs::path& folder) {
  std::ifstream file(folder / "meta.yaml");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("name: ")) return scalar(line.substr(6));
  }
  return {};
}

}  // namespace

std::string experiment_in(const std::string& store, const std::string& name) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store, error)) {
    if (entry.is_directory(error) && name_of_experiment(entry.path()) == name) {
      found.push_back(entry.path().filename().string());
    }
  }
  if (!found.empty()) return *std::min_element(found.begin(), found.end());
  constexpr std::uint64_t kLeast = 100'000'000'000'000'000, kCount = 900'000'000'000'000'000;
  return std::to_string(kLeast + fnv1a(name) % kCount);
}

std::string run_id_in(const std::string& experiment, const std::string& thaw_id) {
  std::string id;
  for (const char c : thaw_id) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) id += c;
  }
  id = id.substr(0, 16);
  static const char* const kDigits = "0123456789abcdef";
  for (std::uint64_t round = 0; id.size() < 32; ++round) {
    std::uint64_t hash = fnv1a(experiment + "/" + thaw_id + "/" + std::to_string(round));
    for (int i = 0; i < 16 && id.size() < 32; ++i, hash >>= 4) id += kDigits[hash & 15];
  }
  return id;
}

std::string file_uri(const std::string& path) {
  static const char* const kDigits = "0123456789ABCDEF";
  static const std::string kPlain = "/-_.~";
  std::string uri = "file://";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          kPlain.find(c) != std::string::npos;
    uri += is_plain ? std::string(1, c) : std::string{'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return uri;
}

std::string yaml_text(const std::string& text) {
  const std::string good = well_formed(text);
  const std::string replacement = "\xEF\xBF\xBD";
  std::string quoted = "\"";
  for (std::size_t i = 0; i < good.size(); ++i) {
    const auto byte = static_cast<unsigned char>(good[i]);
    const auto next = static_cast<unsigned char>(i + 1 < good.size() ? good[i + 1] : 0);
    const auto third = static_cast<unsigned char>(i + 2 < good.size() ? good[i + 2] : 0);
    if (byte < 0x20 || byte == 0x7F) {
      quoted += replacement;
    } else if (byte == 0xC2 && next < 0xA0) {  // U+0080 to U+009F
      quoted += replacement;
      i += 1;
    } else if (byte == 0xEF && next == 0xBF && third >= 0xBE) {  // U+FFFE, U+FFFF
      quoted += replacement;
      i += 2;
    } else {
      if (byte == '"' || byte == '\\') quoted += '\\';
      quoted += good[i];
    }
  }
  return quoted + "\"";
}

std::string experiment_yaml(const std::string& id, const std::string& name, const std::string& folder,
                            std::int64_t unix_ms) {
  const std::string time = std::to_string(unix_ms);
  return "artifact_location: " + yaml_text(file_uri(folder)) + "\ncreation_time: " + time + "\nexperiment_id: '" + id +
         "'\nlast_update_time: " + time + "\nlifecycle_stage: active\nname: " + yaml_text(name) + "\n";
}

std::string run_yaml(const MlflowRun& run) {
  const bool is_over = run.status != MlflowStatus::kRunning;
  return "artifact_uri: " + yaml_text(file_uri(run.folder + "/artifacts")) +
         "\ndeleted_time: null\nend_time: " + (is_over ? std::to_string(run.end_unix_ms) : "null") +
         "\nentry_point_name: ''\nexperiment_id: '" + run.experiment + "'\nlifecycle_stage: active\nrun_id: '" +
         run.id + "'\nrun_name: " + yaml_text(run.name) + "\nrun_uuid: '" + run.id +
         "'\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: " + std::to_string(run.begun_unix_ms) +
         "\nstatus: " + std::to_string(static_cast<int>(run.status)) + "\ntags: []\nuser_id: ''\n";
}

}  // namespace thaw::reports
