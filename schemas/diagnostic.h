#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace thaw {

/// One finding about an experiment: where it is, what is wrong, and what to write instead.
struct Diagnostic {
  std::string file;         ///< as the user named it, or "--set FIELD=VALUE"
  int line = 0;             ///< from 1; 0: no line (a missing file, a whole-file finding)
  int column = 0;           ///< from 1
  std::string field_path;   ///< "train.optimizer.sgd.learning_rate", "model.layer[3]"; may be empty
  std::string message;      ///< "unknown field"
  std::string expectation;  ///< "expected a field of Sgd"; may be empty
  std::string nearest;      ///< the nearest valid name; may be empty

  /// "FILE:LINE:COL: FIELD: MESSAGE\n  EXPECTATION; nearest: NEAREST" without the parts that are empty.
  std::string text() const;
};

/// Bad input: every finding at once. Exit code 2.
class InputError : public std::exception {
 public:
  explicit InputError(std::vector<Diagnostic> findings);
  /// One finding that has no place in the experiment file.
  explicit InputError(std::string message);

  const std::vector<Diagnostic>& findings() const { return findings_; }
  /// All findings, one after the other.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::vector<Diagnostic> findings_;
  std::string text_;
};

/// A defect of thaw itself: exit code 1.
class InternalError : public std::exception {
 public:
  explicit InternalError(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// The operating system refused something: a file and its cause are in the message. Exit code 1.
class IoError : public std::exception {
 public:
  /// "PATH: WHAT: strerror(error_number)".
  IoError(const std::string& path, const std::string& what, int error_number);
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// `text` with control characters as "\\x1b": names from foreign files must not steer a terminal.
std::string printable(const std::string& text);

/// Of `candidates`, the one nearest to `name` by edit distance (case ignored); empty if none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace thaw
