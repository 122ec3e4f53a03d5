#include "tests/reports/hostile.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <functional>

namespace thaw::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Gives each string its new value, by its field and its old value.
using Replace = std::function<std::string(const FieldDescriptor&, const std::string&)>;

void replace_strings(Message& message, const Replace& replace) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    const bool is_string = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (is_message) {
        replace_strings(field->is_repeated() ? *reflection->MutableRepeatedMessage(&message, field, i)
                                             : *reflection->MutableMessage(&message, field),
                        replace);
      }
      if (!is_string) continue;
      if (field->is_repeated()) {
        reflection->SetRepeatedString(&message, field, i,
                                      replace(*field, reflection->GetRepeatedString(message, field, i)));
      } else {
        reflection->SetString(&message, field, replace(*field, reflection->GetString(message, field)));
      }
    }
  }
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

const std::vector<HostileString>& hostile_strings() {
  static const std::vector<HostileString> strings = [] {
    std::vector<HostileString> all;
    for (const char* text : {
             "<script>window.pwned=1;alert(1)</script>",
             "</script><script>window.pwned=2</script>",
             "\"><img src=x onerror=\"window.pwned=3\">",
             "'><svg onload=window.pwned=4>",
             "<img src=http://example.invalid/5.png>",
             "<iframe srcdoc=\"<script>parent.pwned=6</script>\"></iframe>",
             "javascript:window.pwned=7",
             "<a href=\"javascript:window.pwned=8\" autofocus onfocus=window.pwned=8>here</a>",
             "\" onmouseover=\"window.pwned=9\" x=\"",
             "' style='background:url(http://example.invalid/10)",
             "</title><script>window.pwned=11</script>",
             "</style></noscript></textarea><script>window.pwned=12</script>",
             "<style>*{display:none}</style>",
             "<base href=\"http://example.invalid/14/\">",
             "<meta http-equiv=refresh content=\"0;url=http://example.invalid/15\">",
             "<link rel=stylesheet href=//example.invalid/16.css>",
             "</text></svg><foreignObject><body onload=window.pwned=17>",
             "<svg><animate onbegin=window.pwned=18 attributeName=x dur=1s><use href=\"http://example.invalid/18#a\"/>",
             "--><!-- <![CDATA[ ]]> <?xml version=\"19\"?>",
             "{{verdict}} {{{body}}} {{> document.html}} {{#links}} {{=<% %>=}}",
             "${window.pwned=21} #{7*7} <%= 7*7 %> `${alert(21)}`",
             "&lt;script&gt;window.pwned=22&lt;/script&gt; &amp;amp; &#x3c;",
             "=HYPERLINK(\"http://example.invalid/23\";\"click\")",
             "@import url(http://example.invalid/24.css); } body { display: none }",
             "data:text/html,<script>window.pwned=25</script>",
             "../../../../etc/passwd?x=%00#fragment",
             "null",
             "NaN",
             "true",
         }) {
      all.push_back({text, text});
    }
    all.push_back({"right\u202Eto left\u202C and \u2066isolated", "right\ufffdto left\ufffd and \ufffdisolated"});
    all.push_back({"bell\a escape\x1b[31m delete\x7f", "bell\ufffd escape\ufffd[31m delete\ufffd"});
    all.push_back({"not UTF-8: \xff.", "not UTF-8: \ufffd."});
    all.push_back({"\u05e2\u05d1\u05e8\u05d9\u05ea \u0639\u0631\u0628\u064a \U0001F469\u200D\U0001F52C e\u0301",
                   "\u05e2\u05d1\u05e8\u05d9\u05ea \u0639\u0631\u0628\u064a \U0001F469\u200D\U0001F52C e\u0301"});
    all.push_back({"very" + repeated(" very", 60) + " long", "very" + repeated(" very", 60) + " long"});
    all.push_back({repeated("unbroken", 40), repeated("unbroken", 40)});
    return all;
  }();
  return strings;
}

void make_hostile(std::vector<Event>& events, const std::string& text) {
  google::protobuf::SetLogHandler(nullptr);  // a debug build would tell of every string that is not UTF-8
  const auto replace = [&text](const FieldDescriptor& field, const std::string& old) {
    if (field.name() == "image") return old;
    // Names of metrics stay distinct, and of a known kind.
    const bool names_metric =
        field.full_name() == "thaw.MetricInfo.name" || field.full_name() == "thaw.MetricValue.name";
    return names_metric ? text + "/" + old : text;
  };
  for (Event& event : events) replace_strings(event, replace);
}

std::size_t make_hostile(Message& message, const std::vector<std::string>& keeps, std::size_t first) {
  google::protobuf::SetLogHandler(nullptr);
  const auto& strings = hostile_strings();
  replace_strings(message, [&](const FieldDescriptor& field, const std::string& old) {
    if (std::find(keeps.begin(), keeps.end(), field.name()) != keeps.end()) return old;
    return strings[first++ % strings.size()].text;
  });
  return first;
}

}  // namespace thaw::test
