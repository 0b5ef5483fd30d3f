// Trainings as a whole: they learn, repeat, resume and stop as they should.

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Perceiver

@Suite("A training learns, repeats bit for bit, and goes on where it stopped")
struct TrainerTests {
  /// Pictures whose class is the quarter that is bright.
  struct Quarters: LabelledExamples {
    let count = 48
    let shape = [6, 6, 3]
    let classNames = ["north-west", "north-east", "south-west", "south-east"]

    func label(at index: Int) -> Int { index * 5 % 4 }

    func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) {
      let label = label(at: index)
      for position in buffer.indices {
        let (x, y) = (position / 3 % 6, position / 18)
        let isBright = x / 3 == label % 2 && y / 3 == label / 2
        buffer[position] = isBright ? 1 : Float((position * 7 + index * 13) % 10) / 20
      }
    }
  }

  private static let configuration = PerceiverConfiguration.small { $0.numClasses = 4 }

  private static func trainer(
    _ change: (inout TrainingRecipe) -> Void = { _ in }
  ) throws -> Trainer {
    var recipe = TrainingRecipe()
    (recipe.steps, recipe.batchSize, recipe.learningRate) = (40, 12, 1e-2)
    change(&recipe)
    return try Trainer(
      model: Perceiver(configuration, seed: 1), task: .classification(Quarters()),
      recipe: recipe)
  }

  @Test("A training's moments lie in memory of its own, which its copies share")
  func memory() throws {
    var trainer = try Self.trainer()
    _ = try trainer.takeStep()
    let pages = try #require(trainer.learnt.first).mean.pages
    #expect(pages !== SparePages.ofProcess)
    var copy = trainer
    _ = try copy.takeStep()
    let learnt = (trainer.learnt + copy.learnt).filter { $0.mean.shape == $0.value.shape }
    #expect(learnt.allSatisfy { $0.mean.pages === pages && $0.square.pages === pages })
    #expect(try Self.trainer().learnt.allSatisfy { $0.value.pages === SparePages.ofProcess })
  }

  @Test(
    "Loss falls, and the trained model tells the classes apart", arguments: OptimizerKind.allCases)
  func learns(_ optimizer: OptimizerKind) throws {
    var trainer = try Self.trainer {
      $0.optimizer = optimizer
      if optimizer == .lamb { $0.learningRate = 5e-2 }
      $0.steps = 300
    }
    let first = try trainer.takeStep()
    while !trainer.isComplete { _ = try trainer.takeStep() }
    let evaluation = try Evaluation(of: trainer.model, on: Quarters())
    // LAMB is made for large batches; on twelve pictures it comes less far.
    let (share, accuracy) = optimizer == .adamW ? (0.33, 0.9) : (0.6, 0.5)
    #expect(evaluation.loss < first.loss * share)
    #expect(evaluation.accuracy >= accuracy)
    #expect(evaluation.count == 48)
    #expect(trainer.model.origin == .trained(steps: 300))
  }

  @Test("Evaluation counts what single runs give")
  func evaluates() throws {
    let model = try Perceiver(Self.configuration, seed: 1)
    let evaluation = try Evaluation(of: model, on: Quarters(), batchSize: 7)
    var confusion = Array(repeating: Array(repeating: 0, count: 4), count: 4)
    for index in 0..<48 {
      let picture = Tensor(shape: [6, 6, 3]) { Quarters().read(index, into: $0) }
      let logits = try model(picture).values
      confusion[Quarters().label(at: index)][
        try #require(logits.indices.max { logits[$0] < logits[$1] })] += 1
    }
    #expect(evaluation.confusion == confusion)
  }

  @Test("The same seed gives the same bits, another seed others")
  func repeats() throws {
    func weights(_ seed: UInt64) throws -> Tensor {
      var trainer = try Self.trainer {
        $0.seed = seed
        $0.augmentation = Augmentation(cropPadding: 1, flips: true)
      }
      for _ in 0..<6 { _ = try trainer.takeStep() }
      return try #require(trainer.model.parameter(named: "layers.0.cross_attn.fn.to_q.weight"))
    }
    let (one, two, other) = (try weights(3), try weights(3), try weights(4))
    #expect(one.hasSameBits(as: two))
    #expect(one != other)
  }

  @Test(
    "Without clipping, parameters that change as their gradients come have the same bits",
    arguments: OptimizerKind.allCases)
  func alongTheWay(_ optimizer: OptimizerKind) throws {
    func trained(_ clipNorm: Double?) throws -> (TrainingStep, Perceiver) {
      var trainer = try Self.trainer {
        ($0.optimizer, $0.clipNorm) = (optimizer, clipNorm)
      }
      for _ in 0..<4 { _ = try trainer.takeStep() }
      return (try trainer.takeStep(), trainer.model)
    }
    let (along, whole) = (try trained(nil), try trained(1e30))
    #expect(along.0.loss == whole.0.loss)
    #expect(abs(along.0.gradientNorm / whole.0.gradientNorm - 1) < 1e-12)
    let others = try whole.1.exported(as: .latest).tensors
    for (name, tensor) in try along.1.exported(as: .latest).tensors {
      #expect(others[name]?.hasSameBits(as: tensor) == true, "\(name)")
    }
  }

  @Test("A copy is a saved snapshot: it goes on as the original did")
  func copies() throws {
    var trainer = try Self.trainer()
    for _ in 0..<3 { _ = try trainer.takeStep() }
    var copy = trainer
    let losses = try (0..<3).map { _ in try trainer.takeStep().loss }
    #expect(try (0..<3).map { _ in try copy.takeStep().loss } == losses)
  }

  @Test("Stopped and resumed equals unbroken, bit for bit", arguments: OptimizerKind.allCases)
  func resumes(_ optimizer: OptimizerKind) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "training.safetensors").path
      var unbroken = try Self.trainer {
        $0.optimizer = optimizer
        $0.schedule = .step(every: 3, factor: 0.5)
        $0.augmentation = Augmentation(cropPadding: 2, flips: true)
      }
      for _ in 0..<5 { _ = try unbroken.takeStep() }
      try unbroken.save(to: path)
      var resumed = try Trainer(resuming: path, task: .classification(Quarters()))
      #expect(resumed.step == 5)
      #expect(resumed.recipe == unbroken.recipe)
      let other = TrainingTask.reconstruction(of: Tensor(shape: [6, 6, 3]))
      #expect {
        try Trainer(resuming: path, task: other)
      } throws: { "\($0)".contains("data: expected 48 examples of [6, 6, 3] in 4 classes, found") }
      for _ in 0..<5 {
        let (one, two) = (try unbroken.takeStep(), try resumed.takeStep())
        #expect(one.loss == two.loss && one.gradientNorm == two.gradientNorm)
      }
      for name in Self.configuration.parameterNames {
        let one = try #require(unbroken.model.parameter(named: name))
        #expect(one.hasSameBits(as: try #require(resumed.model.parameter(named: name))))
      }
    }
  }

  @Test("A saved training opens as the model it has come to", arguments: [false, true])
  func opens(isTied: Bool) throws {
    var configuration = Self.configuration
    configuration.weightTieLayers = isTied
    var recipe = TrainingRecipe()
    (recipe.steps, recipe.batchSize) = (4, 12)
    var trainer = try Trainer(
      model: Perceiver(configuration, seed: 1), task: .classification(Quarters()), recipe: recipe)
    _ = try trainer.takeStep()
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "saved.safetensors").path
      try trainer.save(to: path)
      let checkpoint = try Checkpoint(path: path)
      #expect(
        checkpoint.notes == [
          "the file is of a training: its model is opened, and the optimiser's state is left out"
        ])
      let given = try #require(try GivenHyperparameters.of(checkpoint))
      #expect(given.classNames == Quarters().classNames)
      let description = try checkpoint.describe(given: given)
      #expect(
        description.notes.contains {
          $0.contains("a training after step 1; it goes on with train DATA --out ")
            && $0.hasSuffix("saved.safetensors --resume")
        })
      let model = try checkpoint.model(description.configuration)
      let picture = Tensor(
        shape: [6, 6, 3], values: (0..<108).map { Float($0 % 17) / 17 })
      #expect(try model(picture) == trainer.model(picture))
    }
  }

  @Test("Resumed with another size of batches, finished epochs stay finished and steps go on")
  func otherBatches() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "training.safetensors").path
      // 48 examples: 6 steps of 8, 4 of 12, 3 of 16.
      var trainer = try Self.trainer {
        $0.batchSize = 8
        $0.steps = 24
      }
      for _ in 0..<15 { _ = try trainer.takeStep() }
      #expect(trainer.finishedEpochs == 2 && trainer.epochs == 4)
      try trainer.save(to: path)
      let task = TrainingTask.classification(Quarters())
      // In the third epoch 24 examples are read: two batches of 12, or one of 16 and a half.
      for (size, left) in [(12, 2 + 4), (16, 2 + 3), (8, 9)] {
        var resumed = try Trainer(resuming: path, task: task) { $0.batchSize = size }
        #expect(resumed.step == 15 && resumed.finishedEpochs == 2 && resumed.epochs == 4)
        #expect(resumed.recipe.steps == 15 + left)
        var epochs: [Int] = []
        while !resumed.isComplete { epochs.append(try resumed.takeStep().epoch) }
        #expect(epochs.first == 2 && epochs.last == 3)
        #expect(resumed.finishedEpochs == 4 && resumed.isEndOfEpoch)
        // What was resumed once is resumed again.
        try resumed.save(to: path + ".2")
        let again = try Trainer(resuming: path + ".2", task: task, epochs: 6) { $0.batchSize = 48 }
        #expect(again.finishedEpochs == 4 && again.epochs == 6)
        #expect(again.recipe.steps == resumed.step + 2)
      }
    }
  }

  @Test("A file cut short or damaged is refused, and never taken for a training")
  func damaged() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "training.safetensors").path
      var trainer = try Self.trainer()
      _ = try trainer.takeStep()
      try trainer.save(to: path)
      let bytes = try WholeFile.read(path)
      for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 97)) {
        let part = folder.appending(path: "part.safetensors").path
        try Data(bytes[..<length]).write(to: URL(fileURLWithPath: part))
        #expect(throws: (any Error).self, "\(length) bytes") {
          try Trainer(resuming: part, task: .classification(Quarters()))
        }
      }
      let other = folder.appending(path: "other.safetensors").path
      try SafetensorsWriter.write(["latents": Tensor(shape: [2, 2])], to: other)
      #expect(
        throws: TrainingError.damaged(
          "\(other): expected a training that was saved, found another file of tensors")
      ) {
        try Trainer(resuming: other, task: .classification(Quarters()))
      }
    }
  }

  @Test(
    "A loss that is NaN or infinite stops it with the step and the tensor, and changes nothing",
    arguments: [nil, 1e30])
  func notFinite(clipNorm: Double?) throws {
    var trainer = try Self.trainer {
      $0.learningRate = 1e30
      $0.clipNorm = clipNorm
    }
    _ = try trainer.takeStep()
    let before = trainer.model.parameter(named: "latents")
    #expect {
      for _ in 0..<4 { _ = try trainer.takeStep() }
    } throws: { error in
      switch error as? TrainingError {
      case .notFinite(let step, let tensor): step >= 2 && !tensor.isEmpty && tensor != "loss"
      case .exploded(let step, let tensor, _): step >= 2 && !tensor.isEmpty
      default: false
      }
    }
    #expect(trainer.step >= 1)
    if trainer.step == 1 { #expect(trainer.model.parameter(named: "latents") == before) }
  }

  @Test("What cannot be learnt is refused with what was expected and found")
  func refused() throws {
    var other = Self.configuration
    other.numClasses = 5
    #expect(throws: TrainingError.unusable("num_classes: expected 4 as the data have, found 5")) {
      try Trainer(
        model: Perceiver(other, seed: 1), task: .classification(Quarters()),
        recipe: TrainingRecipe())
    }
    #expect(throws: TrainingError.unusable("batch size: expected 1 to 1048576, found 0")) {
      try Self.trainer { $0.batchSize = 0 }
    }
  }

  @Test("A picture that a model cannot reconstruct is refused, not run into")
  func unfitting() throws {
    let picture = Tensor(shape: [6, 6, 3], repeating: 0.5)
    for (variant, queries) in [(Variant.perceiver, 10), (.io, 7)] {
      let configuration = PerceiverConfiguration.small {
        ($0.variant, $0.queriesDim, $0.logitsDim) = (variant, queries, 3)
      }
      #expect {
        try Trainer(
          model: Perceiver(configuration, seed: 1), task: .reconstruction(of: picture),
          recipe: TrainingRecipe())
      } throws: { "\($0)".contains("expected") }
    }
  }

  @Test("Structured dropout leaves tokens out, the same of the same step")
  func tokensLeftOut() throws {
    func loss(_ share: Double) throws -> Double {
      let configuration = PerceiverConfiguration.small {
        ($0.variant, $0.queriesDim, $0.logitsDim) = (.io, $0.positionFeatures, 3)
        $0.seqDropoutProb = share
      }
      var recipe = TrainingRecipe()
      recipe.batchSize = 36
      var trainer = try Trainer(
        model: Perceiver(configuration, seed: 1),
        task: .reconstruction(of: Tensor(shape: [6, 6, 3]) { Quarters().read(1, into: $0) }),
        recipe: recipe)
      return try trainer.takeStep().loss
    }
    let (all, some, again) = (try loss(0), try loss(0.5), try loss(0.5))
    #expect(all != some)
    #expect(some == again)
  }

  @Test("A cancelled step leaves the training as it was", arguments: [nil, 1.0])
  func cancelled(clipNorm: Double?) throws {
    var trainer = try Self.trainer { $0.clipNorm = clipNorm }
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: ComputationCancelled()) { try trainer.takeStep(cancellation: cancellation) }
    #expect(trainer.step == 0)
    var fresh = try Self.trainer { $0.clipNorm = clipNorm }
    #expect(try trainer.takeStep().loss == fresh.takeStep().loss)
  }

  @Test("Perceiver IO learns to give a picture back from the queries of its positions")
  func reconstructs() throws {
    let configuration = PerceiverConfiguration.small {
      $0.variant = .io
      $0.queriesDim = $0.positionFeatures
      $0.logitsDim = 3
      $0.numLatents = 8
      $0.latentDim = 16
    }
    let picture = Tensor(shape: [8, 8, 3]) { Quarters.paint($0) }
    var recipe = TrainingRecipe()
    (recipe.steps, recipe.batchSize, recipe.learningRate) = (300, 64, 1e-2)
    var trainer = try Trainer(
      model: Perceiver(configuration, seed: 1), task: .reconstruction(of: picture),
      recipe: recipe)
    let first = try trainer.takeStep()
    #expect(first.correct == nil && first.batch == 64)
    var last = first
    while !trainer.isComplete { last = try trainer.takeStep() }
    #expect(last.loss < first.loss / 10)
    let output = try trainer.model(picture, queries: .positions)
    #expect(relativeError(output, picture) < 0.3)
  }

  @Test("Dropout acts in training, the same way for the same step, and not in evaluation")
  func dropout() throws {
    func loss(_ rate: Double) throws -> (step: Double, evaluation: Double) {
      var configuration = Self.configuration
      (configuration.attnDropout, configuration.ffDropout) = (rate, rate)
      var recipe = TrainingRecipe()
      recipe.batchSize = 48
      var trainer = try Trainer(
        model: Perceiver(configuration, seed: 1), task: .classification(Quarters()),
        recipe: recipe)
      let evaluation = try Evaluation(of: trainer.model, on: Quarters()).loss
      return (try trainer.takeStep().loss, evaluation)
    }
    let (none, some, again) = (try loss(0), try loss(0.3), try loss(0.3))
    #expect(none.evaluation == some.evaluation)
    #expect(abs(none.step - none.evaluation) < 1e-6)
    #expect(abs(some.step - none.step) > 1e-4)
    #expect(some.step == again.step)
  }
}

extension TrainerTests.Quarters {
  /// A picture of waves.
  fileprivate static func paint(_ buffer: UnsafeMutableBufferPointer<Float>) {
    for position in buffer.indices {
      let (x, y) = (Float(position / 3 % 8), Float(position / 24))
      buffer[position] = 0.5 + 0.4 * sin(x * 0.9 + Float(position % 3)) * cos(y * 0.7)
    }
  }
}
