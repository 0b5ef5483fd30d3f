// Takes steps of a training and runs its present model: the slow part of watching it.

import Perceiver
import Tensors

extension TrainedSteps {
  /// Takes steps until the budget or the recipe ends, something is wrong, or it is cancelled: what
  /// was done before counts.
  init(_ trainer: Trainer, _ budget: TrainingBudget, _ cancellation: Cancellation) {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(budget.seconds)
    var (trainer, steps): (Trainer, [TrainingStep]) = (trainer, [])
    var problem: String?
    while !trainer.isComplete, steps.count < budget.steps, steps.isEmpty || clock.now < end {
      do {
        steps.append(try trainer.takeStep(cancellation: cancellation))
      } catch is ComputationCancelled {
        break
      } catch {
        problem = "\(error)"
        break
      }
    }
    self.init(trainer: trainer, steps: steps, problem: problem)
  }
}

extension ObservedRun {
  /// Runs a model up to the stage that is shown, and answers what is asked of it.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  init(_ observation: Observation, _ cancellation: Cancellation) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let model = observation.model
    var run = try model.begin(
      observation.input.tensor, queries: model.configuration.ownQueries,
      reusing: observation.base)
    while run.stages.count <= observation.stage, !run.isComplete {
      _ = try run.next(cancellation: cancellation)
    }
    var answers: [MapRequest: MapAnswer] = [:]
    for request in observation.requests where run.stages.indices.contains(request.stage) {
      answers[request] = try request.answer(from: run, cancellation: cancellation)
    }
    self.init(
      step: observation.step, run: run, scores: BuiltRun(run: run).scores, answers: answers,
      seconds: start.duration(to: clock.now) / .seconds(1))
  }
}
