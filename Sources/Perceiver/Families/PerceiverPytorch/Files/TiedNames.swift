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
    let (mine, theirs) = (LayerName(dropped), LayerName(kept))
    let first = mine.flatMap { owners[$0.owner] } ?? theirs?.owner
    guard let mine, let theirs, mine.parameter == theirs.parameter, first == theirs.owner else {
      throw CheckpointError(
        "metadata: expected \(dropped) to be \(first ?? "a layer's").\(mine?.parameter ?? dropped), "
          + "found \(kept)")
    }
    owners[mine.owner] = first
  }
}
