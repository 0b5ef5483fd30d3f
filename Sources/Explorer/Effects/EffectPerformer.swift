// Does one effect and returns what to tell the state; knows no threads.

import Inputs
import Perceiver
import Tensors

/// Does effects, each to its end.
public struct EffectPerformer: Sendable {
  private let files: ExplorerFiles

  /// Does effects with some files.
  public init(files: ExplorerFiles) { self.files = files }

  /// Does an effect; nil for those that are the program's own (timers, cancelling, quitting).
  public func perform(_ effect: ExplorerEffect, cancellation: Cancellation) -> ExplorerAction? {
    switch effect {
    case .build(let settings, let base, let input, let generation):
      return .built(
        outcome { try build(settings, base, input, cancellation) }, generation: generation)
    case .computeStage(let run, let generation):
      return .stageComputed(
        outcome { try nextStage(run, cancellation) }, generation: generation)
    case .answer(let request, let run, let given, let generation):
      return .answered(
        request,
        outcome { try request.answer(from: run, given: given, cancellation: cancellation) },
        generation: generation)
    case .change(let run, let changes, let generation):
      return .changed(
        outcome { BuiltRun(run: try changes.applied(to: run)) }, generation: generation)
    case .computeChangedStage(let run, let generation):
      return .changedStageComputed(
        outcome { try nextStage(run, cancellation) }, generation: generation)
    case .beginTraining(let model, let lesson, let round):
      return .trainingBegan(
        outcome { try Trainer(model: model, task: lesson.task, recipe: lesson.recipe) },
        round: round)
    case .train(let trainer, let budget, let round):
      return .trained(TrainedSteps(trainer, budget, cancellation), round: round)
    case .observe(let observation, let round):
      return .observed(outcome { try ObservedRun(observation, cancellation) }, round: round)
    case .openData(let path, let classes, let demand, let steps):
      return .dataOpened(outcome { try files.openData(path, classes, demand) }, steps: steps)
    case .openInput(.file(let path), let demand)
    where demand.takesFoldersApart && files.isFolder(path):
      return .folderOpened(
        outcome {
          let paths = try files.inputs(path, cancellation)
          return OpenedFolder(
            path: path, input: try files.openInput(.file(paths[0]), demand, cancellation),
            inputs: InputSequence(paths))
        })
    case .openInput(let source, let demand):
      return .inputOpened(outcome { try files.openInput(source, demand, cancellation) })
    case .fitInput(let input, let demand):
      return .inputOpened(outcome { try files.fitInput(input, demand) })
    case .openPatchSource(let path, let demand):
      return .patchSourceOpened(
        outcome { try files.openInput(.file(path), demand, cancellation) })
    case .loadWeights(let request, let input):
      return .weightsLoaded(outcome { try files.openWeights(request, input) })
    case .openSample(let input):
      return .weightsLoaded(outcome { try files.openSample(input) })
    case .openSession(let path):
      return .sessionOpened(outcome { try files.openSession(path, cancellation) })
    case .list(let completion, let line):
      return .listed(
        line, outcome { completion.lines(try files.list(completion.listed)) })
    case .loadMask(let path, let input, let tokens):
      return .maskLoaded(outcome { try files.openMask(path, input, tokens) })
    case .loadObject(let path, let input, let tokens):
      return .objectLoaded(outcome { try files.openMask(path, input, tokens) }, of: input)
    case .writeObject(let object, let path):
      return .objectWritten(
        outcome {
          do {
            try files.write(object.bytes(for: path), path, .refuse)
          } catch let error as FileWriteError {
            throw CommandError("\(path): \(error)")
          }
          return path
        })
    case .remember(let opened): return .remembered(files.remember(opened))
    case .keep(let preference):
      return .kept(preference, outcome { try files.keep(preference) })
    case .export(let request, let content):
      let exporter = Exporter(files: files, cancellation: cancellation)
      return .exported(request, exporter.export(request, content))
    case .cancel, .startTimer, .copy, .quit, .suspend, .redraw: return nil
    }
  }

  private func outcome<Value>(_ body: () throws -> Value) -> Outcome<Value> {
    do {
      return .success(try body())
    } catch is ComputationCancelled {
      return .cancelled
    } catch let error as FileAccessError {
      // Weights are read when a stage needs them: which file it was is not clear from what was asked.
      return .failure("\(InputFailure(error))")
    } catch {
      return .failure("\(error)")
    }
  }

  private func build(
    _ settings: ModelSettings, _ base: PerceiverRun?, _ input: Input,
    _ cancellation: Cancellation
  ) throws -> BuiltRun {
    let model = try model(settings, base?.model, cancellation)
    try cancellation.check()
    let run = try model.begin(
      input.tensor, sound: input.sound, mask: settings.mask?.mask,
      queries: settings.queries.map { .given($0.tensor) } ?? settings.configuration.ownQueries,
      reusing: base)
    var built = BuiltRun(run: run)
    if let base = base?.model, case .untrained = model.origin, model.origin == base.origin,
      (try? base.reconfigured(model.configuration)) == nil
    {
      let all = model.parameterCount
      built.drawnAnew = (
        all - model.parameterCount(sharedWith: base), all, model.parts(unlike: base)
      )
    }
    return built
  }

  private func model(
    _ settings: ModelSettings, _ base: Perceiver?, _ cancellation: Cancellation
  ) throws -> Perceiver {
    switch settings.source {
    case .seed(let seed):
      // What weights were taught is not what untrained ones tell apart.
      var configuration = settings.configuration
      configuration.classNames = nil
      // The same parameters under other hyperparameters need not be drawn again.
      if let base, base.origin == .untrained(seed: seed),
        let same = try? base.reconfigured(configuration)
      {
        return same
      }
      return try Perceiver(configuration, seed: seed, cancellation: cancellation)
    case .weights(let weights):
      do {
        return try weights.model.reconfigured(settings.configuration)
      } catch {
        throw InputFailure(
          .badData, weights.name, "\(error); :seed 0 makes an untrained model with them")
      }
    }
  }

  private func nextStage(
    _ run: PerceiverRun, _ cancellation: Cancellation
  ) throws -> ComputedStage {
    var run = run
    guard let stage = try run.next(cancellation: cancellation) else {
      return ComputedStage(run: run, scores: nil)
    }
    let problem = run.model.configuration.problem
    let scores = run.logits(from: stage.latents).map { ClassScores(logits: $0, problem: problem) }
    return ComputedStage(run: run, scores: scores)
  }
}
