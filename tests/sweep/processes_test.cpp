// What a coordinator knows of processes: their shares of the cores, how they end, what they said.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/store/durable_file.h"
#include "runner/sweep/child_process.h"
#include "runner/sweep/core_shares.h"
#include "runner/sweep/last_words.h"
#include "runner/sweep/leftovers.h"
#include "runner/sweep/worker.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

using testing::ElementsAre;

class ProcessesTest : public TempFolderTest {
 protected:
  ChildEnd end_of(const std::string& script) {
    Children children;
    const pid_t pid = children.start({{"/bin/sh", "-c", script}, {"THAW_WORD=spoken"}, in("log")});
    while (true) {
      if (const auto ended = children.wait(std::chrono::seconds(1))) {
        EXPECT_EQ(ended->pid, pid);
        EXPECT_TRUE(children.is_empty());
        return *ended;
      }
    }
  }
};

TEST_F(ProcessesTest, EndsAreToldApart) {
  EXPECT_EQ(end_of("exit 7").exit_code, 7);
  EXPECT_EQ(end_of("kill -9 $$").signal, SIGKILL);
  EXPECT_EQ(signal_name(SIGKILL), "SIGKILL");
  EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
}

TEST_F(ProcessesTest, OutputGoesToTheLogAndTheEnvironmentIsChanged) {
  end_of("echo out; echo \"$THAW_WORD\" >&2");
  EXPECT_EQ(read_file(in("log")), "out\nspoken\n");
}

TEST_F(ProcessesTest, AProgramThatIsNotThereIsNamed) {
  Children children;
  EXPECT_EQ(message_of<IoError>([&] {
              children.start({{in("none")}, {}, in("log")});
            }),
            in("none") + ": start: No such file or directory");
  EXPECT_EQ(message_of<IoError>([&] {
              children.start({{"/bin/sh"}, {}, in("no/log")});
            }),
            in("no/log") + ": open: No such file or directory");
}

TEST_F(ProcessesTest, ThoseThatAreLeftAreEnded) {
  pid_t pid = 0;
  {
    Children children;
    pid = children.start({{"/bin/sleep", "100"}, {}, in("log")});
    EXPECT_EQ(::getpgid(pid), pid);  // Ctrl-C does not reach it
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(CoreShares, AreWholeCoresAsEqualAsCanBe) {
  const Cores four = {{0, 4}, {1, 5}, {2, 6}, {3, 7}};
  EXPECT_THAT(core_shares(four, 1), ElementsAre(ElementsAre(0, 4, 1, 5, 2, 6, 3, 7)));
  EXPECT_THAT(core_shares(four, 2), ElementsAre(ElementsAre(0, 4, 1, 5), ElementsAre(2, 6, 3, 7)));
  EXPECT_THAT(core_shares(four, 3), ElementsAre(ElementsAre(0, 4, 1, 5), ElementsAre(2, 6), ElementsAre(3, 7)));
  EXPECT_THAT(core_shares({{0}, {1}}, 3), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(0)));
}

TEST(CoreShares, TextIsReadBack) {
  const Cores cores = available_cores();
  ASSERT_FALSE(cores.empty());
  EXPECT_EQ(processors_text({0, 1, 8}), "0,1,8");
  for (const char* bad : {"", "x", "1,", "-1", "1 2", "99999"}) {
    EXPECT_EQ(message_of<InputError>([&] { use_processors(bad); }),
              "--cores takes processors, as in 0,1; not \"" + std::string(bad) + "\"");
  }
}

TEST_F(ProcessesTest, TheLastWordsAreTheLastMessage) {
  const auto words = [this](const std::string& log) {
    write_plain(in("log"), log);
    return last_words(in("log"));
  };
  EXPECT_EQ(words(""), "");
  EXPECT_EQ(words("epoch 1/4\n\ndone\n\n"), "done");
  EXPECT_EQ(words("epoch 1/4\na.pbtxt:3: bad\n  expected good\n"), "a.pbtxt:3: bad\n  expected good");
  EXPECT_EQ(words("\033[31mred\n"), "\\x1b[31mred");
  EXPECT_EQ(words(std::string(9000, 'x')).size(), 2000U);
}

TEST_F(ProcessesTest, WhatDeadProcessesLeftIsRemoved) {
  const pid_t child = ::fork();
  if (child == 0) {
    write_plain(name_beside_others(in("log"), "txt"), "of the dead");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  write_plain(name_beside_others(in("log"), "txt"), "of the living");
  write_plain(in("log.otherhost-1.txt"), "of another machine");
  write_plain(in("log.txt"), "the log");
  EXPECT_EQ(names(folder_).size(), 4U);
  remove_leftovers(folder_);
  EXPECT_EQ(names(folder_),
            (std::set<std::string>{"log.txt", "log.otherhost-1.txt",
                                   std::filesystem::path(name_beside_others("log", "txt")).filename().string()}));
}

TEST_F(ProcessesTest, ALogIsKeptForAllItsMembers) {
  write_plain(in("running"), "words\n");
  keep_log(in("running"), {in("a"), in("b")});
  EXPECT_EQ(names(folder_), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(read_file(in("a")), "words\n");
  EXPECT_EQ(read_file(in("b")), "words\n");
  keep_log(in("a"), {});
  EXPECT_EQ(names(folder_), (std::set<std::string>{"b"}));
}

TEST_F(ProcessesTest, ALogThatSomebodyRemovedIsNotMissed) {
  EXPECT_EQ(last_words(in("gone")), "");
  keep_log(in("gone"), {in("a"), in("b")});
  EXPECT_EQ(names(folder_), std::set<std::string>());
}

TEST(Worker, MembersAreReadBack) {
  const auto member = parse_member("0123abcdef45:17:18446744073709551615");
  EXPECT_EQ(member.id, "0123abcdef45");
  EXPECT_EQ(member.point, 17);
  EXPECT_EQ(member.seed, 18446744073709551615U);
  EXPECT_EQ(member_text(member), "0123abcdef45:17:18446744073709551615");
  for (const char* bad : {"", "abc", "abc:1", "abc:1:", "abc:x:1", "abc:1:2:3", "../a:1:2", ":1:2", "abc:1:-2"}) {
    EXPECT_EQ(message_of<InputError>([&] { parse_member(bad); }),
              "--member takes ID:POINT:SEED, not \"" + std::string(bad) + "\"");
  }
}

}  // namespace
}  // namespace thaw
