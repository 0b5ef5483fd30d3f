// Labelled examples that were opened to be learnt from, and how one of them is looked at.

import Inputs
import Perceiver
import Pictures
import Tensors

/// Labelled examples with the name of the file or folder they were read from.
public struct TrainingData: Sendable {
  /// The file's or folder's name.
  public let name: String
  /// The examples, scaled as the model reads them.
  public let examples: any LabelledExamples
  /// How samples from 0 to 1 became their numbers.
  public let scaling: PixelScaling
  /// What a person should know, such as pictures that were left out.
  public let notes: [String]

  /// Examples that were opened.
  public init(
    name: String, examples: any LabelledExamples, scaling: PixelScaling = .symmetric,
    notes: [String] = []
  ) {
    (self.name, self.examples, self.scaling, self.notes) = (name, examples, scaling, notes)
  }

  /// An example as input, with its class in its name.
  ///
  /// - Precondition: there is an example of that number.
  func input(_ index: Int) -> Input {
    let tensor = Tensor(shape: examples.shape) { examples.read(index, into: $0) }
    let label = examples.label(at: index)
    let names = examples.classNames
    let name = "\(name) \(index + 1): \(names.indices.contains(label) ? names[label] : "\(label)")"
    let demand = InputDemand(
      preprocessing: examples.preprocessing ?? Preprocessing(scaling, shape: examples.shape))
    guard let picture = PixelImage(tensor, scaledBy: scaling) else {
      return Input(array: tensor, name: name, demand: demand)
    }
    return Input(
      name: name, tensor: tensor, content: .picture(picture), scaling: scaling, demand: demand)
  }
}

/// Labelled examples that can be looked at one after another, while they are learnt and afterwards.
struct BrowsedExamples: Sendable {
  /// The examples.
  let data: TrainingData
  /// Which one is open, from 0.
  let index: Int
  /// The one that is open. Where another input is, the examples are no longer browsed.
  let input: Input

  init(_ data: TrainingData, _ index: Int) {
    (self.data, self.index, input) = (data, index, data.input(index))
  }

  /// The example some steps away, round the ends.
  func moved(by steps: Int) -> BrowsedExamples {
    let count = data.examples.count
    return BrowsedExamples(data, (index + steps % count + count) % count)
  }
}
