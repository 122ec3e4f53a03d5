#include "tests/reports/page_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace thaw::test {
namespace {

using ::testing::HasSubstr;

// Every tag with its attributes: '>' is escaped in all values. (std::regex needs gigabytes for pages of this size.)
std::vector<std::string> tags_of(const std::string& page) {
  std::vector<std::string> tags;
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string::npos;) {
    const std::size_t end = page.find('>', at);
    tags.push_back(page.substr(at, end - at + 1));
    at = end;
  }
  return tags;
}

std::string name_of(const std::string& tag) {
  const std::size_t first = tag.starts_with("</") ? 2 : 1;
  return tag.substr(first, tag.find_first_of(" />", first) - first);
}

struct Attribute {
  std::string name, value;
};

std::vector<Attribute> attributes_of(const std::string& tag) {
  std::vector<Attribute> attributes;
  for (std::size_t at = tag.find(' '); at != std::string::npos && at < tag.size();) {
    const std::size_t end = tag.find_first_of("=> ", at + 1);
    const std::string name = tag.substr(at + 1, end - at - 1);
    if (end == std::string::npos || tag[end] != '=') {
      if (!name.empty() && name != "/") attributes.push_back({name, ""});
      at = tag[end] == ' ' ? end : std::string::npos;
      continue;
    }
    const std::size_t close = tag.find('"', end + 2);
    attributes.push_back({name, tag.substr(end + 2, close - end - 2)});
    at = tag.find(' ', close);
  }
  return attributes;
}

// A path that can lead to a file and nothing else.
bool is_relative(const std::string& link) {
  return !link.empty() && link[0] != '/' &&
         link.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789-_./%") == std::string::npos;
}

}  // namespace

std::vector<std::string> values_of(const std::string& page, const std::string& attribute, const std::string& tag) {
  std::vector<std::string> values;
  for (const std::string& found : tags_of(page)) {
    if (!tag.empty() && name_of(found) != tag) continue;
    for (const Attribute& candidate : attributes_of(found)) {
      if (candidate.name == attribute) values.push_back(candidate.value);
    }
  }
  return values;
}

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

void expect_self_contained(const std::string& page, bool may_link_beside) {
  EXPECT_THAT(page,
              HasSubstr("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
                        "style-src 'sha256-"));
  for (const std::string& tag : tags_of(page)) {
    const std::string name = name_of(tag);
    EXPECT_TRUE(name != "script" && name != "img" && name != "iframe" && name != "object") << tag;
    for (const auto& [attribute, value] : attributes_of(tag)) {
      EXPECT_FALSE(attribute.starts_with("on") || attribute == "style" || attribute == "srcset") << tag;
      const bool is_target = attribute == "href" || attribute == "src" || attribute == "action";
      const bool is_beside = may_link_beside && attribute == "href" && is_relative(value);
      EXPECT_TRUE(!is_target || is_beside || value.starts_with("#") || value.starts_with("data:")) << tag;
    }
  }
}

void expect_balanced(const std::string& page) {
  static const std::set<std::string> kVoid = {"meta", "link", "br", "!doctype"};
  std::vector<std::string> open;
  for (const std::string& tag : tags_of(page)) {
    const std::string name = name_of(tag);
    if (tag.starts_with("</")) {
      ASSERT_FALSE(open.empty()) << tag << " closes nothing";
      ASSERT_EQ(open.back(), name);
      open.pop_back();
    } else if (!tag.ends_with("/>") && kVoid.count(name) == 0) {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty());
}

void expect_distinct_ids(const std::string& page) {
  const auto ids = values_of(page, "id");
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  for (const std::string& link : values_of(page, "href", "a")) {
    if (!link.starts_with("#")) continue;
    EXPECT_NE(std::find(ids.begin(), ids.end(), link.substr(1)), ids.end()) << "link to nowhere: " << link;
  }
}

std::string without_script(const std::string& page) {
  const std::size_t start = page.find("<script>"), end = page.find("</script>");
  EXPECT_NE(start, std::string::npos);
  EXPECT_THAT(page, HasSubstr("; script-src 'sha256-"));
  if (start == std::string::npos || end == std::string::npos) return page;
  EXPECT_EQ(page.substr(end), "</script>\n</body>\n</html>\n") << "the script is not what the page ends with";
  return page.substr(0, start) + page.substr(end + 9);
}

}  // namespace thaw::test
