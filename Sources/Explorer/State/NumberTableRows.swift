// The lines of the tables of numbers, as the library computes them.

import Perceiver
import Tensors

extension NumberTable.Piece {
  /// The lines of the piece.
  ///
  /// - Throws: `ConfigurationError` where the run has no such numbers, `ComputationCancelled`.
  func rows(of run: PerceiverRun, cancellation: Cancellation) throws -> [NumberTable.Row] {
    switch table {
    case .stages, .heads, .latents: return try effects(of: run, cancellation)
    case .latentsAtEnd: return try latentsAtEnd(of: run, cancellation)
    case .parts: return try parts(of: run, cancellation)
    case .partsOfLatents: return try partsOfLatents(of: run, cancellation)
    case .summary: return try summary(of: run, cancellation)
    case .alignment: return try alignment(of: run, cancellation)
    case .summaryOfHeads: return try heads(of: run, cancellation)
    case .summaryOfLatents: return try summaryOfLatents(of: run, cancellation)
    case .readings: return try readings(of: run, cancellation)
    case .random: return try randomised(run, cancellation)
    }
  }

  private func effects(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let parts = table.lostParts(run)[index]
    let whatIf = try WhatIf(run, of: target, cancellation: cancellation)
    return try parts.enumerated().map { done, part in
      cancellation.report(done, of: parts.count)
      return try NumberTable.Row(
        name: part.name, stage: part.stage?.index, head: part.head, latent: part.latent,
        numbers: whatIf.answer(part.interventions, cancellation: cancellation).effect.tableNumbers)
    }
  }

  private func parts(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let found = try DirectLogits(run, of: target, cancellation: cancellation)
    var sum = 0.0
    return found.parts.compactMap { part in
      let stage = part.stage?.index
      if part.source == .feedForward, let stage, !run.hasFeedForward(at: stage) { return nil }
      sum += part.value
      return .init(
        name: Self.name(of: part), stage: stage, head: part.head, numbers: [part.value, sum])
    }
  }

  private static func name(of part: DirectLogits.Part) -> String {
    let words = part.source.rawValue + (part.head.map { " \($0 + 1)" } ?? "")
    return part.stage.map { "\($0.name) \(words)" } ?? words
  }

  private func summary(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let found = try RunSummary(
      run, of: nil, only: [.stages, .alignment], cancellation: cancellation)
    let last = found.stages.count - 1
    return found.stages.enumerated().map { index, stage in
      NumberTable.Row(
        name: stage.name, stage: stage.stage?.index,
        numbers: [
          stage.effectiveRank, stage.meanCosine, stage.attentionUpdate, stage.feedForwardUpdate,
          stage.contentShare,
          index > 0 ? found.alignment[index - 1][index] : nil, found.alignment[index][last],
        ])
    }
  }

  private func alignment(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let stages = table.columns(run.stageIDs).map(\.title)
    let found = try RunSummary(run, of: nil, only: [.alignment], cancellation: cancellation)
    return zip(stages, found.alignment).enumerated().map { index, row in
      NumberTable.Row(
        name: row.0, stage: index > 0 ? index - 1 : nil, numbers: row.1.map { Optional($0) })
    }
  }

  private func heads(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    try RunSummary(
      run, of: explained(of: run), only: [.heads], cancellation: cancellation
    ).heads.map { head in
      NumberTable.Row(
        name: "\(head.stage.name) head \(head.head + 1)", stage: head.stage.index, head: head.head,
        numbers: head.numbers)
    }
  }

  private func readings(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    guard let method = method.flatMap({ ExplanationMethod.named($0) }),
      let question = method.question(target) as? any StagewiseMapQuestion
    else { throw ConfigurationError("readings: no map is a sum of what each reading brings") }
    let (map, parts) = try question.mapWithParts(run, cancellation: cancellation)
    return map.readingShares(of: parts, in: run).map { part in
      NumberTable.Row(
        name: part.name, stage: part.stage?.index, numbers: [part.sum, part.share])
    }
  }

  private func randomised(
    _ run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    guard let method = method.flatMap({ ExplanationMethod.named($0) }) else {
      throw ConfigurationError("random weights: there is no map to compare")
    }
    let maps = try RandomisedMaps(of: run.model, seed: 0, cancellation: cancellation)
    return try maps.rows(
      run, of: target, { method.question($0) }, cancellation: cancellation
    ).map { row in
      NumberTable.Row(
        name: row.name,
        stage: run.stageIDs.first { $0.name == row.name }?.index,
        numbers: [row.spearman, row.cosine, row.topTenthOverlap, row.structural])
    }
  }
}

extension NumberTable.Piece {
  /// What is explained; nil where the model has no classes and no number of its output is chosen.
  func explained(of run: PerceiverRun) -> ExplanationTarget? {
    run.scoresClasses || (try? run.resolve(target)) != nil ? target : nil
  }
}

extension Effect {
  /// Δlogit, Δlog p, Δp, KL; without classes Δy, and y before and after.
  var tableNumbers: [Double] { isOfClasses ? numbers : [logit, before, after] }
}
