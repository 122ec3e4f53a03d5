#include "reports/html.h"

#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>

#include "reports/embedded.h"
#include "schemas/diagnostic.h"

namespace thaw::reports {
namespace {

namespace mustache = kainjow::mustache;
using nlohmann::json;

const EmbeddedFile& embedded_file(const std::string& name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return file;
  }
  throw InternalError("reports/templates/" + name + ": not built into this program");
}

// Mustache takes an empty string for true; a section that asks "is there a note?" means the opposite.
mustache::data to_mustache(const json& value) {
  if (value.is_object()) {
    mustache::data object{mustache::data::type::object};
    for (const auto& [key, member] : value.items()) object.set(key, to_mustache(member));
    return object;
  }
  if (value.is_array()) {
    mustache::data list{mustache::data::type::list};
    for (const json& member : value) list.push_back(to_mustache(member));
    return list;
  }
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() ? mustache::data(false) : mustache::data(text);
  }
  if (value.is_number()) return value.dump();
  return value.is_boolean() && value.get<bool>();
}

void add_partials(mustache::data& values) {
  for (const EmbeddedFile& file : embedded_files()) {
    values.set(std::string(file.name), mustache::partial([&file] { return std::string(file.content); }));
  }
}

// Bytes of a character of several bytes that is not seen but changes what is: controls U+0080 to U+009F, and the marks
// that turn the direction of what follows (U+202A to U+202E, U+2066 to U+2069). 0: none begins here.
std::size_t invisible_at(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
  const bool embeds = byte(1) == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE;
  const bool isolates = byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
  return byte(0) == 0xE2 && (embeds || isolates) ? 3 : 0;
}

int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

// The form in which a Content-Security-Policy names a hash.
std::string policy_hash(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(hex_digit(hex[i]) * 16 + hex_digit(hex[i + 1]));
  }
  return "sha256-" + base64(bytes);
}

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const std::size_t length = invisible_at(text.substr(i))) {
      escaped += "\ufffd";
      i += length - 1;
      continue;
    }
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        const bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        if (is_control) {
          escaped += "\ufffd";
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

std::string well_formed(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string link_path(std::string_view path) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string link;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.' || c == '/';
    if (is_plain) {
      link += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      link += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  // Two slashes at the start would name a host.
  return link.starts_with("/") ? "." + link : link;
}

std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) text += i + j <= bytes.size() ? digits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string render_template(const std::string& name, const json& values) {
  mustache::mustache page{std::string(embedded_file(name).content)};
  page.set_custom_escape([](const std::string& text) { return escape(text); });
  mustache::data data = to_mustache(values);
  add_partials(data);
  const std::string text = page.render(data);
  if (!page.is_valid()) throw InternalError("reports/templates/" + name + ": " + page.error_message());
  return text;
}

std::string render_document(const std::string& title, const std::string& body, const std::string& script) {
  const EmbeddedFile& style = embedded_file("style.css");
  json values = {{"title", title}, {"style", style.content}, {"style_hash", policy_hash(style.sha256)}, {"body", body}};
  if (!script.empty()) {
    values["script"] = embedded_file(script).content;
    values["script_hash"] = policy_hash(embedded_file(script).sha256);
  }
  return well_formed(render_template("document.html", values));
}

}  // namespace thaw::reports
