#include <nlohmann/json.hpp>

#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/sections.h"
#include "reports/show_trunk.h"
#include "reports/verdict.h"

namespace thaw {
namespace {

using nlohmann::json;
using namespace reports;

// The style sheet's word for the status.
std::string status_class(RunStatus status) {
  return status == RunStatus::kUnfinished ? "unfinished" : status_name(status);
}

std::string status_text(RunStatus status) {
  return status == RunStatus::kUnfinished ? "not finished" : status_name(status);
}

// "2025-03-01T12:30:05Z" as "2025-03-01 12:30 UTC".
std::string minute_text(std::string time) {
  if (time.size() != 20 || time[10] != 'T' || time[19] != 'Z') return time;
  time[10] = ' ';
  return time.substr(0, 16) + " UTC";
}

json notice_list(const RecordView& view) {
  json list = json::array();
  for (const Notice& notice : notices(view)) {
    list.push_back(
        {{"level", notice.level}, {"title", notice.title}, {"text", notice.text}, {"command", notice.command}});
  }
  return list;
}

json link_list(const json& values) {
  const char* const sections[][3] = {{"numbers", "numbers", "Numbers"},
                                     {"curves", "curves", "Curves"},
                                     {"data", "data", "Data"},
                                     {"outputs", "outputs", "Right and wrong"},
                                     {"samples", "samples", "Samples"},
                                     {"transfer", "transfer", "What was trained"},
                                     {"model", "model", "Model"},
                                     {"weights", "weights", "Pretrained weights"},
                                     {"trunk", "trunk", "Frozen trunk"},
                                     {"resources", "resources", "Time and memory"},
                                     {"profile", "profile", "Where a step goes"},
                                     {"provenance", "again", "Run it again"}};
  json links = json::array();
  for (const auto& [key, id, text] : sections) {
    if (!values[key].is_null()) links.push_back({{"id", id}, {"text", text}});
  }
  return links;
}

json header_values(const RecordView& view) {
  const Started& started = view.record.started;
  const json found = notice_list(view);
  return {{"name", started.name()},
          {"description", started.description()},
          {"status", status_text(view.status)},
          {"status_class", status_class(view.status)},
          {"when", minute_text(started.started_at())},
          {"seed", std::to_string(started.seed())},
          {"short_id", started.id().substr(0, 12)},
          {"version", started.version()},
          {"verdict", verdict(view)},
          {"has_notices", !found.empty()},
          {"notices", found}};
}

}  // namespace

std::string render_report(const std::string& run_folder) {
  const RecordView view = view_record(load_run(run_folder));
  Pictures pictures(run_folder);
  json values = header_values(view);
  // In this order for the pictures: what went wrong first, then the data, if the page gets full.
  values["samples"] = samples_section(view, pictures);
  values["data"] = data_section(view, pictures);
  values["numbers"] = numbers_section(view);
  values["curves"] = curves_section(view);
  values["outputs"] = outputs_section(view);
  values["transfer"] = transfer_section(view);
  values["model"] = model_section(view);
  values["weights"] = weights_section(view);
  values["trunk"] = trunk_section(view);
  values["resources"] = resources_section(view);
  values["profile"] = profile_section(view);
  values["provenance"] = provenance_section(view);
  values["links"] = link_list(values);
  return render_document(view.record.started.name(), render_template("report.html", values));
}

}  // namespace thaw
