// Tests options of every kind, from the command line and from files: what has precedence, what is recorded, and the
// sentence for everything that can be wrong. What is typed as a number is in its range, or a sentence names the option,
// its range and the text.
#include "runtime/base/Error.h"
#include "runtime/commands/Command.h"
#include "runtime/commands/NumberOption.h"
#include "tests/unit/runtime/TinyProgram.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ganrt {
namespace {

namespace po = boost::program_options;

/// The number that `--name=text` gives, or the error message.
template <class T> std::string read(T least, T most, const std::string &text) {
  T value{};
  po::options_description description;
  description.add_options()("number,n", number(&value, least, most));
  try {
    po::variables_map values;
    po::store(po::command_line_parser({"--number", text}).options(description).run(), values);
    po::notify(values);
  } catch (const po::error &e) {
    return e.what();
  }
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST(Options, WholeNumbersOfARange) {
  for (auto [text, value] : {std::pair("1", "1"), {"4096", "4096"}, {"0012", "12"}})
    EXPECT_EQ(read<int64_t>(1, 4096, text), value);
  EXPECT_EQ(read<int64_t>(0, 9, "-0"), "0");
  EXPECT_EQ(read<uint64_t>(0, UINT64_MAX, "-0"), "0");
  EXPECT_EQ(read<uint64_t>(0, UINT64_MAX, "18446744073709551615"), "18446744073709551615");
  for (const char *wrong : {"0", "-1", "4097", "4294967297", "18446744073709551617", "99999999999999999999999", "1e3",
                            "1.0", "0x10", "12 ", " 12", "12a", "1,2", "many", "nan", "--", "%option%"})
    EXPECT_EQ(read<int64_t>(1, 4096, wrong), std::string("--number takes a whole number from 1 to 4096, not ") + wrong);
  EXPECT_EQ(read<int>(0, 1024, ""), "--number takes a whole number from 0 to 1024, not an empty text");
  for (const char *wrong : {"-1", "18446744073709551616", "-18446744073709551615"})
    EXPECT_EQ(read<uint64_t>(0, UINT64_MAX, wrong),
              std::string("--number takes a whole number from 0 to 18446744073709551615, not ") + wrong);
}

TEST(Options, NumbersOfARange) {
  for (auto [text, value] : {std::pair("0", "0"), {"-0", "0"}, {"0.5", "0.5"}, {"5e-1", "0.5"}, {".25", "0.25"}})
    EXPECT_EQ(read(0.0, 0.99, text), value);
  for (const char *wrong : {"1", "-1e-9", "nan", "inf", "-inf", "0x1p-2", "0.5s", "0,5", "1e999", "half", "1e"})
    EXPECT_EQ(read(0.0, 0.99, wrong), std::string("--number takes a number from 0 to 0.99, not ") + wrong);
  EXPECT_EQ(read(1e-6, 1e6, "0"), "--number takes a number from 1e-06 to 1000000, not 0");
}

/// A command with an option of every kind.
class EveryKind : public Command {
public:
  void describe(po::options_description &options) override {
    auto add = options.add_options();
    add("text,t", po::value(&text)->value_name("TEXT"), "a text");
    add("usual", po::value(&usual)->value_name("TEXT")->default_value("usual"), "a text with a default");
    add("set", po::value(&set)->value_name("NAME=X"), "a list");
    add("flag,f", po::bool_switch(&flag), "on or off");
    add("int", number(&small, 0, 1024)->value_name("N")->default_value(1), "an int");
    add("count,c", number(&count, 1, anyNumber)->value_name("N")->default_value(64), "a whole number");
    add("seed", number(&seed, 0, UINT64_MAX)->value_name("N")->default_value(0), "of all bits");
    add("share", number(&share, 0, 0.99)->value_name("SHARE")->default_value(0), "a number");
    add("open", number(&open, 0, 9)->value_name("N"), "a number without a default");
    add("based", po::value(&based)->value_name("FILE"), "a file of options");
  }
  std::string basedOn() const override { return based; }
  int run(const gan_program &, const Given &) override { return 0; }

  std::string text, usual, based;
  Words set;
  bool flag = false;
  int small = 0;
  int64_t count = 0, open = -1;
  uint64_t seed = 0;
  double share = 0;
};

class Other : public Command {
public:
  void describe(po::options_description &options) override {
    options.add_options()("elsewhere", number(&count, 1, 2), "of another command");
  }
  int run(const gan_program &, const Given &) override { return 0; }
  int64_t count = 0;
};

const CommandEntry everyKind{"every", "has options of every kind", "[--text TEXT] [options]",
                             "every --text a\nevery --flag", makeCommand<EveryKind>};
const CommandEntry other{"other", "has another option", "[options]", "other", makeCommand<Other>};

class ParsedOptions : public testing::Test {
protected:
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string file(const std::string &content, const std::string &name = "config.json") const {
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/" + name) << content;
    return folder + "/" + name;
  }
  std::optional<Given> parse(const Words &words, Command &to) const {
    return parseOptions("./vae", everyKind, to, words, all);
  }
  /// The values that the command has after these words, and which were typed.
  Json read(const Words &words) {
    EveryKind to;
    std::optional<Given> given = parse(words, to);
    typed = given->typed;
    return {{"text", to.text},   {"usual", to.usual}, {"set", to.set},     {"flag", to.flag}, {"int", to.small},
            {"count", to.count}, {"seed", to.seed},   {"share", to.share}, {"open", to.open}, {"based", to.based}};
  }
  std::string errorOf(const Words &words) const {
    try {
      EveryKind to;
      parse(words, to);
    } catch (const UserError &e) {
      return e.what();
    }
    return "no error";
  }
  std::string errorInFile(const std::string &content) const {
    std::string path = file(content), error = errorOf({"--config", path});
    EXPECT_TRUE(error.starts_with(path + ": ")) << error;
    return error.substr(std::min(error.size(), path.size() + 2));
  }

  const CommandEntry *all[2] = {&everyKind, &other};
  std::string folder = testing::TempDir() + "options-" + std::to_string(getpid());
  std::set<std::string> typed;
  Json untouched{{"text", ""},  {"usual", "usual"}, {"set", Json::array()}, {"flag", false}, {"int", 1},
                 {"count", 64}, {"seed", 0u},       {"share", 0.0},         {"open", -1},    {"based", ""}};
};

TEST_F(ParsedOptions, OfEveryKindAreTypedInEveryForm) {
  EXPECT_EQ(read({}), untouched);
  EXPECT_EQ(typed, std::set<std::string>());
  Json given{{"text", "a b=c"}, {"usual", ""},        {"set", {"a=1", "b=2"}}, {"flag", true}, {"int", 3},
             {"count", 5},      {"seed", UINT64_MAX}, {"share", 0.5},          {"open", 0},    {"based", ""}};
  EXPECT_EQ(read({"--text", "a b=c", "--usual", "", "--set", "a=1", "--flag", "--set=b=2", "--int=3", "--count", "5",
                  "--seed", "18446744073709551615", "--share", ".5", "--open", "0"}),
            given);
  EXPECT_EQ(typed, (std::set<std::string>{"text", "usual", "set", "flag", "int", "count", "seed", "share", "open"}));
  EXPECT_EQ(read({"-t", "x", "-f", "-c7"})["text"], "x");
  EXPECT_EQ(typed, (std::set<std::string>{"text", "flag", "count"})) << "by their long names";
  EXPECT_EQ(read({"-fc", "7"})["count"], 7);
  EXPECT_EQ(read({"-f"})["flag"], true);
  EXPECT_EQ(read({"--text", "-"})["text"], "-") << "standard output";
}

TEST_F(ParsedOptions, OfEveryKindComeFromAFile) {
  std::string path = file(R"({"text": "a", "usual": "b", "set": ["a=1", "b=2"], "flag": true, "int": 3, "count": 5,
                              "seed": 18446744073709551615, "share": 0.5, "open": 0, "elsewhere": 77})");
  Json given{{"text", "a"}, {"usual", "b"},       {"set", {"a=1", "b=2"}}, {"flag", true}, {"int", 3},
             {"count", 5},  {"seed", UINT64_MAX}, {"share", 0.5},          {"open", 0},    {"based", ""}};
  EXPECT_EQ(read({"--config", path}), given);
  EXPECT_EQ(typed, std::set<std::string>{"config"}) << "what stands in a file was not typed";
  file(R"({"model": "vae", "options": {"text": 7, "set": "c=3", "flag": false, "share": "0.25"}, "text": "not this"})");
  given = untouched;
  given["text"] = "7", given["set"] = {"c=3"}, given["share"] = 0.25;
  EXPECT_EQ(read({"--config", path}), given) << "a run's config.json has its options in a field";
  file(R"({"set": []})");
  EXPECT_EQ(read({"--config", path}), untouched);
}

TEST_F(ParsedOptions, WhatIsTypedGoesBeforeFiles) {
  std::string config = file(R"({"text": "config", "set": ["a=1"], "count": 2, "flag": true})"),
              run = file(R"({"text": "run", "usual": "run", "count": 3, "int": 4})", "run.json");
  Json given = read({"--config", config, "--based", run, "--count", "64", "--set", "b=2"});
  EXPECT_EQ(given["text"], "config") << "--config goes before what the command is based on";
  EXPECT_EQ(given["usual"], "run");
  EXPECT_EQ(given["int"], 4);
  EXPECT_EQ(given["count"], 64) << "typed, though it is the default";
  EXPECT_EQ(given["set"], Json{"b=2"}) << "a list is one value";
  EXPECT_EQ(given["flag"], true);
  file(R"({"based": ")" + run + "\"}");
  EXPECT_EQ(read({"--config", config})["text"], "run") << "a file may name the run";
}

TEST_F(ParsedOptions, ARecordMakesTheSameOptions) {
  Words words{"--text",
              "a",
              "--set",
              "a=1",
              "--set",
              "b=2",
              "--flag",
              "--int",
              "3",
              "--seed",
              "18446744073709551615",
              "--share",
              "0.1",
              "--count",
              "9007199254740992"};
  EveryKind to;
  Given given = *parse(words, to);
  Json record = optionRecord(to, given, {"flag"}),
       expected{{"text", "a"}, {"usual", "usual"},          {"set", {"a=1", "b=2"}},
                {"int", 3},    {"count", 9007199254740992}, {"seed", UINT64_MAX},
                {"share", 0.1}};
  EXPECT_EQ(record, expected) << "without those that were left open, and without the call's own";
  Json before = read(words);
  EXPECT_EQ(read({"--flag", "--config", file(record.dump())}), before);
  EveryKind strange;
  given = *parse({"--text", "\xff\x1b[1m", "--set", "\xff=1"}, strange);
  EXPECT_EQ(optionRecord(strange, given, {})["text"], "\\xff\\x1b[1m") << "JSON is UTF-8, whatever a path holds";
  EXPECT_NO_THROW(optionRecord(strange, given, {}).dump());
}

TEST_F(ParsedOptions, WhatIsWrongIsTold) {
  for (auto [words, sentence] :
       {std::pair(Words{"--cuont", "3"}, "unknown option --cuont: did you mean --count?"),
        {{"--coun=3"}, "unknown option --coun: did you mean --count?"}, // never guessed
        {{"--elsewhere", "1"}, "unknown option --elsewhere; --help lists them"},
        {{"--nothing-like-it"}, "unknown option --nothing-like-it; --help lists them"},
        {{"-x"}, "unknown option -x; --help lists them"},
        {{"--text="}, "the argument for option '--text' should follow immediately after the equal sign"},
        {{"--text"}, "the required argument for option '--text' is missing"},
        {{"--text", "a", "--text", "b"}, "option '--text' cannot be specified more than once"},
        {{"--count", "1", "-c", "2"}, "option '--count' cannot be specified more than once"},
        {{"--flag=yes"}, "option '--flag' does not take any arguments"},
        {{"runs/a"}, "runs/a is not the value of an option; --help lists them"},
        {{"--flag", "runs/a", "b"}, "runs/a is not the value of an option; --help lists them"},
        {{"--count", "many"}, "--count takes a whole number from 1 to 9007199254740992, not many"},
        {{"--share", "1"}, "--share takes a number from 0 to 0.99, not 1"},
        {{"-c", "0"}, "--count takes a whole number from 1 to 9007199254740992, not 0"}})
    EXPECT_EQ(errorOf(words), sentence);
}

TEST_F(ParsedOptions, WhatIsWrongInAFileIsToldWithItsPath) {
  for (auto [content, sentence] :
       {std::pair("", "is not a JSON object of options"),
        {"{\"count\": 3", "is not a JSON object of options"},
        {"[1]", "is not a JSON object of options"},
        {R"({"options": 3})", "is not a JSON object of options"},
        {R"({"text": null})", "the value of text is no number, text or list of them"},
        {R"({"set": [["a=1"]]})", "the value of set is no number, text or list of them"},
        {R"({"elsewhere": {}})", "the value of elsewhere is no number, text or list of them"},
        {R"({"cuont": 3})", "unknown option cuont: did you mean count?"},
        {R"({"unheard of": 3})", "unknown option unheard of; --help lists them"},
        {R"({"c": 3})", "unknown option c; --help lists them"}, // a letter is for the command line
        {R"({"help": true})", "help is for the command line alone"},
        {R"({"config": "other.json"})", "config is for the command line alone"},
        {R"({"count": 0})", "count takes a whole number from 1 to 9007199254740992, not 0"},
        {R"({"count": 1.0})", "count takes a whole number from 1 to 9007199254740992, not 1.0"},
        {R"({"count": [1, 2]})", "option 'count' only takes a single argument"},
        {R"({"text": ["a", "b"]})", "option 'text' only takes a single argument"},
        {R"({"flag": "perhaps"})", "the argument ('perhaps') for option 'flag' is invalid. Valid choices are "
                                   "'on|off', 'yes|no', '1|0' and 'true|false'"}})
    EXPECT_EQ(errorInFile(content), sentence) << content;
  std::string error = errorOf({"--config", folder + "/none.json"});
  EXPECT_EQ(error, folder + "/none.json: cannot be opened: No such file or directory");
  EXPECT_EQ(errorOf({"--based", folder + "/none.json"}), error);
}

TEST_F(ParsedOptions, HelpTellsAllOfThem) {
  for (const char *word : {"--help", "-h"}) {
    testing::internal::CaptureStdout();
    EveryKind to;
    bool goesOn = parse({"--count", "5", word}, to).has_value();
    std::string text = testing::internal::GetCapturedStdout();
    EXPECT_FALSE(goesOn);
    EXPECT_TRUE(text.starts_with("usage: ./vae every [--text TEXT] [options]\nhas options of every kind\n\noptions:\n"))
        << text;
    for (const char *part :
         {"-t [ --text ] TEXT", "a text\n", "--usual TEXT (=usual)", "-f [ --flag ] ", "--seed N (=0)", "--config FILE",
          "-h [ --help ]", "\nexamples:\n  ./vae every --text a\n  ./vae every --flag\n"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
  }
}

TEST_F(ParsedOptions, BashCompletesThem) {
  std::string text = bashCompletion("/home/me/my-vae", all);
  for (const char *part :
       {"_ganc_trainer_my_vae() {", "options=\"every other --help --version --completion\"",
        "every) options=\"--text --usual --set --flag --int --count --seed --share --open --based --config --help\" ;;",
        "other) options=\"--elsewhere --config --help\" ;;",
        "complete -o default -F _ganc_trainer_my_vae my-vae ./my-vae\n"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

/// The commands' own rules for options that do not go together are looked at before anything is read.
TEST(TrainOptions, ThatExcludeEachOther) {
  const CommandEntry *all[] = {&trainEntry};
  auto errorOf = [&](const Words &words) -> std::string {
    std::unique_ptr<Command> train = trainEntry.make();
    try {
      std::optional<Given> given = parseOptions("./tiny", trainEntry, *train, words, all);
      train->run(test::tinyProgram(), *given);
    } catch (const UserError &e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(errorOf({"--resume", "nowhere", "--out", "a"}),
            "--resume goes on with a run as it is; --out starts another");
  EXPECT_EQ(errorOf({"--resume", "nowhere", "--force"}),
            "--resume goes on with a run as it is; --force starts another");
  EXPECT_EQ(errorOf({"--warm-start", "a", "--resume", "nowhere"}),
            "--resume goes on with a run as it is; --warm-start starts another");
  std::string file = testing::TempDir() + "resume-" + std::to_string(getpid());
  std::ofstream(file) << R"({"resume": "nowhere", "warm-start": "a"})"; // as the configuration of a warm start has it
  EXPECT_EQ(errorOf({"--config", file, "--out", "a"}), "--resume goes on with a run as it is; --out starts another");
  EXPECT_EQ(errorOf({"--config", file}), "nowhere: holds no run to resume");
  std::filesystem::remove(file);
  EXPECT_EQ(errorOf({"--on-nan", "go"}), "--on-nan is stop or continue, not go");
  EXPECT_EQ(errorOf({"--best", "loss.V"}), "--best: the model has no loss or metric loss.V: did you mean loss.W?");
}

TEST(Command, TablesOfAnotherVersionAreRefused) {
  gan_program program = test::tinyProgram();
  EXPECT_NO_THROW(expectVersion(program));
  program.version = GAN_PROGRAM_VERSION + 1;
  try {
    expectVersion(program);
    FAIL() << "other tables";
  } catch (const UserError &e) {
    EXPECT_NE(std::string(e.what()).find("build it anew"), std::string::npos) << e.what();
  }
}

} // namespace
} // namespace ganrt
