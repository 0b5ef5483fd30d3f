// The cache that HuggingFace's programs keep of what they fetched: models by OWNER/NAME.

import Foundation

/// The local Hub cache.
public struct HubCache: Sendable, Hashable {
  /// Its folder; nil where nobody has a home.
  public let folder: String?

  /// The cache of an environment: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in the home folder's
  /// `.cache/huggingface`. A `~` that no shell has replaced is the home folder, and a relative
  /// `XDG_CACHE_HOME` is taken, as in huggingface_hub.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func value(_ name: String) -> String? {
      guard let value = environment[name], !value.isEmpty else { return nil }
      return HomeFolder.expanded(value, environment: environment)
    }
    folder =
      value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE") ?? value("HF_HOME").map {
        $0 + "/hub"
      }
      ?? value("XDG_CACHE_HOME").map { $0 + "/huggingface/hub" }
      ?? HomeFolder.named(by: environment).map { $0 + "/.cache/huggingface/hub" }
  }

  /// The snapshots of a model, that of `main` first, then those in which a conversion to safetensors
  /// was proposed; nil where a name is none, or not in the cache.
  ///
  /// - Parameter name: `OWNER/NAME`.
  /// - Throws: `ModelFolderError` where the model is there and no snapshot has a configuration.
  func snapshots(of name: String) throws -> [String]? {
    guard let folder, Self.isName(name) else { return nil }
    let model = folder + "/models--" + name.split(separator: "/").joined(separator: "--")
    guard FileNames.isFolder(model) else { return nil }
    var commits: [String] = []
    for reference in ["main"] + Self.names(in: model + "/refs/refs/pr").map({ "refs/pr/" + $0 }) {
      if let bytes = try? WholeFile.readRegular("\(model)/refs/\(reference)", limit: 1024) {
        let commit = String(decoding: bytes, as: UTF8.self).filter { $0.isHexDigit }
        if !commit.isEmpty { commits.append(commit) }
      }
    }
    commits += Self.names(in: model + "/snapshots")
    var seen: Set<String> = []
    let all = commits.filter { seen.insert($0).inserted }.map { "\(model)/snapshots/\($0)" }
      .filter(FileNames.isFolder)
    guard let first = all.first(where: { FileNames.isRegular($0 + "/config.json") }) else {
      throw ModelFolderError(
        "expected a snapshot with config.json in \(model), found none")
    }
    return [first] + all.filter { $0 != first }
  }

  private static func names(in folder: String) -> [String] {
    (try? FileNames.names(in: folder)) ?? []
  }

  /// Whether a path of weights means a model of the cache: it can be the name of one, and nothing lies
  /// under it.
  package static func isMeant(by path: String) -> Bool {
    isName(path) && !FileNames.exists(HomeFolder.expanded(path))
  }

  /// Whether it can be the name of a model: two parts of letters, digits, `-`, `_` and `.`, and not
  /// that of a file of weights.
  public static func isName(_ name: String) -> Bool {
    let endings = [".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".json"]
    guard !endings.contains(where: name.hasSuffix) else { return false }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && part.first != "." && !part.contains("..")
          && part.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
          }
      }
  }
}
