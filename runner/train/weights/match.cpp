#include "runner/train/weights/match.h"

#include <algorithm>

#include "runner/train/weights/describe.h"
#include "runner/train/weights/rename.h"
#include "schemas/diagnostic.h"
#include "schemas/wildcard.h"

namespace thaw {
namespace {

using Patterns = google::protobuf::RepeatedPtrField<std::string>;

std::string quoted(const std::string& name) { return "\"" + printable(name) + "\""; }

bool matches_any(const Patterns& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_wildcard(pattern, name); });
}

/// Whether two kernels differ in the number of input channels alone.
bool differ_in_channels(const Shape& a, const Shape& b) {
  return a.size() == 4 && b.size() == 4 && a[0] == b[0] && a[1] != b[1] && b[1] > 0 && a[2] == b[2] && a[3] == b[3];
}

class Matching {
 public:
  Matching(const Weights& weights, const WeightTarget& target, const WeightSource& source, const std::string& field,
           Findings& findings)
      : rules_(weights), target_(target), source_(source), field_(field), findings_(findings) {}

  WeightMatch run() {
    check_patterns();
    auto renamed = rename_tensors(rules_, target_, source_, field_, findings_);
    if (!renamed) return {};  // a table by wrong names would only hide why they are wrong
    tensors_ = std::move(*renamed);
    for (const RenamedTensor& tensor : tensors_) by_name_[tensor.name] = tensor.tensor;
    for (const WeightSlot& slot : target_.slots) match(slot);
    for (const RenamedTensor& tensor : tensors_) leave_over(tensor);
    if (is_refused_) refuse();
    return std::move(match_);
  }

 private:
  std::string local(const WeightSlot& slot) const { return slot.name.substr(target_.prefix.size()); }

  void check_patterns() {
    std::vector<std::string> parameters, tensors;
    for (const WeightSlot& slot : target_.slots) parameters.push_back(local(slot));
    for (const SourceTensor& tensor : source_.tensors()) tensors.push_back(tensor.name);
    check(rules_.allow_missing(), "allow_missing", parameters, "parameter of " + target_.title);
    check(rules_.allow_unexpected(), "allow_unexpected", tensors, "tensor of " + source_.title());
  }

  void check(const Patterns& patterns, const std::string& name, const std::vector<std::string>& names,
             const std::string& what) {
    for (int i = 0; i < patterns.size(); ++i) {
      const std::string& pattern = patterns[i];
      if (std::any_of(names.begin(), names.end(),
                      [&](const std::string& each) { return matches_wildcard(pattern, each); })) {
        continue;
      }
      findings_.add(field_ + "." + name + "[" + std::to_string(i) + "]", quoted(pattern) + " matches no " + what,
                    "expected the name of one; * stands for any characters", pattern, names);
    }
  }

  WeightRow& row(WeightRow::State state) {
    match_.rows.emplace_back();
    match_.rows.back().set_state(state);
    return match_.rows.back();
  }

  void match(const WeightSlot& slot) {
    const bool is_kernel = slot.shape.size() == 4;
    const bool is_first_convolution = is_kernel && !has_convolution_;
    has_convolution_ = has_convolution_ || is_kernel;
    const auto found = by_name_.find(local(slot));
    const bool may_be_missing = matches_any(rules_.allow_missing(), local(slot));
    WeightRow& added = row(WeightRow::LOADED);
    added.set_parameter(slot.name);
    added.set_shape(to_text(slot.shape));
    if (found == by_name_.end()) {
      added.set_state(WeightRow::MISSING);
      is_refused_ = is_refused_ || !may_be_missing;
      return;
    }
    const SourceTensor& tensor = *found->second;
    taken_.insert(tensor.name);
    added.set_tensor(tensor.name);
    if (tensor.shape != slot.shape) {
      added.set_source_shape(to_text(tensor.shape));
      const bool is_adapted =
          is_first_convolution && rules_.adapt_first_convolution() && differ_in_channels(slot.shape, tensor.shape);
      if (!is_adapted) {
        added.set_state(WeightRow::SHAPE_MISMATCH);
        is_refused_ = is_refused_ || !may_be_missing || !matches_any(rules_.allow_unexpected(), tensor.name);
        return;
      }
      added.set_state(WeightRow::ADAPTED);
      match_.adapted.insert(slot.name);
    }
    if (!tensor.is_real) {
      findings_.add(field_,
                    "tensor " + quoted(tensor.name) + " of " + source_.title() + " is of type " + tensor.type +
                        ", which is no weight of " + quoted(slot.name),
                    "expected floating-point numbers");
    }
    match_.parameter_of[tensor.name] = slot.name;
  }

  void leave_over(const RenamedTensor& tensor) {
    const std::string full = target_.prefix + tensor.name;
    if (taken_.count(tensor.tensor->name) > 0 || target_.given.count(full) > 0) return;
    const bool is_allowed = matches_any(rules_.allow_unexpected(), tensor.tensor->name);
    if (!is_allowed && target_.left_out.count(full.substr(0, full.find('/'))) > 0) return;
    WeightRow& added = row(WeightRow::UNEXPECTED);
    added.set_tensor(tensor.tensor->name);
    added.set_source_shape(to_text(tensor.tensor->shape));
    left_over_.push_back(tensor);
    is_refused_ = is_refused_ || !is_allowed;
  }

  /// For a parameter that is missing: the tensor that was probably meant.
  std::string nearest(const WeightSlot& slot) const {
    std::vector<std::string> names, fitting;
    for (const RenamedTensor& tensor : left_over_) {
      names.push_back(tensor.name);
      if (tensor.tensor->shape == slot.shape) fitting.push_back(tensor.name);
    }
    std::string found = nearest_name(local(slot), fitting);
    if (found.empty()) found = fitting.size() == 1 ? fitting[0] : nearest_name(local(slot), names);
    for (const RenamedTensor& tensor : left_over_) {
      if (tensor.name == found) return tensor.tensor->name;
    }
    return {};
  }

  void refuse() {
    RefusedWeights refused{target_.title, source_.title(), {}, {}, {}, {}};
    refused.is_of_model = target_.prefix.empty();
    std::size_t i = 0;
    for (const WeightSlot& slot : target_.slots) {
      const WeightRow& checked = match_.rows[i++];
      refused.notes.emplace_back();
      if (checked.state() == WeightRow::MISSING) {
        const std::string near = nearest(slot);
        if (!near.empty()) refused.notes.back() = "nearest: " + printable(near);
        if (refused.missing.empty() && !matches_any(rules_.allow_missing(), local(slot))) refused.missing = local(slot);
      }
      if (checked.state() == WeightRow::SHAPE_MISMATCH) {
        const SourceTensor& tensor = *by_name_.at(local(slot));
        if (refused.mismatched.empty()) refused.mismatched = local(slot);
        if (i - 1 == first_kernel() && differ_in_channels(slot.shape, tensor.shape)) refused.can_be_adapted = true;
      }
    }
    for (const RenamedTensor& tensor : left_over_) {
      if (matches_any(rules_.allow_unexpected(), tensor.tensor->name)) continue;
      refused.unexpected = tensor.tensor->name;
      break;
    }
    findings_.add(field_, refused_text(refused, match_.rows), refused_advice(refused));
  }

  std::size_t first_kernel() const {
    std::size_t i = 0;
    while (i < target_.slots.size() && target_.slots[i].shape.size() != 4) ++i;
    return i;
  }

  const Weights& rules_;
  const WeightTarget& target_;
  const WeightSource& source_;
  const std::string& field_;
  Findings& findings_;
  std::vector<RenamedTensor> tensors_, left_over_;
  std::map<std::string, const SourceTensor*> by_name_;
  std::set<std::string> taken_;
  WeightMatch match_;
  bool is_refused_ = false, has_convolution_ = false;
};

}  // namespace

WeightMatch match_weights(const Weights& weights, const WeightTarget& target, const WeightSource& source,
                          const std::string& field, Findings& findings) {
  return Matching(weights, target, source, field, findings).run();
}

}  // namespace thaw
