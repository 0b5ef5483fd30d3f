// The lines of the tables of numbers that are about latents one by one.

import Perceiver
import Tensors

extension NumberTable.Piece {
  /// The answer without each latent in the mean at the end; others have read it all the same.
  func latentsAtEnd(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let whatIf = try WhatIf(run, of: target, cancellation: cancellation)
    return try whatIf.latentsAtEnd(cancellation: cancellation).enumerated().map { latent, effect in
      NumberTable.Row(name: name(latent), latent: latent, numbers: effect.numbers)
    }
  }

  /// What each latent adds to the logit, and what it would be of the latent alone.
  func partsOfLatents(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    let found = try DirectLogits(run, of: target, cancellation: cancellation)
    let alone = try run.logitsOfEachLatent(cancellation: cancellation)
    return found.latents.values.enumerated().map { latent, value in
      NumberTable.Row(
        name: name(latent), latent: latent,
        numbers: [Double(value), found.target.value(alone.row(latent))])
    }
  }

  /// Each latent at each reading of the input.
  func summaryOfLatents(
    of run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> [NumberTable.Row] {
    try RunSummary(
      run, of: explained(of: run), only: [.latents], cancellation: cancellation
    ).latents.map { latent in
      NumberTable.Row(
        name: "\(latent.stage.name) \(name(latent.latent))", stage: latent.stage.index,
        latent: latent.latent,
        numbers: latent.numbers)
    }
  }

  private func name(_ latent: Int) -> String { "latent \(latent + 1)" }
}
