#include "reports/svg.h"

#include "reports/html.h"
#include "reports/number_text.h"

namespace thaw::reports {

std::string coordinate(double value) {
  std::string text = fixed_text(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string svg_start(const std::string& id, double width, double height, const std::string& title,
                      const std::string& description) {
  return "<svg viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) + "\" role=\"img\" aria-labelledby=\"" +
         escape(id) + "-title " + escape(id) + "-desc\"><title id=\"" + escape(id) + "-title\">" + escape(title) +
         "</title><desc id=\"" + escape(id) + "-desc\">" + escape(description) + "</desc>";
}

std::string svg_text(double x, double y, const std::string& anchor, const std::string& text,
                     const std::string& class_name) {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" + anchor + "\"" +
         (class_name.empty() ? "" : " class=\"" + class_name + "\"") + ">" + escape(text) + "</text>";
}

std::string svg_line(double x1, double y1, double x2, double y2, const std::string& class_name) {
  return "<line x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" + coordinate(x2) + "\" y2=\"" +
         coordinate(y2) + "\" class=\"" + class_name + "\"/>";
}

std::string svg_tooltip(const std::string& text) { return "<title>" + escape(text) + "</title>"; }

}  // namespace thaw::reports
