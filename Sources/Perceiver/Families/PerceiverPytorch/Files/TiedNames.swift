// Names that `safetensors.torch.save_model` dropped because their tensors stand under others: what
// makes sense of them, so that a damaged one is not taken for another layer's.

/// What was found so far of a file's dropped names, by their names of 0.11.0.
struct TiedNames {
  /// For each owner of dropped parameters the owner of what was kept.
  private var owners: [String: String] = [:]

  /// Takes one pair.
  ///
  /// Layers and blocks share whole: what was dropped of one must all have been kept of one other,
  /// under the same name.
  ///
  /// - Throws: `CheckpointError` with both names.
  mutating func add(dropped: String, kept: String) throws {
    let (mine, theirs) = (Place(dropped), Place(kept))
    let first = owners[mine.owner] ?? theirs.owner
    guard mine.parameter == theirs.parameter, first == theirs.owner, !mine.owner.isEmpty else {
      throw CheckpointError(
        "metadata: expected \(dropped) to be \(first.isEmpty ? "a layer's" : first).\(mine.parameter), "
          + "found \(kept)")
    }
    owners[mine.owner] = first
  }

  /// A parameter's name as who owns it and what it is there.
  private struct Place {
    /// `layers.2`, `layers.2.self_attns.1`, `attn_residuals.2`; empty for what no layer owns.
    let owner: String
    let parameter: String

    init(_ name: String) {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard let list = parts.firstIndex(where: { $0 == "layers" || $0 == "attn_residuals" }),
        list + 1 < parts.count
      else {
        (owner, parameter) = ("", name)
        return
      }
      let hasBlock = list + 3 < parts.count && parts[list + 2] == "self_attns"
      let end = list + (hasBlock ? 4 : 2)
      owner = parts[..<end].joined(separator: ".")
      parameter = parts[end...].joined(separator: ".")
    }
  }
}
