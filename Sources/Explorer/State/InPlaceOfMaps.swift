// What may stand in the large pane in place of maps, and the key that shows maps again.

/// A view in place of maps, in which keys that are about maps do nothing.
enum InPlaceOfMaps: CaseIterable {
  case readers, heads, table, patch, channels, reconstruction

  /// Whether it is shown.
  fileprivate func isShown(_ state: ExplorerState) -> Bool {
    switch self {
    case .readers: state.areReadersShown
    case .heads: state.isHeadTableShown
    case .table: state.isNumberTableShown
    case .patch: state.isPatchShown
    case .channels: state.areChannelsShown
    case .reconstruction: state.isReconstructionShown
    }
  }

  /// The command that shows maps again.
  fileprivate var wayBack: Command.ID {
    switch self {
    case .readers: "readers"
    case .heads: "heads"
    case .table: "leave-table"
    case .patch: "leave-patch"
    case .channels: "channels"
    case .reconstruction: .toggleReconstruction
    }
  }
}

extension ExplorerState {
  /// Why something does nothing now that is for maps, with the key that shows them: `zoom is for maps;
  /// L shows them`. Nil where maps are shown.
  ///
  /// - Parameter others: The views in place of maps that have it too.
  func wayBackToMaps(for what: String, besides others: [InPlaceOfMaps] = []) -> String? {
    InPlaceOfMaps.allCases.first { $0.isShown(self) && !others.contains($0) }.map {
      "\(what) is for maps; \(keyName($0.wayBack)) shows them"
    }
  }
}
