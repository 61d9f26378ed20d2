// Starts `ganc lsp` when a .gan file is opened, and speaks with it as long as the editor runs.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const command = workspace.getConfiguration("gan").get("ganc");
  client = new LanguageClient("gan", "ganc lsp", { command, args: ["lsp"] }, { documentSelector: [{ language: "gan" }] });
  return client.start();
};

exports.deactivate = () => client && client.stop();
