// What an editor asks about a text: where a name is declared and used, what a word means, which words could stand at a
// place. It works on texts with mistakes too, as far as they can be parsed.
#pragma once

#include "dsl/Ast.h"
#include "dsl/Checker.h"
#include "dsl/Lexer.h"

#include <optional>

namespace gan {

/// A name that the text declares.
struct Declared {
  std::string name, what; ///< "skip", "label"
  dsl::Span span;         ///< where it is declared
  dsl::Span scope;        ///< where it can be named by itself
  std::string owner;      ///< the block of a label, which is named OWNER.NAME elsewhere; "" for others
};

/// A text that was read, with its mistakes.
class Language {
public:
  Language(const std::string &path, const std::string &text);

  const dsl::Source &source() const { return text; }
  const dsl::Diagnostics &diagnostics() const { return found; }

  /// The declaration that the word at this byte names.
  std::optional<Declared> declarationAt(uint32_t offset) const;
  /// Every place that names the same declaration as the word at this byte, its declaration included.
  std::vector<dsl::Span> usesAt(uint32_t offset) const;
  /// What the word at this byte means, as Markdown; "" if nothing is known of it.
  std::string meaningAt(uint32_t offset) const;
  struct Word {
    std::string text, meaning;
  };
  /// The words that could stand at this byte.
  std::vector<Word> wordsAt(uint32_t offset) const;

private:
  void declare(const dsl::ast::Name &name, const std::string &what, dsl::Span scope, const std::string &owner = "");
  void declareBlock(const dsl::ast::Block &block);
  void declareItems(const std::vector<dsl::ast::Item> &items, dsl::Span scope, const std::string &owner);
  void declareTraining(const dsl::ast::Train &train);
  int tokenAt(uint32_t offset) const;
  int declarationOf(int token) const;
  bool insideBlock(uint32_t offset) const;
  std::string layerMeaning(const std::string &word, uint32_t offset) const;

  dsl::Source text;
  dsl::Diagnostics found;
  dsl::Tokens tokens;
  std::optional<dsl::Model> model;
  std::vector<Declared> declared;
  std::vector<dsl::Span> blocks; ///< from the header of each block to its last layer
};

} // namespace gan
