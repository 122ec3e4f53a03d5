#pragma once

#include <string>

namespace thaw::reports {

/// A coordinate, with one decimal: finer than a screen shows.
std::string coordinate(double value);

/// The start of a drawing, `width` x `height` units, named for those who cannot see it.
std::string svg_start(const std::string& id, double width, double height, const std::string& title,
                      const std::string& description);

/// `class_name` is ours, `text` is anybody's. `anchor`: "start", "middle" or "end".
std::string svg_text(double x, double y, const std::string& anchor, const std::string& text,
                     const std::string& class_name = {});

std::string svg_line(double x1, double y1, double x2, double y2, const std::string& class_name);

/// What a browser shows when the pointer rests on the enclosing group.
std::string svg_tooltip(const std::string& text);

}  // namespace thaw::reports
