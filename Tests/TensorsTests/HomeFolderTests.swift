// Home folders, and the folders in them for what programs keep.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct HomeFolderTests {
  @Test("~ and ~user are home folders, unless something is called so")
  func home() {
    let home = ["HOME": "/home/ada"]
    #expect(HomeFolder.expanded("~/x.png", environment: home) == "/home/ada/x.png")
    #expect(HomeFolder.expanded("~", environment: home) == "/home/ada")
    #expect(HomeFolder.expanded("a/~/x", environment: home) == "a/~/x")
    #expect(
      HomeFolder.expanded("~nobody-is-called-so/x", environment: home) == "~nobody-is-called-so/x")
    let root = NSHomeDirectoryForUser("root") ?? "none"
    #expect(HomeFolder.expanded("~root/x", environment: home) == root + "/x")
  }

  @Test("without HOME ~ is what the system has, as in a shell", arguments: [[:], ["HOME": ""]])
  func recorded(environment: [String: String]) {
    #expect(HomeFolder.expanded("~/x", environment: environment).hasPrefix("/"))
    #expect(HomeFolder.named(by: environment) == nil)
  }

  @Test(
    "what programs keep lies where the environment says, or in the home folder",
    arguments: [
      (["XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "HOME": "/me"], "/c", "/s"),
      (
        ["XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "", "HOME": "/me"], "/me/.config",
        "/me/.local/state"
      ),
      (["HOME": "/me"], "/me/.config", "/me/.local/state"), (["HOME": ""], nil, nil),
      ([:], nil, nil),
    ] as [([String: String], String?, String?)])
  func folders(environment: [String: String], configuration: String?, state: String?) {
    #expect(HomeFolder.folder(for: .configuration, environment: environment) == configuration)
    #expect(HomeFolder.folder(for: .state, environment: environment) == state)
  }

  @Test("a name means a model of the cache where no file is called so")
  func hubNames() throws {
    #expect(HubCache.isMeant(by: "deepmind/perceiver-that-is-not-here"))
    try withTemporaryFolder { folder in
      #expect(!HubCache.isMeant(by: folder.path))
    }
    #expect(!HubCache.isMeant(by: "model.safetensors"))
  }
}
