#pragma once

#include <google/protobuf/text_format.h>

#include <stdexcept>
#include <string>

#include "runner/train/session.h"
#include "runner/train/strategy.h"
#include "schemas/diagnostic.h"

namespace thaw {

/// An experiment as people write it; what a session does not look at (its name, its data) may be left out.
inline Experiment experiment_of(const std::string& text) {
  Experiment config;
  if (!google::protobuf::TextFormat::ParseFromString(text, &config)) throw std::runtime_error("no experiment: " + text);
  return config;
}

/// With the rules that its strategy stands for. Throws InputError with what that finds.
inline Experiment with_rules(Experiment config, const ModelFiles& files = {}) {
  Findings findings;
  Experiment plain = config;
  plain.clear_transfer();
  const BuiltGraph built = build_training(plain, files, findings);
  findings.throw_if_any();
  expand_strategy(config, {built, parameters_with_values(built.model)}, findings);
  findings.throw_if_any();
  return config;
}

inline Session session_of(const Experiment& config, const ModelFiles& files = {}) {
  Findings findings;
  Session session(config, findings, make_cpu_device(2), files);
  session.initialize(config.seed());
  return session;
}

/// What building it finds, or "fine".
inline std::string findings_of(const Experiment& config, const ModelFiles& files = {}) {
  try {
    session_of(config, files);
  } catch (const InputError& error) {
    return error.what();
  }
  return "fine";
}

inline std::vector<float> tensor_of(const Session& session, const std::string& name) {
  for (const NamedTensor& tensor : session.tensors(true)) {
    if (tensor.name == name) return tensor.values;
  }
  throw std::runtime_error("no tensor " + name);
}

}  // namespace thaw
