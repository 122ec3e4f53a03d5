#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reports/picture.h"
#include "reports/record_view.h"

namespace thaw::reports {

// The values of the page's parts: one function for each template of the same name. Null: the part is left out.

nlohmann::json numbers_section(const RecordView& view);
nlohmann::json curves_section(const RecordView& view);
nlohmann::json data_section(const RecordView& view, Pictures& pictures);
nlohmann::json outputs_section(const RecordView& view);
nlohmann::json samples_section(const RecordView& view, Pictures& pictures);
nlohmann::json transfer_section(const RecordView& view);
nlohmann::json model_section(const RecordView& view);
nlohmann::json weights_section(const RecordView& view);
nlohmann::json profile_section(const RecordView& view);
nlohmann::json resources_section(const RecordView& view);
nlohmann::json provenance_section(const RecordView& view);

/// What an output got right and wrong about classes; null: it is not compared with any.
nlohmann::json classes_of_output(const RecordView& view, const OutputEvaluation& output);

/// `name` as part of an element's id: lower-case letters, digits and '-'.
std::string slug(const std::string& name);

}  // namespace thaw::reports
