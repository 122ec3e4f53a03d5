#include "runner/sweep/live_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <utility>

#include "runner/amount_text.h"
#include "runner/sweep/attempt_end.h"
#include "runner/text_table.h"
#include "runner/train/process_facts.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using State = Scheduler::State;
using Status = MemberRecord::Status;

constexpr std::chrono::milliseconds kBetweenDrawings{200};
constexpr std::size_t kBestShown = 5;
constexpr std::size_t kAnswersShown = 10;

int window_rows() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

/// Lines without the newlines of a table.
void append_table(const std::vector<std::vector<std::string>>& rows, std::size_t first_number,
                  std::vector<std::string>& lines) {
  if (rows.empty()) return;
  std::string text = text_table(rows, first_number);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back("  " + text.substr(at, end - at));
    lines.back().erase(lines.back().find_last_not_of(' ') + 1);
    at = end + 1;
  }
}

}  // namespace

LiveTable::LiveTable(const SweepStarted& sweep, const Scheduler& scheduler)
    : sweep_(sweep), scheduler_(scheduler), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

std::string LiveTable::settings_text(int index) const {
  const MemberInfo& info = scheduler_.member(index).info;
  std::string text;
  for (int i = 0; i < info.setting_size(); ++i) {
    const std::string& name = i < sweep_.axis_size() ? sweep_.axis(i).name() : "";
    text += (i > 0 ? ", " : "") + (name.empty() ? "" : printable(name) + " ") + printable(info.setting(i).text());
  }
  return text.empty() ? printable(sweep_.name()) : text;
}

std::string LiveTable::value_text(double value) const {
  if (std::isnan(value)) return "-";
  char text[40];
  if (sweep_.metric_is_share()) {
    std::snprintf(text, sizeof text, "%.1f %%", value * 100);
  } else {
    std::snprintf(text, sizeof text, "%.4g", value);
  }
  return text;
}

std::string LiveTable::counts_text() const {
  std::map<std::string, int> counts;
  for (int i = 0; i < scheduler_.size(); ++i) {
    const auto& member = scheduler_.member(i);
    const char* name = member.state == State::kRunning     ? "running"
                       : member.state == State::kElsewhere ? "running elsewhere"
                       : member.state == State::kFailed    ? "failed"
                       : member.state == State::kResting   ? (scheduler_.is_left_behind(i) ? "left behind" : "paused")
                       : member.state == State::kWaiting   ? "to do"
                       : member.record.status() == Status::kDiverged ? "diverged"
                                                                     : "done";
    ++counts[name];
  }
  std::string text = std::to_string(counts["done"]) + " of " + std::to_string(scheduler_.size()) + " done";
  for (const char* name : {"diverged", "failed", "left behind", "paused", "running", "running elsewhere", "to do"}) {
    if (counts[name] > 0) text += ", " + std::to_string(counts[name]) + " " + name;
  }
  return text;
}

std::vector<std::vector<std::string>> LiveTable::ranking(std::size_t most) const {
  struct Point {
    int first, members = 0, with_value = 0, diverged = 0;
    int rests_after = 0;  // epochs; 0: none of its members waits at a rung or was left behind
    double sum = 0;
    double mean() const { return sum / with_value; }
  };
  std::map<int, Point> points;
  for (int i = 0; i < scheduler_.size(); ++i) {
    const auto& member = scheduler_.member(i);
    Point& point = points.try_emplace(member.info.point(), Point{.first = i}).first->second;
    ++point.members;
    if (member.record.status() == Status::kDiverged) ++point.diverged;
    const bool has_result = member.record.status() == Status::kFinished || member.state == State::kResting;
    if (!has_result || std::isnan(member.record.latest_value())) continue;
    if (member.state == State::kResting) point.rests_after = member.record.epochs();
    point.sum += member.record.latest_value();
    ++point.with_value;
  }
  std::vector<Point> ranked;
  for (const auto& [number, point] : points) {
    if (point.with_value > 0) ranked.push_back(point);
  }
  // As the report has it: what diverged with some seed after what did not. Values of different rungs do not compare.
  std::stable_sort(ranked.begin(), ranked.end(), [this](const Point& a, const Point& b) {
    if ((a.diverged > 0) != (b.diverged > 0)) return b.diverged > 0;
    if (a.rests_after != b.rests_after)
      return b.rests_after > 0 && (a.rests_after == 0 || a.rests_after > b.rests_after);
    return sweep_.metric_is_max() ? a.mean() > b.mean() : a.mean() < b.mean();
  });
  std::vector<std::vector<std::string>> rows;
  for (const Point& point : ranked) {
    if (rows.size() == most) break;
    std::string runs = point.members == 1 ? ""
                       : point.with_value == point.members
                           ? "mean of " + std::to_string(point.members)
                           : "mean of " + std::to_string(point.with_value) + ", " +
                                 std::to_string(point.members - point.with_value) + " without";
    if (point.rests_after > 0) runs += (runs.empty() ? "" : ", ") + after_epochs(point.rests_after);
    rows.push_back({settings_text(point.first), value_text(point.mean()), runs});
  }
  return rows;
}

double LiveTable::total_work() const {
  double all = 0;
  for (int i = 0; i < scheduler_.size(); ++i) all += std::max(scheduler_.member(i).info.predicted_s(), 1e-3);
  if (!scheduler_.halving()) return all;
  double epochs = 0;  // of all combinations' rungs
  int before = 0;
  for (int rung = 0; rung < sweep_.rung_epochs_size(); ++rung) {
    epochs += static_cast<double>(sweep_.rung_points(rung)) * (sweep_.rung_epochs(rung) - before);
    before = sweep_.rung_epochs(rung);
  }
  return all * epochs / (static_cast<double>(sweep_.rung_points(0)) * before);
}

double LiveTable::done_work() const {
  double done = 0;
  for (int i = 0; i < scheduler_.size(); ++i) {
    const auto& member = scheduler_.member(i);
    const int total = member.record.total_epochs();
    const bool is_over = member.state == State::kEnded || member.state == State::kFailed;
    const double share = is_over ? 1 : total > 0 ? static_cast<double>(member.record.epochs()) / total : 0;
    done += share * std::max(member.info.predicted_s(), 1e-3);
  }
  return done;
}

std::string LiveTable::time_left() const {
  const double done = done_work();
  if (first_work_ < 0) first_work_ = done;
  const double elapsed = seconds_since(started_);
  if (elapsed < 2 || done <= first_work_) return "";
  const double left = std::max(total_work() - done, 0.0);
  return duration_text(elapsed / (done - first_work_) * left) + " left";
}

std::vector<std::string> LiveTable::lines(const std::vector<int>& running, int rows) const {
  const std::string left = time_left();
  std::vector<std::string> lines = {printable(sweep_.name()) + ": " + counts_text() +
                                    (left.empty() ? "" : ", " + left)};
  const std::size_t most_running = static_cast<std::size_t>(std::max(rows - 3, 0));
  std::vector<std::vector<std::string>> table;
  for (const int index : running) {
    if (table.size() == most_running) break;
    const auto& member = scheduler_.member(index);
    const std::string of = member.record.total_epochs() > 0 ? "/" + std::to_string(member.record.total_epochs()) : "";
    table.push_back({settings_text(index) + ", seed " + std::to_string(member.info.seed()),
                     "epoch " + std::to_string(member.record.epochs()) + of, value_text(member.record.latest_value())});
  }
  append_table(table, 1, lines);
  const int free_rows = rows - 2 - static_cast<int>(lines.size());
  if (free_rows < 1) return lines;
  const auto best = ranking(std::min(kBestShown, static_cast<std::size_t>(free_rows)));
  if (best.empty()) return lines;
  lines.push_back("best so far, by " + printable(sweep_.metric_title()) + ":");
  append_table(best, 1, lines);
  return lines;
}

void LiveTable::clear() {
  if (drawn_lines_ > 0) std::fprintf(stderr, "\033[%dA\r\033[J", drawn_lines_);
  drawn_lines_ = 0;
  std::fflush(stderr);
}

void LiveTable::draw(const std::vector<int>& running) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now - last_drawn_ < kBetweenDrawings) return;
  last_drawn_ = now;
  std::string text;
  if (drawn_lines_ > 0) text += "\033[" + std::to_string(drawn_lines_) + "A\r\033[J";
  text += "\033[?7l";  // what is wider than the window ends at its edge
  drawn_lines_ = 0;
  for (const std::string& line : lines(running, window_rows())) {
    text += line + "\n";
    ++drawn_lines_;
  }
  text += "\033[?7h";
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void LiveTable::note_what_is_there() {
  int ended = 0, begun = 0;
  for (int i = 0; i < scheduler_.size(); ++i) {
    const MemberRecord& record = scheduler_.member(i).record;
    ended += record.has_ended() ? 1 : 0;
    begun += record.status() == Status::kResumable ? 1 : 0;
  }
  if (ended + begun == 0) return;
  note(std::to_string(ended) + " of " + std::to_string(scheduler_.size()) + " are there already" +
       (begun > 0 ? ", and " + std::to_string(begun) + " begun" : ""));
}

void LiveTable::note_memory(const Task& task) {
  if (std::exchange(has_told_of_memory_, true)) return;
  note("not all that could train side by side do: there is memory for " + std::to_string(task.members.size()) +
       " at a time (about " + bytes_text(task.bytes) + ")");
}

void LiveTable::note(const std::string& text) {
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
}

void LiveTable::member_ended(int index, const std::string& how, double seconds) {
  if (how.empty() || (is_terminal_ && how == "done")) return;
  const auto& member = scheduler_.member(index);
  int ended = 0;
  for (int i = 0; i < scheduler_.size(); ++i) ended += scheduler_.member(i).state == State::kEnded ? 1 : 0;
  std::string line = "[" + std::to_string(ended) + "/" + std::to_string(scheduler_.size()) + "] " + member.info.id() +
                     "  " + settings_text(index) + ", seed " + std::to_string(member.info.seed()) + ": ";
  const double value = member.record.latest_value();
  line += how;
  if (!std::isnan(value)) line += ", " + printable(sweep_.metric_title()) + " " + value_text(value);
  if (seconds > 0) line += " (" + duration_text(seconds) + ")";
  note(line);
}

std::string LiveTable::answer(const std::string& sweep_folder) const {
  std::vector<std::string> lines;
  auto rows = ranking(kAnswersShown);
  if (!rows.empty()) {
    rows.insert(rows.begin(), {"", printable(sweep_.metric_title()), ""});
    append_table(rows, 1, lines);
  }
  lines.push_back(counts_text());
  for (int i = 0; i < scheduler_.size(); ++i) {
    const auto& member = scheduler_.member(i);
    if (member.state != State::kFailed) continue;
    lines.push_back("failed: " + member.info.id() + "  " + settings_text(i) + ", seed " +
                    std::to_string(member.info.seed()) + ": " + member.reason);
    lines.push_back("  its log: " + sweep_folder + "/logs/" + member.info.id() + ".txt");
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

void LiveTable::print_answer(const std::string& sweep_folder) const { std::cout << answer(sweep_folder) << std::flush; }

}  // namespace thaw
