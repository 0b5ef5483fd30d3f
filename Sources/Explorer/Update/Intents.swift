// What each intent of the key table does to the state.

import Perceiver
import Pictures

extension ExplorerState {
  /// Does what a key asks for; the caller has seen that it is not disabled.
  mutating func perform(_ intent: Intent) -> [ExplorerEffect] {
    switch intent {
    case .nextStage: stepForward()
    case .previousStage: go(to: position - 1)
    case .firstStage: go(to: 0)
    case .lastStage: go(to: places.count - 1)
    case .autoplay: return toggleAutoplay()

    case .nextLatent: choose(latent: choices.selection.latent + 1)
    case .previousLatent: choose(latent: choices.selection.latent - 1)
    case .tenLatentsOn: choose(latent: choices.selection.latent + 10)
    case .tenLatentsBack: choose(latent: choices.selection.latent - 10)
    case .typeLatent: mode = .latentNumber(LineEditor())
    case .cycleAggregate: choices.selection.aggregate = choices.selection.aggregate.next
    case .nextHead: nextHead()
    case .averageHeads: choices.selection.headsAreAveraged.toggle()

    case .toggleValue: choices.selection.value = choices.selection.value.next
    case .cycleTransfer: choices.view.transfer = choices.view.transfer.next
    case .cycleColours: choices.view.colours = choices.view.colours.next
    case .cycleOverlay: choices.view.overlay = choices.view.overlay.next
    case .toggleReconstruction: toggleReconstruction()
    case .cycleView: show(mapView.next(among: availableViews))
    case .toggleGrid: toggleGrid()
    case .zoomIn: zoom(by: 1)
    case .zoomOut: zoom(by: -1)
    case .fit: (choices.view.zoom, choices.view.centre) = (1, ViewCentre())
    case .nextFrame: choices.view.frame += 1
    case .previousFrame: choices.view.frame -= 1

    case .toggleProbe: toggleProbe()
    case .leaveProbe: isProbing = false
    case .probeLeft: moveProbe(columns: -1, rows: 0, .cells)
    case .probeRight: moveProbe(columns: 1, rows: 0, .cells)
    case .probeUp: moveProbe(columns: 0, rows: -1, .cells)
    case .probeDown: moveProbe(columns: 0, rows: 1, .cells)
    case .probePixelLeft: moveProbe(columns: -1, rows: 0, .pixels)
    case .probePixelRight: moveProbe(columns: 1, rows: 0, .pixels)
    case .probePixelUp: moveProbe(columns: 0, rows: -1, .pixels)
    case .probePixelDown: moveProbe(columns: 0, rows: 1, .pixels)
    case .followProbe: followProbe()

    case .nextPane: moveFocus(by: 1)
    case .previousPane: moveFocus(by: -1)
    case .listDown: moveInList(by: 1)
    case .listUp: moveInList(by: -1)
    case .increase: stepHyperparameter(by: 1)
    case .decrease: stepHyperparameter(by: -1)
    case .editValue: editHyperparameter()
    case .applyDraft: applyDraft()
    case .discardDraft:
      choices.draft = choices.settings.configuration
      message = .information("changes dropped; u brings them back")
    case .undo: moveInHistory(history.undo(from: choices))
    case .redo: moveInHistory(history.redo(from: choices))
    case .newSeed: chooseNextSeed()

    case .train: return toggleTraining()
    case .trainingStep: return takeTrainingStep()
    case .keepMoment: keepMoment()
    case .backToMoment: return goBackToMoment()
    case .stopTraining: return stopTraining()
    case .nextExample: showExample(by: 1)
    case .previousExample: showExample(by: -1)

    case .export: openExport()
    case .commandLine: mode = .command(CommandLine())
    case .search: mode = .search(LineEditor())

    case .help: mode = .help(scroll: 0)
    case .quit: return quit()
    case .cancel: return cancelOrQuit()
    case .suspend: return [.suspend]
    case .redraw: return [.redraw]
    }
    return []
  }
}

extension CaseIterable where Self: Equatable {
  /// The case after this one, the first after the last.
  var next: Self { next(among: Array(Self.allCases)) }

  /// The one after this among some, the first after the last or if this is none of them.
  func next(among cases: [Self]) -> Self {
    guard !cases.isEmpty else { return self }
    let index = cases.firstIndex(of: self).map { ($0 + 1) % cases.count } ?? 0
    return cases[index]
  }
}
